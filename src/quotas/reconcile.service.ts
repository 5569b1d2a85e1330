/** Finds and mends drift: what counters say and what the ledger, or somebody with authority, counts (issue 7 §3). */
import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '../kernel/clock.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { CatalogueService } from './catalogue.service.js';
import { type Actor, ChangeRecorder } from './change-recorder.service.js';
import { levelsOf, parseScopeKey } from './core/scope.js';
import { type CounterGroup, type CounterId, counterName, CountersStore } from './counters.store.js';
import { type Recount, ReconcileStore, type Unconfirmed } from './reconcile.store.js';

/** A count that somebody with authority gives, e.g. from the registry's own database. */
export interface GivenCount extends CounterId {
  readonly count: number;
}

export interface Drift extends CounterId {
  readonly used: number;
  readonly recounted: number;
  readonly reserved: number;
  readonly held: number;
}

export interface Reconciliation {
  readonly checked: number;
  readonly drifted: readonly Drift[];
  readonly unconfirmed: readonly (Unconfirmed & { readonly scope?: string })[];
  readonly repaired: number;
}

const GROUPS_AT_ONCE = 200;
const CONFIRMED_WITHIN_MS = HOUR_MS;

@Injectable()
export class Reconcile {
  private readonly drift;

  constructor(
    private readonly database: Database,
    private readonly store: ReconcileStore,
    private readonly counters: CountersStore,
    private readonly catalogue: CatalogueService,
    private readonly recorder: ChangeRecorder,
    metrics: Metrics,
  ) {
    this.drift = metrics.gauge({
      name: 'quaestor_quota_drifted_counters',
      help: 'Counters that differed from their recount in the last reconciliation.',
    });
  }

  /**
   * Group by group, each in a short transaction of its own, so that reservations hardly wait.
   *
   * @param counts of scopes of the definition's kind; what the ledger lacks or has beyond them becomes their adjustment on repair
   */
  async run(
    domainId: string | null,
    counts: readonly GivenCount[],
    repair: boolean,
    actor: Actor,
  ): Promise<Reconciliation> {
    let checked = 0;
    let repaired = 0;
    const drifted: Drift[] = [];
    const work = async (group: CounterGroup): Promise<void> => {
      const own = counts.filter((given) => given.domainId === group.domainId && given.quotaKey === group.quotaKey);
      const done = await this.database.transaction((transaction) => this.group(transaction, group, own, repair, actor));
      checked += done.checked;
      drifted.push(...done.drifted);
      repaired += repair ? done.drifted.length : 0;
    };
    const known = new Set<string>();
    for (let after: CounterGroup | null = null; ;) {
      const groups = await this.store.groups(this.database, domainId, after, GROUPS_AT_ONCE);
      for (const group of groups) {
        known.add(groupName(group));
        await work(group);
      }
      after = groups.at(-1) ?? null;
      if (after === null) break;
    }
    // What nobody has counted yet.
    for (const given of counts)
      if (!known.has(groupName(given))) {
        known.add(groupName(given));
        await work(given);
      }
    this.drift.set(drifted.length);
    const unconfirmed = await this.unconfirmed(domainId);
    return { checked, drifted, unconfirmed, repaired };
  }

  private async group(
    transaction: Transaction,
    group: CounterGroup,
    counts: readonly GivenCount[],
    repair: boolean,
    actor: Actor,
  ): Promise<{ checked: number; drifted: Drift[] }> {
    await this.counters.lock(transaction, [group]);
    await this.counters.sweep(transaction, [group]);
    const rows = withCounts(await this.store.recount(transaction, group), counts);
    const drifted = rows.filter((row) => row.used !== row.recounted || row.reserved !== row.held);
    const changed = rows.filter((row) => drifted.includes(row) || row.adjustment !== row.wanted);
    if (repair && changed.length > 0) {
      await this.counters.ensure(transaction, changed);
      await this.store.repair(
        transaction,
        changed.map((row) => ({ ...row, used: row.recounted, reserved: row.held, adjustment: row.wanted })),
      );
      for (const row of drifted)
        await this.recorder.record(
          transaction,
          {
            domainId: row.domainId,
            quotaKey: row.quotaKey,
            scope: row.scope,
            change: 'repairQuotaUsage',
            before: { used: row.used, reserved: row.reserved },
            after: { used: row.recounted, reserved: row.held },
            reason: 'reconciled',
          },
          actor,
        );
    }
    await this.store.noteReconciled(transaction, group);
    return { checked: rows.length, drifted: drifted.map(driftOf) };
  }

  /** Only of keys whose creations are told by traces: nobody ever confirms the others. */
  private async unconfirmed(domainId: string | null): Promise<Unconfirmed[]> {
    const { definitions } = await this.catalogue.recent();
    const isTold = (key: string): boolean =>
      definitions.get(key)?.traces.some(({ effect }) => effect === 'add') ?? false;
    const found = await this.store.unconfirmed(this.database, domainId, CONFIRMED_WITHIN_MS);
    return found.filter(({ quotaKey }) => isTold(quotaKey));
  }
}

type Judged = Recount & { readonly recounted: number; readonly wanted: number };

/** Brings given counts in: at their own level they are what is there, and the levels above move by the same difference. */
function withCounts(rows: readonly Recount[], counts: readonly GivenCount[]): Judged[] {
  const known = new Map(rows.map((row) => [counterName(row), row]));
  const corrections = new Map<string, number>();
  for (const { count, ...id } of counts) {
    const own = known.get(counterName(id));
    const difference = count - (own?.counted ?? 0) - (own?.adjustment ?? 0);
    for (const scope of levelsOf(parseScopeKey(id.scope, id.domainId))) {
      const level = { ...id, scope };
      const name = counterName(level);
      if (!known.has(name)) known.set(name, { ...level, used: 0, reserved: 0, adjustment: 0, counted: 0, held: 0 });
      corrections.set(name, (corrections.get(name) ?? 0) + difference);
    }
  }
  return [...known].map(([name, row]) => {
    const wanted = row.adjustment + (corrections.get(name) ?? 0);
    return { ...row, wanted, recounted: Math.max(0, row.counted + wanted) };
  });
}

function driftOf({ domainId, quotaKey, scope, used, recounted, reserved, held }: Judged): Drift {
  return { domainId, quotaKey, scope, used, recounted, reserved, held };
}

function groupName({ domainId, quotaKey }: CounterGroup): string {
  return `${domainId}\0${quotaKey}`;
}
