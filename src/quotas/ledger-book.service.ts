/** Brings events into the ledger and moves the counters with it: the one way by which usage changes (design §8). */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import { type EventOrder, fold, type LedgerEntry, type LedgerEvent, liveSince, usageDeltas } from './core/ledger.js';
import { type CounterDelta, type CounterId, counterName, CountersStore } from './counters.store.js';
import { type HeldItem, type LedgerRef, type LedgerRow, LedgerStore, refName } from './ledger.store.js';

/** An event of one resource. */
export interface ResourceEvent extends LedgerRef {
  readonly event: LedgerEvent;
  readonly reservationId: string | null;
  readonly regionOf: string | null;
}

/** What events would do, before it is done. */
export interface LedgerChange {
  readonly rows: readonly LedgerRow[];
  /** Moves of `used`; nothing where an event only confirms. */
  readonly deltas: readonly CounterDelta[];
}

@Injectable()
export class LedgerBook {
  constructor(
    private readonly ledger: LedgerStore,
    private readonly counters: CountersStore,
  ) {}

  /** Those of the resources that are not live by what is known. */
  async absent<T extends LedgerRef>(transaction: Transaction, refs: readonly T[]): Promise<T[]> {
    const known = await this.ledger.read(transaction, refs);
    return refs.filter((ref) => known.get(refName(ref))?.live !== true);
  }

  /** Under the locks of the events' groups. Events of one resource may come in any order. */
  async work(transaction: Transaction, events: readonly ResourceEvent[]): Promise<LedgerChange> {
    const before = await this.ledger.read(transaction, events);
    const closures = await this.closures(transaction, events);
    const after = new Map<string, LedgerRow>();
    for (const { event, reservationId, regionOf, ...ref } of events) {
      const name = refName(ref);
      const held = after.get(name);
      const entry = held?.entry ?? before.get(name) ?? null;
      const closed = closures.get(`${ref.domainId}\0${ref.space}`);
      const told = fold(entry, event);
      const next = closed === undefined ? told : fold(told, closing(closed));
      if (next === entry) continue;
      after.set(name, {
        ...ref,
        entry: next,
        reservationId: reservationId ?? held?.reservationId ?? null,
        regionOf,
        liveSince: next.live ? null : (liveSince(told) ?? liveSince(entry) ?? held?.liveSince ?? null),
      });
    }
    const rows = [...after.values()];
    return { rows, deltas: deltasOf(rows, before) };
  }

  /** Writes the change and moves the counters, together with what else moves on them. Returns the counters that moved. */
  async apply(
    transaction: Transaction,
    { rows, deltas }: LedgerChange,
    further: readonly CounterDelta[] = [],
  ): Promise<CounterId[]> {
    await this.ledger.write(transaction, rows);
    const moves = sumDeltas([...deltas, ...further]);
    await this.counters.ensure(transaction, moves);
    await this.counters.move(transaction, moves);
    return moves;
  }

  private async closures(transaction: Transaction, events: readonly ResourceEvent[]): Promise<Map<string, EventOrder>> {
    const instances = events.filter(({ space }) => space.startsWith('instance/'));
    return this.ledger.closures(
      transaction,
      instances.map(({ domainId, space }) => ({ domainId, scope: space })),
    );
  }
}

function closing(order: EventOrder): LedgerEvent {
  return { kind: 'subtract', order };
}

function deltasOf(rows: readonly LedgerRow[], before: ReadonlyMap<string, LedgerEntry>): CounterDelta[] {
  return rows.flatMap((row) =>
    [...usageDeltas(before.get(refName(row)) ?? null, row.entry)].map(([scope, used]) => ({
      domainId: row.domainId,
      quotaKey: row.quotaKey,
      scope,
      used,
      reserved: 0,
    })),
  );
}

/** What comes off the counters when items are no longer held. */
export function freed(items: readonly Pick<HeldItem, 'domainId' | 'quotaKey' | 'levels' | 'amount'>[]): CounterDelta[] {
  return items.flatMap(({ domainId, quotaKey, levels, amount }) =>
    levels.map((scope) => ({ domainId, quotaKey, scope, used: 0, reserved: -amount })),
  );
}

/** One delta for each counter, in the order of its key; those that come to nothing are left out. */
export function sumDeltas(deltas: readonly CounterDelta[]): CounterDelta[] {
  const sums = new Map<string, CounterDelta>();
  for (const delta of deltas) {
    const name = counterName(delta);
    const { used = 0, reserved = 0 } = sums.get(name) ?? {};
    sums.set(name, { ...delta, used: used + delta.used, reserved: reserved + delta.reserved });
  }
  return [...sums]
    .filter(([, { used, reserved }]) => used !== 0 || reserved !== 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, delta]) => delta);
}
