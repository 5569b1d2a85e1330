/** The frame of every change of a request: who may, the locks in their order, the same again, and what its author has seen. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { Idempotency, type IdempotentRequest } from '../platform/http/idempotency.js';
import { EffectiveLimits, requireMatch } from '../quotas/index.js';
import { allowedActions, type RequestAction, type RequestState, type Side } from './core/request-states.js';
import { personOf, type QuotaRequest, type RequestDetail } from './quota-request.js';
import type { OperatorAction, TenantAction } from './request-access.service.js';
import { RequestReader } from './request-reader.service.js';
import { commandOf } from './request-steps.service.js';
import { RequestThreadsStore } from './request-threads.store.js';
import { RequestsStore } from './requests.store.js';

/** How a caller wants a change made. */
export interface ChangeTerms {
  readonly ifMatch?: string | undefined;
  /** Answered as the first time where its key was used before. */
  readonly idempotent?: IdempotentRequest | null;
}

export interface RequestChange extends ChangeTerms {
  readonly permission: TenantAction | OperatorAction;
  /** With `words` names the command, so that the same again is recognised. */
  readonly action: string;
  readonly words: object;
  /** Whether limits are looked at: their locks come before that of the request. */
  readonly judgesLimits?: boolean;
  /** Before anything else of it is looked at. */
  readonly refuse?: (seen: QuotaRequest) => void;
}

/** A request under its lock. */
export interface LockedRequest {
  readonly transaction: Transaction;
  readonly request: QuotaRequest;
  /** By the database's clock. */
  readonly nowMs: number;
  readonly command: Buffer;
}

@Injectable()
export class RequestChanges {
  constructor(
    private readonly database: Database,
    private readonly store: RequestsStore,
    private readonly threads: RequestThreadsStore,
    private readonly reader: RequestReader,
    private readonly limits: EffectiveLimits,
    private readonly idempotency: Idempotency,
  ) {}

  /** Throws `QST.NotFound`, `QST.Forbidden`, `QST.PreconditionFailed`, and what `work` throws. */
  async run(
    actor: Pick<Actor, 'principal' | 'origin'>,
    id: string,
    change: RequestChange,
    work: (locked: LockedRequest) => Promise<unknown>,
  ): Promise<RequestDetail> {
    const seen = await this.reader.require(actor, change.permission, id, change.refuse);
    return this.database.transaction((transaction) =>
      this.idempotency.once(change.idempotent ?? null, transaction, async () => {
        if (change.judgesLimits === true) await this.limits.lock(transaction, seen);
        const request = (await this.store.lock(transaction, seen.domainId, id)) ?? seen;
        const command = commandOf(change.action, change.words);
        const person = personOf(actor.principal);
        if (!(await this.threads.isRepeated(transaction, request, person, change.action, command))) {
          requireMatch(change.ifMatch, request.version);
          await work({ transaction, request, nowMs: await this.limits.nowMs(transaction), command });
        }
        return this.reader.detailOf(transaction, (await this.store.find(transaction, seen.domainId, id)) ?? request);
      }),
    );
  }
}

export function illegal(state: RequestState, action: RequestAction, side: Side): AppError {
  return new AppError('QST.QuotaRequest.IllegalTransition', `A request that is ${state} cannot take ${action}.`, {
    details: { state, action, allowed: allowedActions(state, side) },
  });
}
