/** Sets and deletes the specification of an enterprise instance, judged like the limits that follow from it. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { type Catalogue, CatalogueService } from './catalogue.service.js';
import { type Actor, callerOf, ChangeRecorder } from './change-recorder.service.js';
import { effectiveLimit } from './core/limits.js';
import type { CounterId } from './counters.store.js';
import { requireMatch } from './entity-tag.js';
import { type InstanceSpec, InstanceSpecsStore } from './instance-specs.store.js';
import { LimitRules } from './limit-rules.service.js';
import { OverrunWatch } from './overrun-watch.service.js';

/** What is wanted of the instance whose scope is named by `scope`; `spec` null: none. */
export interface SpecWish {
  readonly domainId: string;
  readonly scope: string;
  readonly spec: string | null;
  readonly reason: string;
  readonly force: boolean;
  readonly validateOnly: boolean;
  readonly ifMatch: string | undefined;
}

@Injectable()
export class InstanceSpecs {
  constructor(
    private readonly database: Database,
    private readonly catalogue: CatalogueService,
    private readonly rules: LimitRules,
    private readonly store: InstanceSpecsStore,
    private readonly watch: OverrunWatch,
    private readonly recorder: ChangeRecorder,
  ) {}

  /**
   * Null after a deletion. Throws `QST.BadRequest` for a specification that no definition knows, `QST.Quota.LimitConflict` with
   * the key, `QST.Quota.ScopeClosed`, `QST.PreconditionFailed`, and `QST.NotFound` where none is set that could be deleted.
   */
  async change(wish: SpecWish, actor: Actor): Promise<InstanceSpec | null> {
    const { domainId, scope, spec, reason } = wish;
    return this.database.transaction(async (transaction) => {
      const catalogue = await this.catalogue.current(transaction);
      requireKnown(spec, catalogue);
      const ids = limitedIds(wish, catalogue);
      const judged = await this.judge(transaction, ids, wish, catalogue);
      const before = await this.store.find(transaction, domainId, scope);
      if (before === null && spec === null) throw new AppError('QST.NotFound', 'No specification is set there.');
      requireMatch(wish.ifMatch, before?.version ?? null);
      for (const check of judged) await check();
      if (wish.validateOnly) return rehearsed(wish, before, actor);
      const after = await this.write(transaction, wish, actor);
      const told = (one: InstanceSpec | null) => (one === null ? null : { spec: one.spec });
      const change = spec === null ? 'deleteQuotaSpec' : 'updateQuotaSpec';
      await this.recorder.record(
        transaction,
        { domainId, quotaKey: '', scope, change, before: told(before), after: told(after), reason },
        actor,
      );
      await this.watch.look(transaction, ids, catalogue);
      return after;
    });
  }

  private async write(transaction: Transaction, wish: SpecWish, actor: Actor): Promise<InstanceSpec | null> {
    const { domainId, scope, spec, reason } = wish;
    if (spec !== null) return this.store.set(transaction, { domainId, scope, spec, reason, setBy: callerOf(actor) });
    await this.store.delete(transaction, domainId, scope);
    return null;
  }

  /** Locks the groups, in the order of their keys. The checks come later, as they judge what the author has seen. */
  private async judge(
    transaction: Transaction,
    ids: readonly CounterId[],
    { spec, force }: SpecWish,
    catalogue: Catalogue,
  ): Promise<(() => Promise<void>)[]> {
    const checks: (() => Promise<void>)[] = [];
    for (const id of ids) {
      const standing = await this.rules.lock(transaction, id, catalogue);
      if (standing.own.closed) throw new AppError('QST.Quota.ScopeClosed', 'The instance was deleted.');
      // Where an override or a grant holds, the specification changes nothing now.
      if (standing.own.origin === 'override' || standing.own.origin === 'grant') continue;
      const definition = catalogue.definitions.get(id.quotaKey) ?? null;
      const after = effectiveLimit(definition, 'instance', { override: null, grant: null, spec });
      if (after.limit === standing.own.limit) continue;
      checks.push(() => this.rules.checkFollowing(transaction, id, after, standing, force));
    }
    return checks;
  }
}

/** The counters of the instance that are counted for instances: all of them, as a spec left behind limits, too. */
function limitedIds({ domainId, scope }: SpecWish, { definitions }: Catalogue): CounterId[] {
  return [...definitions.values()]
    .filter(({ scopeKind }) => scopeKind === 'instance')
    .map(({ key }) => ({ domainId, quotaKey: key, scope }))
    .sort((left, right) => (left.quotaKey < right.quotaKey ? -1 : 1));
}

function requireKnown(spec: string | null, { definitions }: Catalogue): void {
  const known = new Set([...definitions.values()].flatMap(({ specLimits }) => Object.keys(specLimits)));
  if (spec === null || known.has(spec)) return;
  const names = [...known].sort().join(', ');
  const message = `no definition has limits for it; there are limits for ${names === '' ? 'no specification' : names}`;
  throw new AppError('QST.BadRequest', 'The request is not valid', { problems: [{ path: 'body.spec', message }] });
}

function rehearsed(wish: SpecWish, before: InstanceSpec | null, actor: Actor): InstanceSpec | null {
  const { domainId, scope, spec, reason } = wish;
  if (spec === null) return null;
  const version = (before?.version ?? 0) + 1;
  return { domainId, scope, spec, reason, version, setBy: callerOf(actor), updatedAt: Date.now() };
}
