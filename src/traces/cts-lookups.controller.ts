/** The look-ups of CTS v3: operations of the catalogue, services and users seen in the caller's traces, quotas. */
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Clock } from '../kernel/clock.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CLOCK } from '../platform/tokens.js';
import { listOperations } from './core/catalogue.js';
import {
  listOperationsQuery,
  type ListOperationsQuery,
  operationsAnswer,
  type OperationsAnswer,
  quotasAnswer,
  type QuotasAnswer,
  resourcesAnswer,
  type ResourcesAnswer,
  usersAnswer,
  type UsersAnswer,
} from './cts-lookups.dto.js';
import { CtsLookupsStore } from './cts-lookups.store.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';

/**
 * Fixed limits (domain/cts.md §2.5). Every project has its management tracker; there are no data trackers and no
 * notifications here, so none is used.
 */
const QUOTAS: QuotasAnswer = {
  resources: [
    { type: 'system_tracker', used: 1, quota: 1 },
    { type: 'data_tracker', used: 0, quota: 100 },
    { type: 'smn_notification', used: 0, quota: 100 },
  ],
};

@ApiTags('CTS')
@Controller('v3')
export class CtsLookupsController {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: CtsLookupsStore,
  ) {}

  /** The operations that services are documented to report (domain/cts.md §2.6). */
  @Get(':project_id/operations')
  @Requires('cts:notification:listOperation', { plane: 'tenant', scope: 'project' })
  @ApiZodResponse(200, operationsAnswer)
  operations(@ApiZodQuery(listOperationsQuery) query: ListOperationsQuery): OperationsAnswer {
    return { operations: listOperations(query.service_type, query.resource_type) };
  }

  /** Services and resource types that the domain's kept traces name. */
  @Get(':domain_id/resources')
  @Requires('cts:trace:listResource', { plane: 'tenant', scope: 'domain' })
  @ApiZodResponse(200, resourcesAnswer)
  async resources(@CurrentPrincipal() { domainId }: Principal): Promise<ResourcesAnswer> {
    const found = await this.store.resourceTypes(domainId, windowStart(this.clock.now(), this.settings));
    return {
      resources: found.map(({ serviceType, resourceTypes }) => ({
        service_type: serviceType,
        resource: resourceTypes,
      })),
    };
  }

  /** Users of the last 30 days. The published example leaves out the last letter of the path, so both are served. */
  @Get([':project_id/user-resources', ':project_id/user-resource'])
  @Requires('cts:trace:listTraceUser', { plane: 'tenant', scope: 'project' })
  @ApiZodResponse(200, usersAnswer)
  async users(@CurrentPrincipal() { domainId }: Principal): Promise<UsersAnswer> {
    return { users: (await this.store.userNames(domainId)).map((name) => ({ name })) };
  }

  @Get(':project_id/quotas')
  @Requires('cts:quota:list', { plane: 'tenant', scope: 'project' })
  @ApiZodResponse(200, quotasAnswer)
  quotas(): QuotasAnswer {
    return QUOTAS;
  }
}
