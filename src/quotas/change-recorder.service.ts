/** Keeps a change in the history and records it as a trace, in the transaction that makes it. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import type { Transaction } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { operationUser, TraceRecorder } from '../traces/index.js';
import { type Change, ChangesStore } from './changes.store.js';
import { parseScopeKey, projectOf } from './core/scope.js';
import type { Caller } from './reservation.js';

/** Who does it, and from where. */
export interface Actor {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
}

/** What the service does by a rule of its own; nobody called. */
export interface ServiceActor {
  /** Named in the history in place of a user. */
  readonly rule: string;
}

export type AnyActor = Actor | ServiceActor;

/** As rows keep who did it; without ids for the service itself. */
export function callerOf(actor: AnyActor): Caller {
  if ('rule' in actor) return { domainId: '', userId: '', userName: actor.rule };
  const { domainId, userId, userName } = actor.principal;
  return { domainId, userId, userName };
}

@Injectable()
export class ChangeRecorder {
  constructor(
    private readonly history: ChangesStore,
    private readonly recorder: TraceRecorder,
  ) {}

  /** The trace is the tenant's whose quota it is; for what belongs to the installation, the actor's. */
  async record(transaction: Transaction, change: Omit<Change, 'by'>, actor: AnyActor): Promise<void> {
    const by = callerOf(actor);
    await this.history.add(transaction, { ...change, by });
    const scope = change.scope === '' ? null : parseScopeKey(change.scope, change.domainId);
    await this.recorder.record(
      {
        serviceType: 'QUOTA',
        resourceType: 'quota',
        traceName: change.change,
        rating: 'normal',
        domainId: change.domainId === '' ? by.domainId : change.domainId,
        projectId: (scope === null ? null : projectOf(scope)) ?? '',
        resourceId: change.scope === '' ? change.quotaKey : change.scope,
        resourceName: change.quotaKey,
        user: 'rule' in actor ? null : operationUser(actor.principal),
        message: change.reason,
        request: { before: change.before ?? null, after: change.after ?? null },
        ...('rule' in actor ? {} : actor.origin),
      },
      transaction,
    );
  }
}
