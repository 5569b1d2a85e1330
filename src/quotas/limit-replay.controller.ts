/** `POST /v1/quotas/replay`: whom draft limits would have refused over the stored days. */
import { Readable } from 'node:stream';
import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { AskReader } from './ask-reader.service.js';
import { type LimitReplayRequest, limitReplaySchema } from './limit-replay.dto.js';
import { LimitReplays } from './limit-replays.service.js';

/** Bytes made ahead of the reader: little, since each line stands for a page of traces. */
const BUFFERED_BYTES = 1_024;

@ApiTags('Quotas')
@Controller('v1/quotas')
export class LimitReplayController {
  constructor(
    private readonly replays: LimitReplays,
    private readonly reader: AskReader,
  ) {}

  @Requires('quota:quota:replay', { plane: 'operator', domain: 'body.domain_id' })
  @Post('replay')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Tell whom draft limits would have refused over the stored traces',
    description:
      'NDJSON: `{"evaluated":N}` after each page of traces, and the summary as the last line; an answer without it is cut off. ' +
      'It begins with what the ledger knows to have been there. What would have been refused is not counted afterwards. Nothing is stored.',
  })
  @ApiResponse({
    status: 200,
    content: {
      'application/x-ndjson': {
        example:
          '{"evaluated":100}\n{"evaluated":100,"counted":7,"refused":1,"over_at_start":0,"by_scope":[{"quota_key":"namespace",' +
          '"scope":{"kind":"user","project_id":"p","id":"u"},"limit":3,"refused":1,"first_at":1773144000000,"last_at":1773144000000}],' +
          '"elsewhere":0,"examples":[]}\n',
      },
    },
  })
  async replay(
    @ApiZodBody(limitReplaySchema) body: LimitReplayRequest,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lines = await this.replays.start(await this.reader.domainFor(principal, body.domain_id), body);
    const stream = Readable.from(lines, { objectMode: false, highWaterMark: BUFFERED_BYTES });
    await reply.type('application/x-ndjson').header('cache-control', 'no-store').send(stream);
  }
}
