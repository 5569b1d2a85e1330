/** Approves requests: by as many different approvers as it takes, none of whom wished for it; decision and limit are one transaction. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { agreedOn } from './core/approvals.js';
import { quorumOf } from './core/request-rules.js';
import { mayStep } from './core/request-states.js';
import { personOf, type QuotaRequest, type RequestDetail, userKey } from './quota-request.js';
import { RequestAccess } from './request-access.service.js';
import { RequestApprovalEnds } from './request-approval-ends.service.js';
import { type ChangeTerms, illegal, RequestChanges } from './request-changes.service.js';
import { RequestRulesService } from './request-rules.service.js';
import { RequestThreadsStore } from './request-threads.store.js';

type Caller = Pick<Actor, 'principal' | 'origin'>;

export interface ApprovalWords {
  /** Absent: all that is asked for. */
  readonly granted?: number | undefined;
  /** Absent: as asked for; null: without end. */
  readonly untilMs?: number | null | undefined;
  readonly reason?: string | undefined;
}

@Injectable()
export class RequestApproval {
  constructor(
    private readonly changes: RequestChanges,
    private readonly rules: RequestRulesService,
    private readonly threads: RequestThreadsStore,
    private readonly ends: RequestApprovalEnds,
    private readonly access: RequestAccess,
  ) {}

  /**
   * The same by the same approver again is answered with the request as it is, also when others have decided since.
   *
   * @throws AppError QST.QuotaRequest.SelfApproval, .IllegalTransition, .AlreadySatisfied, QST.Quota.LimitConflict, QST.BadRequest
   */
  approve(actor: Caller, id: string, words: ApprovalWords, terms: ChangeTerms = {}): Promise<RequestDetail> {
    const change = {
      permission: 'quota:request:approve',
      action: 'approve',
      words: { granted: words.granted, until: words.untilMs, reason: words.reason },
      ...terms,
      judgesLimits: true,
      refuse: (seen: QuotaRequest) => {
        this.access.refuseOwn(actor.principal, seen);
      },
    } as const;
    return this.changes.run(actor, id, change, async (locked) => {
      const { transaction, request, nowMs } = locked;
      // Whoever amended it meanwhile wishes for it as well.
      this.access.refuseOwn(actor.principal, request);
      if (!mayStep(request.state, 'approve', 'approver')) throw illegal(request.state, 'approve', 'approver');
      const { granted: limit = request.desired, untilMs = request.untilMs, reason = '' } = words;
      const standing = await this.ends.grantable(locked, { limit, untilMs });
      const approver = userKey(actor.principal);
      const by = personOf(actor.principal);
      await this.threads.approve(transaction, request, { approver, by, at: nowMs, limit, untilMs, reason });
      const rules = await this.rules.inForce(transaction);
      const approvals = await this.threads.approvals(transaction, request);
      const agreed = agreedOn(approvals, (wanted) => quorumOf(rules, wanted, standing.given));
      const said = { limit, untilMs, reason };
      if (agreed === null) await this.ends.count(locked, said, quorumOf(rules, limit, standing.given), actor);
      else await this.ends.decide(locked, said, agreed, actor);
    });
  }
}
