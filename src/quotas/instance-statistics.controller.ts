/** `/v2/{project_id}/instances/{instance_id}/statistics`: what clients of the enterprise edition read its quotas from. */
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type InstancePath,
  type InstanceStatistics,
  instancePathSchema,
  instanceStatisticsSchema,
  renderInstanceStatistics,
  STATISTICS_KEYS,
} from './instance-statistics.dto.js';
import { QuotaUsages } from './quota-usage.service.js';

@ApiTags('Quotas')
@Controller('v2/:project_id/instances/:instance_id')
export class InstanceStatisticsController {
  constructor(private readonly usages: QuotaUsages) {}

  /** Which instances there are is the registry's to know: one that was never told of has its limits and uses nothing. */
  @Get('statistics')
  @Requires('swr:instance:getStatistics', { plane: 'tenant', scope: 'project' })
  @ApiOperation({ summary: 'ListInstanceStatistics of SWR’s enterprise edition' })
  @ApiZodResponse(200, instanceStatisticsSchema)
  async show(
    @CurrentPrincipal() { domainId }: Principal,
    @Param('project_id') projectId: string,
    @ApiZodParams(instancePathSchema) { instance_id: id }: InstancePath,
  ): Promise<InstanceStatistics> {
    const usages = await this.usages.ofScope(domainId, { kind: 'instance', projectId, id }, STATISTICS_KEYS);
    if (usages.some(({ state }) => state.closed)) throw new AppError('QST.NotFound', 'The instance was deleted.');
    return renderInstanceStatistics(usages);
  }
}
