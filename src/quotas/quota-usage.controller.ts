/** How quotas stand: `GET /v1/quotas`, and SWR's ListQuotas for those who know it (domain/quota.md §1.1). */
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { Forecasts } from './forecasts.service.js';
import {
  type ListUsage,
  listUsageSchema,
  renderSwrQuotas,
  renderUsageList,
  type SwrQuotaList,
  swrQuotaListSchema,
  type UsageList,
  usageListSchema,
} from './quota-usage.dto.js';
import { QuotaUsages } from './quota-usage.service.js';

/** The one key that SWR documents there. */
const SWR_KEYS = ['namespace'];

@ApiTags('Quotas')
@Controller()
export class QuotaUsageController {
  constructor(
    private readonly usages: QuotaUsages,
    private readonly forecasts: Forecasts,
  ) {}

  @Get('v1/quotas')
  @Requires('quota:quota:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({ summary: 'Limits with their origin, what is used and what is reserved' })
  @ApiZodResponse(200, usageListSchema)
  async list(
    @ApiZodQuery(listUsageSchema) query: ListUsage,
    @CurrentPrincipal() principal: Principal,
  ): Promise<UsageList> {
    const page = await this.usages.list(principal, query);
    return renderUsageList(page, await this.forecasts.of(page.domainId, page.quotas));
  }

  /** ListQuotas of SWR: the caller's own. */
  @Get('v2/manage/projects/:project_id/quotas')
  @Requires('swr::listQuotas', { plane: 'tenant', scope: 'project', self: true })
  @ApiOperation({ summary: 'ListQuotas of SWR' })
  @ApiZodResponse(200, swrQuotaListSchema)
  async swr(@CurrentPrincipal() principal: Principal, @Param('project_id') projectId: string): Promise<SwrQuotaList> {
    const scope = { kind: 'user', projectId, id: principal.userId } as const;
    return renderSwrQuotas(await this.usages.ofScope(principal.domainId, scope, SWR_KEYS));
  }
}
