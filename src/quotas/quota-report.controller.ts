/** `GET /v1/quotas/report`: totals, who uses most, what is nearly and what is more than full (contracts.md, Quotas). */
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../kernel/clock.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CLOCK } from '../platform/tokens.js';
import { AskReader } from './ask-reader.service.js';
import { renderReport, reportCsv, type ReportQuery, reportQuerySchema, reportSchema } from './quota-report.dto.js';
import { QuotaReports } from './quota-reports.service.js';

@ApiTags('Quotas')
@Controller('v1/quotas')
export class QuotaReportController {
  constructor(
    private readonly reports: QuotaReports,
    private readonly reader: AskReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('report')
  @Requires('quota:quota:report', { plane: 'operator', domain: 'query.domain_id' })
  @ApiOperation({
    summary: 'Report totals of each key, those who use most, and what is nearly or more than full',
    description:
      'Of all domains, or of one. `format=csv` has the same rows in one table (RFC 4180); cells that begin with = + - @, tab or ' +
      'carriage return have an apostrophe before them.',
  })
  @ApiZodResponse(200, reportSchema, '', ['text/csv'])
  async report(
    @ApiZodQuery(reportQuerySchema) query: ReportQuery,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { domain_id: domainId, quota_key: quotaKey = null, near, limit, format } = query;
    const report = await this.reports.make({
      domainId: domainId === undefined ? null : await this.reader.domainFor(principal, domainId),
      quotaKey,
      nearPercent: near,
      most: limit,
    });
    const wire = renderReport(report, near, this.clock.now());
    reply.header('cache-control', 'no-store');
    if (format === 'json') await reply.send(wire);
    else
      await reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="quotas.csv"')
        .send(reportCsv(wire));
  }
}
