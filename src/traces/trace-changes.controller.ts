/** `GET /v1/traces/changes`: follows what is stored, by long polls (contracts.md "Traces (native)"). */
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { type ChangesAnswer, changesAnswer, type ChangesQuery, changesQuery } from './trace-changes.dto.js';
import { TraceChanges } from './trace-changes.service.js';

@ApiTags('Traces')
@Controller('v1/traces')
export class TraceChangesController {
  constructor(private readonly changes: TraceChanges) {}

  @Get('changes')
  @Requires('cts:trace:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({
    summary: 'Follows traces as they are stored',
    description:
      'Begin with `?after=earliest` or `?after=latest&wait=30`, then repeat with `after` set to the `next` of each answer: every ' +
      'trace that the domain stores is told once, late ones too. Ordered by storing within a partition, not by record_time.',
  })
  @ApiZodResponse(200, changesAnswer)
  @ApiResponse({ status: 410, description: 'The cursor is older than what is kept.' })
  async follow(
    @CurrentPrincipal() principal: Principal,
    @ApiZodQuery(changesQuery, { unknown: 'ignore' }) query: ChangesQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangesAnswer> {
    return this.changes.changes(principal, query, closing(reply));
  }
}

/** Aborts when the client has left (or has its answer). */
function closing({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => controller.abort());
  return controller.signal;
}
