/** `/v1/quotas/reconcile` and `/baseline`, for operators (contracts.md, Quotas). */
import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AskReader } from './ask-reader.service.js';
import { Baseline, type BaselineResult } from './baseline.service.js';
import { scopeKey } from './core/scope.js';
import { scopeFrom } from './quotas.dto.js';
import {
  type BaselineBody,
  baselineResultSchema,
  baselineSchema,
  type ReconcileBody,
  type Reconciled,
  reconciledSchema,
  reconcileSchema,
  renderReconciliation,
} from './reconcile.dto.js';
import { type GivenCount, Reconcile } from './reconcile.service.js';

@ApiTags('Quotas')
@Controller('v1/quotas')
export class ReconcileController {
  constructor(
    private readonly reconciliation: Reconcile,
    private readonly baselines: Baseline,
    private readonly reader: AskReader,
  ) {}

  @Post('reconcile')
  @HttpCode(200)
  @Requires('quota:usage:reconcile', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Count again, from the ledger or from given counts; tell of drift, and mend it if asked' })
  @ApiZodResponse(200, reconciledSchema)
  async reconcile(
    @ApiZodBody(reconcileSchema) body: ReconcileBody,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<Reconciled> {
    const domainId = body.domain_id === undefined ? null : await this.reader.domainFor(principal, body.domain_id);
    const counts: GivenCount[] = [];
    for (const [index, given] of body.counts.entries()) {
      const own = given.domain_id ?? domainId;
      if (own === null) throw needsDomain(index);
      const scope = scopeFrom(given.scope);
      await this.reader.level(await this.reader.domainFor(principal, own), given.quota_key, scope);
      counts.push({ domainId: own, quotaKey: given.quota_key, scope: scopeKey(scope), count: given.count });
    }
    return renderReconciliation(await this.reconciliation.run(domainId, counts, body.repair, { principal, origin }));
  }

  @Post('baseline')
  @HttpCode(200)
  @Requires('quota:usage:import', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Import by name what existed before anything was counted' })
  @ApiZodResponse(200, baselineResultSchema)
  async baseline(
    @ApiZodBody(baselineSchema) body: BaselineBody,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<BaselineResult> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    const items = body.items.map((item) => ({
      quotaKey: item.quota_key,
      scope: scopeFrom(item.scope),
      resourceNames: item.resource_names,
    }));
    for (const { quotaKey, scope } of items) await this.reader.level(domainId, quotaKey, scope);
    const request = {
      items,
      asOfMs: body.as_of ?? Date.now(),
      reason: body.reason,
      validateOnly: body.validate_only,
    };
    return this.baselines.import(domainId, request, { principal, origin });
  }
}

function needsDomain(index: number): AppError {
  const problems = [{ path: `body.counts[${String(index)}].domain_id`, message: 'is required: no domain_id is given' }];
  return new AppError('QST.BadRequest', 'The request is not valid', { problems });
}
