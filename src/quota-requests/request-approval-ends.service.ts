/** What an approval comes to: it counts, or it decides, and then the limit is another one. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import type { Consent } from './core/approvals.js';
import { consentProblems } from './core/wish.js';
import { personOf } from './quota-request.js';
import type { LockedRequest } from './request-changes.service.js';
import { RequestGrants } from './request-grants.service.js';
import { RequestSteps } from './request-steps.service.js';
import { RequestWishes } from './request-wishes.service.js';

type Caller = Pick<Actor, 'principal' | 'origin'>;

@Injectable()
export class RequestApprovalEnds {
  constructor(
    private readonly wishes: RequestWishes,
    private readonly grants: RequestGrants,
    private readonly steps: RequestSteps,
  ) {}

  /** Throws where that much cannot be consented to, or is there already. */
  async grantable({ transaction, request, nowMs }: LockedRequest, consent: Consent) {
    const problems = consentProblems(consent, { limit: request.desired, untilMs: request.untilMs }, nowMs);
    if (problems.length > 0) throw badConsent(problems);
    const standing = await this.wishes.unsatisfied(transaction, request, request);
    const wish = { desired: consent.limit, untilMs: consent.untilMs };
    if (!(await this.wishes.isThere(transaction, request, wish, standing.state.limit))) return standing;
    const message = `must be above the present limit, ${String(standing.state.limit)}`;
    throw badConsent([{ member: 'granted', message }]);
  }

  /** It counts, and others are needed. */
  async count(
    { transaction, request, nowMs, command }: LockedRequest,
    { reason, limit, untilMs }: Consent & { reason: string },
    needed: number,
    actor: Caller,
  ): Promise<void> {
    const details = { granted: limit, until: untilMs, approvers_needed: needed };
    const step = { action: 'approve', side: 'approver', note: reason, details, command } as const;
    await this.steps.take(transaction, request, { ...request, state: 'in_review' }, step, { actor, nowMs });
  }

  async decide(
    { transaction, request, nowMs, command }: LockedRequest,
    { reason }: { reason: string },
    agreed: Consent,
    actor: Caller,
  ): Promise<void> {
    const whole = agreed.limit === request.desired && agreed.untilMs === request.untilMs;
    const outcome = whole ? 'approved' : 'partially_approved';
    const why = reason === '' ? request.reason : reason;
    const grantId = await this.grants.apply(transaction, request, agreed, { actor, reason: why, validateOnly: false });
    const decision = {
      outcome,
      granted: agreed.limit,
      grantedUntil: agreed.untilMs,
      by: personOf(actor.principal),
      at: nowMs,
      reason,
      rule: null,
    } as const;
    const details = { granted: agreed.limit, until: agreed.untilMs, grant_id: grantId };
    const step = { action: 'approve', side: 'approver', note: reason, details, command } as const;
    await this.steps.take(transaction, request, { ...request, state: outcome, decision, grantId }, step, {
      actor,
      nowMs,
    });
  }
}

function badConsent(problems: readonly { member: string; message: string }[]): AppError {
  return new AppError('QST.BadRequest', 'The request is not valid', {
    problems: problems.map(({ member, message }) => ({ path: `body.${member}`, message })),
  });
}
