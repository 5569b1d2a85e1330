/** Sets and deletes limits: operators any, a tenant's administrators by splitting what their domain was given. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CatalogueService } from './catalogue.service.js';
import { type Actor, type AnyActor, callerOf, ChangeRecorder } from './change-recorder.service.js';
import { scopeKey } from './core/scope.js';
import type { CounterId } from './counters.store.js';
import { requireMatch } from './entity-tag.js';
import { LimitRules } from './limit-rules.service.js';
import type { DeleteLimitBody, SetLimitBody } from './limits.dto.js';
import { LimitsStore, type SetLimit } from './limits.store.js';
import { OverrunWatch } from './overrun-watch.service.js';
import { scopeFrom } from './quotas.dto.js';

export interface LimitRequest {
  readonly plane: 'operator' | 'tenant';
  readonly ifMatch: string | undefined;
}

@Injectable()
export class Limits {
  constructor(
    private readonly database: Database,
    private readonly catalogue: CatalogueService,
    private readonly rules: LimitRules,
    private readonly store: LimitsStore,
    private readonly watch: OverrunWatch,
    private readonly recorder: ChangeRecorder,
  ) {}

  /** Throws `QST.Quota.LimitConflict`, `QST.PreconditionFailed`, and `QST.Forbidden` where an operator's limit stands. */
  set(domainId: string, body: SetLimitBody, actor: Actor, { plane, ifMatch }: LimitRequest): Promise<SetLimit> {
    return this.database.transaction((transaction) =>
      this.setIn(transaction, domainId, body, actor, { plane, ifMatch }),
    );
  }

  /** As {@link set}, with what else the caller's transaction does. */
  async setIn(
    transaction: Transaction,
    domainId: string,
    body: SetLimitBody,
    actor: AnyActor,
    { plane, ifMatch }: LimitRequest,
  ): Promise<SetLimit> {
    const id = { domainId, quotaKey: body.quota_key, scope: scopeKey(scopeFrom(body.scope)) };
    const catalogue = await this.catalogue.current(transaction);
    const standing = await this.rules.lock(transaction, id, catalogue);
    const before = await this.store.find(transaction, id);
    requireMatch(ifMatch, before?.version ?? null);
    refuseOperators(before, plane);
    await this.rules.check(transaction, id, body.limit, standing, { force: body.force, plane });
    const wanted = { ...id, limit: body.limit, plane, reason: body.reason, setBy: callerOf(actor) };
    if (body.validate_only) return { ...wanted, version: (before?.version ?? 0) + 1, updatedAt: Date.now() };
    const after = await this.store.set(transaction, wanted);
    await this.recorder.record(transaction, { ...changeOf(id, before, after), reason: body.reason }, actor);
    await this.watch.look(transaction, [id], catalogue);
    return after;
  }

  /** Throws `QST.NotFound` where none is set. */
  async delete(domainId: string, body: DeleteLimitBody, actor: Actor, { plane, ifMatch }: LimitRequest): Promise<void> {
    const id = { domainId, quotaKey: body.quota_key, scope: scopeKey(scopeFrom(body.scope)) };
    await this.database.transaction(async (transaction) => {
      const catalogue = await this.catalogue.current(transaction);
      await this.rules.lock(transaction, id, catalogue);
      const before = await this.store.find(transaction, id);
      if (before === null) throw new AppError('QST.NotFound', 'No limit is set there.');
      requireMatch(ifMatch, before.version);
      refuseOperators(before, plane);
      if (body.validate_only) return;
      await this.store.delete(transaction, id);
      await this.recorder.record(transaction, { ...changeOf(id, before, null), reason: body.reason }, actor);
      await this.watch.look(transaction, [id], catalogue);
    });
  }
}

function refuseOperators(before: SetLimit | null, plane: 'operator' | 'tenant'): void {
  if (plane === 'tenant' && before?.plane === 'operator')
    throw new AppError(
      'QST.Forbidden',
      'You are not authorized to perform this operation: an operator set this limit.',
    );
}

function changeOf(id: CounterId, before: SetLimit | null, after: SetLimit | null) {
  return {
    ...id,
    change: after === null ? 'deleteQuotaLimit' : 'updateQuotaLimit',
    before: before === null ? null : { limit: before.limit, plane: before.plane },
    after: after === null ? null : { limit: after.limit, plane: after.plane },
  };
}
