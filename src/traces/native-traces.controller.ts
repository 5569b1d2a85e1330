/** `GET /v1/traces` and `GET /v1/traces/{trace_id}`: the search that CTS lacks (contracts.md "Traces (native)"). */
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type GetAnswer,
  getAnswer,
  type GetQuery,
  getQuery,
  type ListAnswer,
  listAnswer,
  type ListQuery,
  listQuery,
} from './native-traces.dto.js';
import { NativeTraces } from './native-traces.service.js';

/** The schemas refuse unknown parameters themselves, with what was meant. */
const OWN_NAMES = { unknown: 'ignore' } as const;

@ApiTags('Traces')
@Controller('v1/traces')
export class NativeTracesController {
  constructor(private readonly traces: NativeTraces) {}

  /** Traces of the caller's domain, all its projects unless `project_id` names some. */
  @Get()
  @Requires('cts:trace:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({
    summary: 'Searches traces',
    description:
      'For example `?service_type=SWR&trace_name=delete*&-user=robot&from=2026-03-10T00:00:00Z&total=true`: what anybody but ' +
      '`robot` deleted in the registry since then. Pages are stable while traces arrive.',
  })
  @ApiZodResponse(200, listAnswer)
  async list(
    @CurrentPrincipal() principal: Principal,
    @ApiZodQuery(listQuery, OWN_NAMES) query: ListQuery,
  ): Promise<ListAnswer> {
    return this.traces.list(principal, query);
  }

  /** 404 for an id that is not of the domain, or no longer kept. */
  @Get(':trace_id')
  @Requires('cts:trace:get', { plane: 'tenant', domain: 'query.domain_id', resource: '{trace_id}' })
  @ApiOperation({ summary: 'Shows a trace with what its sender said beyond the known fields' })
  @ApiZodResponse(200, getAnswer)
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('trace_id') traceId: string,
    @ApiZodQuery(getQuery, OWN_NAMES) query: GetQuery,
  ): Promise<GetAnswer> {
    return this.traces.get(principal, traceId, query);
  }
}
