/** What is done with a request but for approving it: by those who wish, and by those who decide. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { parseScopeKey } from '../quotas/index.js';
import type { Priority } from './core/request-rules.js';
import { type RequestAction, type Side, stepsOf, targetOf } from './core/request-states.js';
import { personOf, type QuotaRequest, type RequestDetail, userKey } from './quota-request.js';
import { type ChangeTerms, illegal, type LockedRequest, RequestChanges } from './request-changes.service.js';
import { RequestAccess } from './request-access.service.js';
import { RequestRulesService } from './request-rules.service.js';
import { RequestSteps } from './request-steps.service.js';
import { RequestWishes } from './request-wishes.service.js';

/** Absent members stay as they are. */
export interface Amendment {
  readonly desired?: number | undefined;
  readonly untilMs?: number | null | undefined;
  readonly reason?: string | undefined;
  readonly contact?: string | null | undefined;
  readonly links?: readonly string[] | undefined;
}

export type RequestCommand =
  | { readonly action: 'answer' | 'withdraw' | 'review' | 'ask'; readonly text: string }
  /** Never without a reason. */
  | { readonly action: 'deny'; readonly text: string };

export interface Assignment {
  readonly assignee?: { readonly userId: string; readonly userName: string } | null | undefined;
  readonly priority?: Priority | undefined;
}

type Caller = Pick<Actor, 'principal' | 'origin'>;

const RULES = {
  answer: { permission: 'quota:request:update', side: 'requester' },
  withdraw: { permission: 'quota:request:withdraw', side: 'requester' },
  review: { permission: 'quota:request:review', side: 'approver' },
  ask: { permission: 'quota:request:review', side: 'approver' },
  deny: { permission: 'quota:request:approve', side: 'approver' },
} as const;

const HOUR_MS = 3_600_000;

@Injectable()
export class RequestActions {
  constructor(
    private readonly changes: RequestChanges,
    private readonly steps: RequestSteps,
    private readonly wishes: RequestWishes,
    private readonly access: RequestAccess,
    private readonly rules: RequestRulesService,
  ) {}

  /**
   * The same again, with nothing done since, is answered with the request as it is.
   *
   * @throws AppError QST.QuotaRequest.IllegalTransition with what is allowed; QST.QuotaRequest.SelfApproval for denying one's own
   */
  act(actor: Caller, id: string, command: RequestCommand, terms: ChangeTerms = {}): Promise<RequestDetail> {
    const { action, text } = command;
    const { permission, side } = RULES[action];
    const refuse =
      action === 'deny'
        ? (seen: QuotaRequest) => {
            this.access.refuseOwn(actor.principal, seen);
          }
        : undefined;
    return this.changes.run(
      actor,
      id,
      { permission, action, words: { text }, ...terms, ...(refuse && { refuse }) },
      async (locked) => {
        const path = stepsOf(locked.request.state, action, side);
        if (path === null) throw illegal(locked.request.state, action, side);
        await this.walk(locked, path, side, text, actor);
      },
    );
  }

  /** Says anew what is wished, while nobody has looked at it. Throws as creating does. */
  amend(actor: Caller, id: string, change: Amendment, terms: ChangeTerms = {}): Promise<RequestDetail> {
    const words = { ...change };
    const told = { permission: 'quota:request:update', action: 'amend', words, ...terms, judgesLimits: true } as const;
    return this.changes.run(actor, id, told, async ({ transaction, request, nowMs, command }) => {
      if (stepsOf(request.state, 'amend', 'requester') === null) throw illegal(request.state, 'amend', 'requester');
      const amended = { ...request, ...given(change) };
      if (isSame(request, amended)) return;
      await this.wishes.check(
        request.domainId,
        request.quotaKey,
        parseScopeKey(request.scope, request.domainId),
        amended,
      );
      await this.wishes.unsatisfied(transaction, request, amended);
      const authors = [...new Set([...request.authors, userKey(actor.principal)])];
      const details = { before: wishOf(request), after: wishOf(amended) };
      const step = { action: 'amend', side: 'requester', note: amended.reason, details, command } as const;
      await this.steps.take(transaction, request, { ...amended, authors }, step, { actor, nowMs });
    });
  }

  /** Who looks after it, and how urgent it is; for operators. */
  assign(actor: Caller, id: string, wanted: Assignment, terms: ChangeTerms = {}): Promise<RequestDetail> {
    const told = { permission: 'quota:request:review', action: 'assign', words: { ...wanted }, ...terms } as const;
    return this.changes.run(actor, id, told, async ({ transaction, request, nowMs }) => {
      const { assignee, priority = request.priority } = wanted;
      const { domainId } = actor.principal;
      const person = assignee === undefined ? request.assignee : assignee && { domainId, ...assignee };
      if (person?.userId === request.assignee?.userId && priority === request.priority) return;
      const details = {
        before: { assignee: request.assignee?.userName ?? null, priority: request.priority },
        after: { assignee: person?.userName ?? null, priority },
      };
      const step = { action: 'assign', side: 'approver', note: '', details, internal: true } as const;
      const { slaHours } = await this.rules.inForce(transaction);
      const hours = slaHours[priority] - slaHours[request.priority];
      const after = { ...request, assignee: person, priority, dueAt: request.dueAt + hours * HOUR_MS };
      await this.steps.take(transaction, request, after, step, { actor, nowMs });
    });
  }

  private async walk(
    { transaction, request, nowMs, command }: LockedRequest,
    path: readonly RequestAction[],
    side: Side,
    note: string,
    actor: Caller,
  ): Promise<void> {
    let current = request;
    for (const [index, action] of path.entries()) {
      const isLast = index === path.length - 1;
      const by = personOf(actor.principal);
      const reached = {
        ...current,
        state: targetOf(current.state, action, side),
        ...(action === 'review' && current.assignee === null && { assignee: by }),
        ...(action === 'deny' && {
          decision: {
            outcome: 'denied',
            granted: null,
            grantedUntil: null,
            by,
            at: nowMs,
            reason: note,
            rule: null,
          } as const,
        }),
      };
      const step = { action, side, note: isLast ? note : '', ...(isLast && { command }) };
      current = await this.steps.take(transaction, current, reached, step, { actor, nowMs });
    }
  }
}

function given(change: Amendment): Partial<QuotaRequest> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function wishOf({ desired, untilMs, reason, contact, links }: QuotaRequest) {
  return { desired, until: untilMs, reason, contact, links };
}

function isSame(left: QuotaRequest, right: QuotaRequest): boolean {
  return JSON.stringify(wishOf(left)) === JSON.stringify(wishOf(right));
}
