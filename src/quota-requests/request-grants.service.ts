/** Makes what was decided the limit that holds, in the transaction of the decision (design §9). */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Transaction } from '../platform/database/database.js';
import { EffectiveLimits, Grants, Limits, parseScopeKey, renderScope } from '../quotas/index.js';
import type { Consent } from './core/approvals.js';
import type { QuotaRequest } from './quota-request.js';
import type { StepActor } from './request-steps.service.js';

@Injectable()
export class RequestGrants {
  constructor(
    private readonly limits: EffectiveLimits,
    private readonly grants: Grants,
    private readonly overrides: Limits,
  ) {}

  /**
   * A grant; where a limit was set for the scope, which holds above any grant, that limit is raised.
   *
   * @param validateOnly checks everything and changes nothing
   * @returns the grant's id; null where a limit was raised
   * @throws AppError QST.Quota.LimitConflict where a level above, or for an end date a limit that was set, stands against it
   */
  async apply(
    transaction: Transaction,
    request: Pick<QuotaRequest, 'domainId' | 'id' | 'quotaKey' | 'scope'>,
    consent: Consent,
    by: { actor: StepActor; reason: string; validateOnly: boolean },
  ): Promise<string | null> {
    const { domainId, quotaKey, id } = request;
    const scope = renderScope(parseScopeKey(request.scope, domainId));
    const reason = `quota request ${id}: ${by.reason}`.slice(0, 1_000);
    const wish = { quota_key: quotaKey, scope, limit: consent.limit, reason };
    const override = await this.limits.override(transaction, request);
    if (override === null) {
      const until = consent.untilMs;
      const [grant] = await this.grants.createIn(
        transaction,
        domainId,
        [{ ...wish, until }],
        by.actor,
        by.validateOnly,
      );
      return grant?.id ?? null;
    }
    if (consent.untilMs !== null)
      throw new AppError(
        'QST.Quota.LimitConflict',
        `A limit of ${String(override.limit)} was set for the scope and holds above any grant: nothing can be granted for a time.`,
        { details: { conflict: 'override_stands', limit: override.limit } },
      );
    const body = { ...wish, force: false, validate_only: by.validateOnly };
    await this.overrides.setIn(transaction, domainId, body, by.actor, { plane: 'operator', ifMatch: undefined });
    return null;
  }
}
