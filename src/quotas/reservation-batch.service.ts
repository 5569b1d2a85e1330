/** Answers many reservations in one short transaction: one look at the locked counters, one guarded write, one commit (design §8). */
import { Injectable } from '@nestjs/common';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';
import { CatalogueService } from './catalogue.service.js';
import { Allotment, type CounterState, type Excess, remaining } from './core/admission.js';
import type { Definition } from './core/definition.js';
import { effectiveLimit } from './core/limits.js';
import { levelsOf, parseScopeKey, type Scope, scopeKey } from './core/scope.js';
import {
  type CounterId,
  type CounterLook,
  counterName,
  type CounterRow,
  CountersStore,
  distinct,
} from './counters.store.js';
import {
  type ExceededItem,
  type ItemState,
  newReservationId,
  type ReservationAnswer,
  type ReservationAsk,
  type ReserveOutcome,
} from './reservation.js';
import {
  type GrantedReservation,
  type GuardedRaise,
  memoryKey,
  namesOf,
  type Remembered,
  ReservationsStore,
} from './reservations.store.js';

/** Far beyond what it takes; a frozen process lets go of its locks after this. */
const TRANSACTION_TIMEOUT_MS = 10_000;

/** Everything the decisions of one batch need, as of one instant under the locks. */
interface Look {
  readonly now: number;
  readonly rows: ReadonlyMap<string, CounterRow & { readonly kind: Scope['kind'] }>;
  readonly book: Allotment;
  readonly memory: Map<string, { readonly sha256: Buffer; readonly answer: ReservationAnswer }>;
  readonly taken: Set<string>;
}

@Injectable()
export class ReservationBatch {
  constructor(
    private readonly database: Database,
    private readonly counters: CountersStore,
    private readonly reservations: ReservationsStore,
    private readonly catalogue: CatalogueService,
  ) {}

  /** Outcomes in the order of the asks, which is the order they are served in. Throws database errors; then none was granted. */
  async run(asks: readonly ReservationAsk[]): Promise<ReserveOutcome[]> {
    const ids = countersOf(asks);
    const outcomes = await this.database.transaction(
      async (transaction) => {
        await this.reservations.lockNames(transaction, asks);
        await this.counters.lock(transaction, ids);
        const look = await this.look(transaction, asks, ids);
        const granted: GrantedReservation[] = [];
        const remembered: Remembered[] = [];
        const decided = asks.map((ask) => decide(ask, look, granted, remembered));
        await this.counters.ensure(transaction, raisedIds(look));
        await this.reservations.write(transaction, raisesOf(look), granted, remembered);
        return decided;
      },
      { timeoutMs: TRANSACTION_TIMEOUT_MS, keepsPlans: true },
    );
    if (outcomes.some(({ outcome }) => outcome === 'granted')) this.counters.remember(ids);
    return outcomes;
  }

  /** What would be answered now; nothing is locked, swept, written or remembered. */
  async rehearse(ask: ReservationAsk): Promise<ReservationAnswer> {
    const unkeyed = { ...ask, idempotency: null };
    const seen = await this.counters.look(this.database, countersOf([ask]));
    const look = await this.lookOf(this.database, [unkeyed], seen);
    const outcome = decide(unkeyed, look, [], []);
    if (outcome.outcome === 'other_request')
      throw new Error('no key was given, so none can be that of another request');
    return outcome;
  }

  /**
   * Under the locks. What expired does not count in what is read; where there is any it is swept before anything is raised, as the
   * guarded write compares what the rows hold.
   */
  private async look(
    transaction: Transaction,
    asks: readonly ReservationAsk[],
    ids: readonly CounterId[],
  ): Promise<Look> {
    const seen = await this.counters.look(transaction, ids);
    if (seen.isUnswept) await this.counters.sweep(transaction, ids);
    return this.lookOf(transaction, asks, seen);
  }

  private async lookOf(sql: Sql, asks: readonly ReservationAsk[], seen: CounterLook): Promise<Look> {
    const { rows, moment } = seen;
    const { definitions } = await this.catalogue.current(sql, moment.revision);
    const known = rows.map((row) => ({ ...row, kind: parseScopeKey(row.scope, row.domainId).kind }));
    return {
      now: moment.nowMs,
      rows: new Map(known.map((row) => [counterName(row), row])),
      book: new Allotment(
        new Map(known.map((row) => [counterName(row), stateOf(row, definitions.get(row.quotaKey) ?? null)])),
      ),
      memory: await this.reservations.remembered(sql, asks),
      taken: await this.reservations.takenNames(sql, asks),
    };
  }
}

function decide(
  ask: ReservationAsk,
  look: Look,
  granted: GrantedReservation[],
  remembered: Remembered[],
): ReserveOutcome {
  const key = memoryKey(ask);
  const before = key === null ? undefined : look.memory.get(key);
  if (before !== undefined && ask.idempotency !== null)
    return before.sha256.equals(ask.idempotency.sha256) ? before.answer : { outcome: 'other_request' };
  const answer = grant(ask, look, granted);
  if (key !== null && ask.idempotency !== null) {
    look.memory.set(key, { sha256: ask.idempotency.sha256, answer });
    remembered.push({ ask, answer });
  }
  return answer;
}

function grant(ask: ReservationAsk, look: Look, granted: GrantedReservation[]): ReservationAnswer {
  const own = new Set<string>();
  for (const item of ask.items) {
    const names = namesOf(ask.domainId, item);
    if (names.some((name) => look.taken.has(name) || own.has(name)))
      return { outcome: 'name_taken', quotaKey: item.quotaKey, resourceName: item.resourceName ?? '' };
    for (const name of names) own.add(name);
  }
  const admission = look.book.admit(
    ask.items.map(({ quotaKey, scope, amount }) => ({
      levels: levelsOf(scope).map((level) => counterName({ domainId: ask.domainId, quotaKey, scope: level })),
      amount,
    })),
  );
  if (!admission.granted) return { outcome: admission.reason, exceeded: admission.exceeded.map((e) => told(e, look)) };
  for (const name of own) look.taken.add(name);
  const reservation = {
    ask,
    id: newReservationId(ask.domainId),
    createdAt: look.now,
    expiresAt: look.now + ask.ttlMs,
  };
  granted.push(reservation);
  return {
    outcome: 'granted',
    id: reservation.id,
    expiresAt: reservation.expiresAt,
    items: ask.items.map((item) => {
      const counter = counterName({ domainId: ask.domainId, quotaKey: item.quotaKey, scope: scopeKey(item.scope) });
      return itemState(item.quotaKey, item.scope, look.book.stateOf(counter));
    }),
    warnings: admission.warnings.map((excess) => told(excess, look)),
  };
}

/** The state of a counter with the limit that holds for it. */
export function stateOf(
  row: CounterRow & { readonly kind: Scope['kind'] },
  definition: Definition | null,
): CounterState {
  return { ...effectiveLimit(definition, row.kind, row), used: row.used, reserved: row.reserved, closed: row.closed };
}

export function itemState(quotaKey: string, scope: Scope, state: CounterState): ItemState {
  const { limit, origin, mode, used, reserved } = state;
  return { quotaKey, scope, limit, origin, mode, used, reserved, remaining: remaining(state) };
}

function told({ counter, needed, state }: Excess, { rows }: Look): ExceededItem {
  const row = rows.get(counter);
  if (row === undefined) throw new Error(`the counter ${counter} was not read`);
  const { remaining: _left, ...item } = itemState(row.quotaKey, parseScopeKey(row.scope, row.domainId), state);
  return { ...item, needed };
}

/** Counters of all asks on all levels, in the order of their key. */
export function countersOf(asks: readonly Pick<ReservationAsk, 'domainId' | 'items'>[]): CounterId[] {
  return distinct(
    asks.flatMap(({ domainId, items }) =>
      items.flatMap(({ quotaKey, scope }) => levelsOf(scope).map((level) => ({ domainId, quotaKey, scope: level }))),
    ),
  );
}

function raisedIds({ book, rows }: Look): CounterId[] {
  return [...book.granted.keys()].flatMap((counter) => rows.get(counter) ?? []);
}

function raisesOf(look: Look): GuardedRaise[] {
  return raisedIds(look).map(({ domainId, quotaKey, scope }) => {
    const counter = counterName({ domainId, quotaKey, scope });
    const { limit, mode } = look.book.stateOf(counter);
    const amount = look.book.granted.get(counter) ?? 0;
    return { domainId, quotaKey, scope, amount, ceiling: mode === 'enforce' ? limit : -1 };
  });
}
