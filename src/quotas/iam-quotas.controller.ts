/** `/v3.0/OS-QUOTA`: ShowDomainQuota and ShowProjectQuota of IAM. */
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { IAM_DOMAIN_QUOTAS, IAM_PROJECT_QUOTAS } from './core/wire-iam-quota-types.js';
import {
  type IamQuotaQuery,
  iamQuotaQuerySchema,
  type IamQuotas,
  iamQuotasSchema,
  renderIamQuotas,
} from './iam-quotas.dto.js';
import { IamQuotasStore } from './iam-quotas.store.js';
import { QuotaUsages } from './quota-usage.service.js';

@ApiTags('IAM')
@Controller('v3.0/OS-QUOTA')
export class IamQuotasController {
  constructor(
    private readonly usages: QuotaUsages,
    private readonly store: IamQuotasStore,
  ) {}

  @Get('domains/:domain_id')
  @Requires('iam:quotas:listQuotas', { plane: 'tenant', scope: 'domain' })
  @ApiOperation({ summary: 'ShowDomainQuota: what a domain may have of IAM, and has' })
  @ApiZodResponse(200, iamQuotasSchema)
  async domain(
    @CurrentPrincipal() { domainId }: Principal,
    @ApiZodQuery(iamQuotaQuerySchema) { type }: IamQuotaQuery,
  ): Promise<IamQuotas> {
    const types = IAM_DOMAIN_QUOTAS.filter((one) => type === undefined || one.type === type);
    const scope = { kind: 'domain', projectId: '', id: domainId } as const;
    const keys = types.map(({ quotaKey }) => quotaKey);
    return renderIamQuotas(
      types,
      await this.usages.ofScope(domainId, scope, keys),
      await this.store.ofDomain(domainId),
    );
  }

  @Get('projects/:project_id')
  @Requires('iam:quotas:listQuotasForProject', { plane: 'tenant', scope: 'project' })
  @ApiOperation({ summary: 'ShowProjectQuota: how many projects a project may have below it, and has' })
  @ApiZodResponse(200, iamQuotasSchema)
  async project(
    @CurrentPrincipal() { domainId }: Principal,
    @Param('project_id') projectId: string,
  ): Promise<IamQuotas> {
    const scope = { kind: 'project', projectId: '', id: projectId } as const;
    const keys = IAM_PROJECT_QUOTAS.map(({ quotaKey }) => quotaKey);
    const usages = await this.usages.ofScope(domainId, scope, keys);
    return renderIamQuotas(IAM_PROJECT_QUOTAS, usages, await this.store.ofProject(domainId, projectId));
  }
}
