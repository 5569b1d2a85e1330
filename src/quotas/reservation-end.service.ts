/** Commits, releases and extends reservations, each in one short transaction: counters first, then the reservation (design §8). */
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../platform/database/database.js';
import { CatalogueService } from './catalogue.service.js';
import { Allotment } from './core/admission.js';
import { COMMIT_LOG } from './core/ledger.js';
import { parseScopeKey } from './core/scope.js';
import { type CounterId, counterName, CountersStore, distinct } from './counters.store.js';
import { freed, type LedgerChange, LedgerBook, type ResourceEvent, sumDeltas } from './ledger-book.service.js';
import type { StoredItem, StoredReservation } from './reservation.js';
import { stateOf } from './reservation-batch.service.js';
import { ReservationsStore } from './reservations.store.js';

const TRANSACTION_TIMEOUT_MS = 10_000;

/** `ended`: it is committed or released, which `reservation` tells. `expired`: and what it had promised is no longer free. */
export type EndOutcome =
  | { readonly outcome: 'done'; readonly reservation: StoredReservation }
  | { readonly outcome: 'ended'; readonly reservation: StoredReservation }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'absent' };

@Injectable()
export class ReservationEnd {
  constructor(
    private readonly database: Database,
    private readonly counters: CountersStore,
    private readonly reservations: ReservationsStore,
    private readonly book: LedgerBook,
    private readonly catalogue: CatalogueService,
  ) {}

  /** As it stands; null where there is none. */
  find(domainId: string, id: string): Promise<StoredReservation | null> {
    return this.reservations.find({ query: (text, values) => this.database.read(text, values) }, domainId, id);
  }

  /** What is held becomes used. One that expired is reserved again where there is room. A second commit changes nothing. */
  commit(domainId: string, id: string): Promise<EndOutcome> {
    return this.underLocks(domainId, id, async (transaction, reservation) => {
      if (reservation.state === 'committed') return { outcome: 'done', reservation };
      if (reservation.state === 'released') return { outcome: 'ended', reservation };
      const pending = reservation.items.filter(({ state }) => state === 'held' || state === 'expired');
      const change = await this.book.work(
        transaction,
        pending.map((item) => commitEvent(reservation, item)),
      );
      const expired = pending.filter(({ state }) => state === 'expired');
      if (expired.length > 0 && !(await this.hasRoom(transaction, reservation, expired, change)))
        return { outcome: 'expired' };
      const held = pending.filter(({ state }) => state === 'held').map((item) => ({ domainId, ...item }));
      await this.book.apply(transaction, change, freed(held));
      await this.reservations.end(transaction, reservation, 'committed');
      return { outcome: 'done', reservation: { ...reservation, state: 'committed' } };
    });
  }

  /** What is held is free again; what its creation's trace made usage of stays. A second release changes nothing. */
  release(domainId: string, id: string): Promise<EndOutcome> {
    return this.underLocks(domainId, id, async (transaction, reservation) => {
      if (reservation.state === 'released') return { outcome: 'done', reservation };
      if (reservation.state === 'committed') return { outcome: 'ended', reservation };
      const held = reservation.items.filter(({ state }) => state === 'held').map((item) => ({ domainId, ...item }));
      await this.counters.move(transaction, sumDeltas(freed(held)));
      await this.reservations.end(transaction, reservation, 'released');
      return { outcome: 'done', reservation: { ...reservation, state: 'released' } };
    });
  }

  /** Expires `ttlMs` from now instead. */
  extend(domainId: string, id: string, ttlMs: number): Promise<EndOutcome> {
    return this.underLocks(domainId, id, async (transaction, reservation, now) => {
      if (reservation.state === 'expired') return { outcome: 'expired' };
      if (reservation.state !== 'held') return { outcome: 'ended', reservation };
      const expiresAt = now + ttlMs;
      await this.reservations.extend(transaction, reservation, expiresAt);
      return { outcome: 'done', reservation: { ...reservation, expiresAt } };
    });
  }

  /** A reservation's items never change, so they tell which counters to lock before it is looked at for good. */
  private async underLocks(
    domainId: string,
    id: string,
    work: (transaction: Transaction, reservation: StoredReservation, now: number) => Promise<EndOutcome>,
  ): Promise<EndOutcome> {
    return this.database.transaction(
      async (transaction) => {
        const seen = await this.reservations.find(transaction, domainId, id);
        if (seen === null) return { outcome: 'absent' };
        const groups = seen.items.map(({ quotaKey }) => ({ domainId, quotaKey }));
        await this.counters.lock(transaction, groups);
        const { nowMs } = await this.counters.sweep(transaction, groups);
        const reservation = await this.reservations.find(transaction, domainId, id);
        return reservation === null ? { outcome: 'absent' } : work(transaction, reservation, nowMs);
      },
      { timeoutMs: TRANSACTION_TIMEOUT_MS, keepsPlans: true },
    );
  }

  /** Whether what expired may be used all the same: as any reservation, by the limits of now. What a trace counted already needs nothing. */
  private async hasRoom(
    transaction: Transaction,
    { domainId }: StoredReservation,
    expired: readonly StoredItem[],
    { deltas }: LedgerChange,
  ): Promise<boolean> {
    const counted = new Set(deltas.filter(({ used }) => used > 0).map(counterName));
    const needing = expired.filter(({ quotaKey, scope }) => counted.has(counterName({ domainId, quotaKey, scope })));
    const ids: CounterId[] = distinct(
      needing.flatMap(({ quotaKey, levels }) => levels.map((scope) => ({ domainId, quotaKey, scope }))),
    );
    const { definitions } = await this.catalogue.current(transaction);
    const states = (await this.counters.states(transaction, ids)).map((row) => {
      const kind = parseScopeKey(row.scope, domainId).kind;
      return [counterName(row), stateOf({ ...row, kind }, definitions.get(row.quotaKey) ?? null)] as const;
    });
    const demands = needing.map(({ quotaKey, levels, amount }) => ({
      levels: levels.map((scope) => counterName({ domainId, quotaKey, scope })),
      amount,
    }));
    return new Allotment(new Map(states)).admit(demands).granted;
  }
}

/** The instant of the reservation is the commit's place: a creation or deletion told of since then comes after it. */
function commitEvent({ domainId, id, createdAt }: StoredReservation, item: StoredItem): ResourceEvent {
  const { quotaKey, space, levels, amount, region } = item;
  const order = { at: createdAt, log: COMMIT_LOG, offset: BigInt(item.item) };
  return {
    domainId,
    quotaKey,
    space,
    resourceName: item.resourceName ?? `reservation/${id}/${String(item.item)}`,
    reservationId: id,
    regionOf: region === '' ? null : space.slice(space.indexOf('/') + 1),
    event: { kind: 'add', order, owner: { levels, amount } },
  };
}
