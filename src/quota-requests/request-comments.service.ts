/** What is said about a request, by those who wish and by those who decide; some of it among the latter only. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import { personOf, type RequestDetail } from './quota-request.js';
import { RequestAccess } from './request-access.service.js';
import { type ChangeTerms, RequestChanges } from './request-changes.service.js';
import { RequestSteps } from './request-steps.service.js';
import { RequestThreadsStore } from './request-threads.store.js';

const MOST_COMMENTS = 500;

@Injectable()
export class RequestComments {
  constructor(
    private readonly changes: RequestChanges,
    private readonly threads: RequestThreadsStore,
    private readonly steps: RequestSteps,
    private readonly access: RequestAccess,
  ) {}

  /** Also of what is decided. Said twice it stands there twice, but for a repeated key. Throws `QST.Forbidden` for a tenant's internal one. */
  add(
    actor: Pick<Actor, 'principal' | 'origin'>,
    id: string,
    { text, internal }: { text: string; internal: boolean },
    terms: ChangeTerms = {},
  ): Promise<RequestDetail> {
    const told = {
      permission: 'quota:request:comment',
      action: 'comment',
      words: { text, internal },
      ...terms,
    } as const;
    return this.changes.run(actor, id, told, async ({ transaction, request, nowMs }) => {
      const isApprover = this.access.seesInternal(actor.principal, request);
      if (internal && !isApprover)
        throw new AppError(
          'QST.Forbidden',
          'You are not authorized to perform this operation: internal is for operators.',
        );
      if ((await this.threads.countComments(transaction, request)) >= MOST_COMMENTS)
        throw new AppError('QST.Conflict', `The request has ${String(MOST_COMMENTS)} comments, which is the most.`);
      const side = isApprover ? 'approver' : 'requester';
      const by = personOf(actor.principal);
      await this.threads.addComment(transaction, request, { at: nowMs, side, by, internal, text });
      await this.steps.touch(transaction, request, { action: 'comment', side, internal }, { actor, nowMs });
    });
  }
}
