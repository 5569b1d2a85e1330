/** `/v1/ingest/dead-letters`: the operator's way to refused records (contracts.md, Ingest). */
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type DeadLetterActionBody,
  deadLetterActionSchema,
  type DeadLetterList,
  deadLetterListSchema,
  deadLetterPathSchema,
  deadLetterSchema,
  type ListDeadLetters,
  listDeadLettersSchema,
  renderDeadLetter,
  renderShown,
  type ShownDeadLetter,
  shownDeadLetterSchema,
  type WireDeadLetter,
} from './dead-letters.dto.js';
import { DeadLetters } from './dead-letters.service.js';

@ApiTags('Ingest')
@Controller('v1/ingest/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLetters) {}

  @Get()
  @Requires('ingest:deadLetter:list', { plane: 'operator' })
  @ApiOperation({ summary: 'List refused records, newest first, without their content' })
  @ApiZodResponse(200, deadLetterListSchema)
  async list(
    @ApiZodQuery(listDeadLettersSchema) query: ListDeadLetters,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DeadLetterList> {
    const { reason: reasons, state: states, domain_id: domainId, limit, cursor } = query;
    const { letters, next } = await this.letters.list({ reasons, states, domainId }, { limit, cursor }, principal);
    return { dead_letters: letters.map(renderDeadLetter), page: { count: letters.length, next } };
  }

  @Get(':id')
  @Requires('ingest:deadLetter:get', { plane: 'operator', resource: '{id}' })
  @ApiOperation({ summary: 'Show a refused record with its content; the reading is recorded as a trace' })
  @ApiZodResponse(200, shownDeadLetterSchema)
  async show(
    @ApiZodParams(deadLetterPathSchema) { id }: { id: string },
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<ShownDeadLetter> {
    return renderShown(await this.letters.show(id, { principal, origin }));
  }

  @Post(':id/replay')
  @HttpCode(202)
  @Requires('ingest:deadLetter:replay', { plane: 'operator', resource: '{id}' })
  @ApiOperation({ summary: 'Publish a refused record to the topic again; `outcome` will tell what became of it' })
  @ApiZodResponse(202, deadLetterSchema)
  async replay(
    @ApiZodParams(deadLetterPathSchema) { id }: { id: string },
    @ApiZodBody(deadLetterActionSchema) body: DeadLetterActionBody,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<WireDeadLetter> {
    return renderDeadLetter(await this.letters.replay(id, body?.reason ?? null, { principal, origin }));
  }

  @Post(':id/drop')
  @HttpCode(202)
  @Requires('ingest:deadLetter:drop', { plane: 'operator', resource: '{id}' })
  @ApiOperation({ summary: 'Drop a refused record for good; it leaves with its day' })
  @ApiZodResponse(202, deadLetterSchema)
  async drop(
    @ApiZodParams(deadLetterPathSchema) { id }: { id: string },
    @ApiZodBody(deadLetterActionSchema) body: DeadLetterActionBody,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<WireDeadLetter> {
    return renderDeadLetter(await this.letters.drop(id, body?.reason ?? null, { principal, origin }));
  }
}
