/** Makes quota requests: one open at most for a key and scope, however often the same is asked for. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import type { Transaction } from '../platform/database/database.js';
import type { IdempotentRequest } from '../platform/http/idempotency.js';
import { scopeKey, type ScopeStanding } from '../quotas/index.js';
import { type AutoFacts, autoDecision, type AutoOutcome } from './core/auto-decision.js';
import type { RequestRules } from './core/request-rules.js';
import {
  newRequestId,
  type NewRequest,
  personOf,
  type QuotaRequest,
  type RequestDetail,
  userKey,
  type Wish,
} from './quota-request.js';
import { RequestCreationGuards } from './request-creation-guards.service.js';
import { RequestGrants } from './request-grants.service.js';
import { RequestReader } from './request-reader.service.js';
import { RequestSteps } from './request-steps.service.js';
import { RequestWishes } from './request-wishes.service.js';
import { RequestsStore } from './requests.store.js';

const HOUR_MS = 3_600_000;

export interface MadeRequest {
  /** `open`: the same was asked for before, and it is still to be decided. `valid`: only checked. */
  readonly outcome: 'created' | 'open' | 'valid';
  readonly detail: RequestDetail;
}

@Injectable()
export class RequestCreation {
  constructor(
    private readonly guards: RequestCreationGuards,
    private readonly store: RequestsStore,
    private readonly wishes: RequestWishes,
    private readonly steps: RequestSteps,
    private readonly grants: RequestGrants,
    private readonly reader: RequestReader,
  ) {}

  /**
   * Throws `QST.BadRequest` with every problem, `QST.Forbidden`, and as 409 `QST.QuotaRequest.Open` for another wish than the open one,
   * `.AlreadySatisfied`, `.TooManyOpen`, `QST.Quota.ScopeClosed`. With a key that was used before, what it answered then.
   */
  async create(actor: Actor, wanted: NewRequest, idempotent: IdempotentRequest | null = null): Promise<MadeRequest> {
    const domainId = await this.guards.allow(actor, wanted);
    await this.wishes.check(domainId, wanted.quotaKey, wanted.scope, wanted);
    return this.guards.once(wanted.validateOnly ? null : idempotent, (transaction) =>
      this.make(transaction, domainId, actor, wanted),
    );
  }

  private async make(
    transaction: Transaction,
    domainId: string,
    actor: Actor,
    wanted: NewRequest,
  ): Promise<MadeRequest> {
    const place = { domainId, quotaKey: wanted.quotaKey, scope: scopeKey(wanted.scope) };
    const row = await this.store.lockDomain(transaction, domainId);
    const { domain, rules, nowMs } = await this.guards.lock(transaction, place, row);
    const open = await this.store.open(transaction, domainId, place.quotaKey, place.scope);
    if (open !== null) return { outcome: 'open', detail: await this.sameAs(transaction, open, wanted) };
    const standing = await this.wishes.unsatisfied(transaction, place, wanted);
    await this.refuseTooMany(transaction, domainId, rules);
    const facts = await this.wishes.facts(transaction, place, wanted, standing, { ...domain, nowMs });
    const auto = autoDecision(rules, facts);
    const made = newRequest(place, actor, wanted, { standing, rules, auto, nowMs });
    if (wanted.validateOnly)
      return { outcome: 'valid', detail: { request: { ...made, id: '' }, history: [], comments: [], approvals: [] } };
    const told = { action: 'create', side: 'requester', note: wanted.reason } as const;
    const created = await this.steps.take(transaction, null, made, told, { actor, nowMs });
    const request = await this.decideByRule(transaction, created, auto, facts, nowMs);
    return { outcome: 'created', detail: await this.reader.detailOf(transaction, request) };
  }

  private async sameAs(transaction: Transaction, open: QuotaRequest, wish: Wish): Promise<RequestDetail> {
    if (open.desired === wish.desired && open.untilMs === wish.untilMs) return this.reader.detailOf(transaction, open);
    throw new AppError(
      'QST.QuotaRequest.Open',
      `Another limit, ${String(open.desired)}, is asked for already: amend or withdraw that request.`,
      { details: { open_request_id: open.id } },
    );
  }

  private async refuseTooMany(transaction: Transaction, domainId: string, rules: RequestRules): Promise<void> {
    const open = await this.store.countOpen(transaction, domainId);
    if (open < rules.maxOpenPerDomain) return;
    throw new AppError(
      'QST.QuotaRequest.TooManyOpen',
      `${String(open)} requests of the domain are open, of ${String(rules.maxOpenPerDomain)} at most.`,
      { details: { open, max_open: rules.maxOpenPerDomain } },
    );
  }

  private async decideByRule(
    transaction: Transaction,
    request: QuotaRequest,
    { decidedBy }: AutoOutcome,
    inputs: AutoFacts,
    nowMs: number,
  ): Promise<QuotaRequest> {
    if (decidedBy === null) return request;
    const actor = { rule: decidedBy };
    const reason = `by the rule ${decidedBy}`;
    const consent = { limit: request.desired, untilMs: request.untilMs };
    const grantId = await this.grants.apply(transaction, request, consent, { actor, reason, validateOnly: false });
    const decision = {
      outcome: 'approved',
      granted: consent.limit,
      grantedUntil: consent.untilMs,
      by: { domainId: '', userId: '', userName: decidedBy },
      at: nowMs,
      reason,
      rule: { name: decidedBy, inputs },
    } as const;
    const told = { action: 'approve', side: 'service', note: reason, details: { granted: consent.limit } } as const;
    const decided = { ...request, state: 'approved', decision, grantId } as const;
    await this.steps.take(transaction, request, decided, told, { actor, nowMs });
    return (await this.store.find(transaction, request.domainId, request.id)) ?? request;
  }
}

function newRequest(
  place: { domainId: string; quotaKey: string; scope: string },
  { principal }: Actor,
  wanted: NewRequest,
  { standing, rules, auto, nowMs }: { standing: ScopeStanding; rules: RequestRules; auto: AutoOutcome; nowMs: number },
): QuotaRequest {
  const { desired, untilMs, reason, contact, links, priority } = wanted;
  return {
    ...place,
    id: newRequestId(place.domainId),
    state: 'pending',
    limitAtRequest: standing.state.limit,
    desired,
    untilMs,
    reason,
    contact,
    links,
    requester: personOf(principal),
    authors: [userKey(principal)],
    priority,
    assignee: null,
    decision: null,
    grantId: null,
    auto: auto.verdicts.length > 0 ? auto : null,
    version: 1,
    createdAt: nowMs,
    updatedAt: nowMs,
    dueAt: nowMs + rules.slaHours[priority] * HOUR_MS,
    pausedAt: null,
    reminders: 0,
    asOf: nowMs,
    interval: null,
  };
}
