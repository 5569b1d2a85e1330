/** `POST /v1/policies/replay`: what drafts would have changed over the stored days. */
import { Readable } from 'node:stream';
import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { readDrafts } from './policy-drafts.js';
import { type ReplayRequest, replaySchema } from './policy-replay.dto.js';
import { PolicyReplays } from './policy-replay.service.js';

/** Bytes made ahead of the reader: little, since each line stands for a page of traces. */
const BUFFERED_BYTES = 1_024;

@ApiTags('Decisions')
@Controller('v1/policies')
export class PolicyReplayController {
  constructor(private readonly replays: PolicyReplays) {}

  @Requires('iam:policies:replay', { plane: 'tenant', domain: 'body.domain_id' })
  @Post('replay')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Tell what drafts would have decided otherwise over the stored traces',
    description:
      'NDJSON: `{"evaluated":N}` after each page of traces, and the summary as the last line; an answer without it is cut off. ' +
      'The drafts stand beside what is in force, for everybody or for the user or the users of the group that is named. Nothing is stored.',
  })
  @ApiResponse({
    status: 200,
    content: {
      'application/x-ndjson': {
        example:
          '{"evaluated":100}\n{"evaluated":100,"unmapped":3,"undecided":0,"changed":{"newly_denied":1,"newly_allowed":0},' +
          '"by_action":[{"action":"swr:repo:deleteRepo","newly_denied":1,"newly_allowed":0}],"examples":[]}\n',
      },
    },
  })
  async replay(
    @ApiZodBody(replaySchema) body: ReplayRequest,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lines = await this.replays.start({
      domainId: body.domain_id ?? principal.domainId,
      drafts: readDrafts(body.policies),
      userId: body.user_id ?? null,
      groupId: body.group_id ?? null,
      fromMs: body.from ?? null,
      toMs: body.to ?? null,
    });
    const stream = Readable.from(lines, { objectMode: false, highWaterMark: BUFFERED_BYTES });
    await reply.type('application/x-ndjson').header('cache-control', 'no-store').send(stream);
  }
}
