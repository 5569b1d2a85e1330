/** `GET /v1/traces/stats`: counts by interval and value (contracts.md "Traces (native)"). */
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { type StatsAnswer, statsAnswer, type StatsQuery, statsQuery } from './trace-stats.dto.js';
import { TraceStats } from './trace-stats.service.js';

@ApiTags('Traces')
@Controller('v1/traces')
export class TraceStatsController {
  constructor(private readonly stats: TraceStats) {}

  /** Fast where the filters are among project_id, trace_type, service_type, resource_type, trace_name and trace_rating. */
  @Get('stats')
  @Requires('cts:trace:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({
    summary: 'Counts traces by interval and value',
    description:
      'For example `?field=trace_name&interval=1d&service_type=SWR`. Buckets are multiples of the interval since 1970 in UTC; ' +
      'those without a trace are there too.',
  })
  @ApiZodResponse(200, statsAnswer)
  async show(
    @CurrentPrincipal() principal: Principal,
    @ApiZodQuery(statsQuery, { unknown: 'ignore' }) query: StatsQuery,
  ): Promise<StatsAnswer> {
    return this.stats.stats(principal, query);
  }
}
