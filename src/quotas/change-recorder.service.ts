/** Keeps a change in the history and records it as a trace, in the transaction that makes it. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import type { Transaction } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { operationUser, TraceRecorder } from '../traces/index.js';
import { type Change, ChangesStore } from './changes.store.js';
import { parseScopeKey, projectOf } from './core/scope.js';

/** Who does it, and from where. */
export interface Actor {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
}

@Injectable()
export class ChangeRecorder {
  constructor(
    private readonly history: ChangesStore,
    private readonly recorder: TraceRecorder,
  ) {}

  /** The trace is the tenant's whose quota it is; for what belongs to the installation, the actor's. */
  async record(transaction: Transaction, change: Omit<Change, 'by'>, { principal, origin }: Actor): Promise<void> {
    const { domainId, userId, userName } = principal;
    await this.history.add(transaction, { ...change, by: { domainId, userId, userName } });
    const scope = change.scope === '' ? null : parseScopeKey(change.scope, change.domainId);
    await this.recorder.record(
      {
        serviceType: 'QUOTA',
        resourceType: 'quota',
        traceName: change.change,
        rating: 'normal',
        domainId: change.domainId === '' ? domainId : change.domainId,
        projectId: (scope === null ? null : projectOf(scope)) ?? '',
        resourceId: change.scope === '' ? change.quotaKey : change.scope,
        // What concerns all keys of a scope is told by the scope.
        resourceName: change.quotaKey === '' ? change.scope : change.quotaKey,
        user: operationUser(principal),
        message: change.reason,
        request: { before: change.before ?? null, after: change.after ?? null },
        ...origin,
      },
      transaction,
    );
  }
}
