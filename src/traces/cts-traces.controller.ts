/** ListTraces of CTS v3. */
import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { pageText } from './core/wire-text.js';
import { listTracesAnswer, listTracesQuery, type ListTracesQuery } from './cts-traces.dto.js';
import { TraceQueryService } from './trace-query.service.js';

@ApiTags('CTS')
@Controller('v3/:project_id')
export class CtsTracesController {
  constructor(private readonly traces: TraceQueryService) {}

  /** Traces of the path's project in the caller's domain, newest first (domain/cts.md §2.2). Parameters not known are ignored. */
  @Get('traces')
  @Requires('cts:trace:list', { plane: 'tenant', scope: 'project' })
  @ApiZodResponse(200, listTracesAnswer)
  @Header('content-type', 'application/json; charset=utf-8')
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('project_id') projectId: string,
    @ApiZodQuery(listTracesQuery) query: ListTracesQuery,
  ): Promise<string> {
    const { traces, marker } = await this.traces.list({ domainId: principal.domainId, projectId }, query);
    return pageText(traces, marker);
  }
}
