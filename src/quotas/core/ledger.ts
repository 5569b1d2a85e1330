/**
 * The ledger's fold: what is known of one resource is its last event by (record time, log, offset), whatever the order of arrival.
 *
 * A commit is an event, too, at the instant of its reservation: a creation or a deletion that happened after it supersedes it.
 */

/** Position of an event. `log` -1: a commit, which no trace told of; -2: a baseline. */
export interface EventOrder {
  /** Epoch ms. */
  readonly at: number;
  readonly log: number;
  readonly offset: bigint;
}

export const COMMIT_LOG = -1;
export const BASELINE_LOG = -2;

/** Whose it is, and how much it counts: on the scope itself and each level above it. */
export interface Ownership {
  readonly levels: readonly string[];
  readonly amount: number;
}

export type LedgerEvent =
  | { readonly kind: 'add'; readonly order: EventOrder; readonly owner: Ownership }
  | { readonly kind: 'subtract'; readonly order: EventOrder };

export interface LedgerEntry {
  readonly live: boolean;
  /** Of a tombstone: who had it last, if that is known. */
  readonly owner: Ownership | null;
  readonly order: EventOrder;
  /** A trace or a baseline told of it; a commit alone does not. */
  readonly confirmed: boolean;
}

/** A service's clock may be so far behind ours that its trace seems to come before the reservation it confirms. */
export const CLOCK_SKEW_MS = 300_000;

export function compareOrder(left: EventOrder, right: EventOrder): number {
  if (left.at !== right.at) return left.at - right.at;
  if (left.log !== right.log) return left.log - right.log;
  return left.offset < right.offset ? -1 : left.offset > right.offset ? 1 : 0;
}

/** The entry after the event; the same object where the event changes nothing. */
export function fold(entry: LedgerEntry | null, event: LedgerEvent): LedgerEntry {
  if (entry !== null && compareOrder(event.order, entry.order) <= 0) return confirmLate(entry, event);
  const isCommit = event.order.log === COMMIT_LOG;
  if (event.kind === 'subtract')
    return { live: false, owner: entry?.owner ?? null, order: event.order, confirmed: !isCommit };
  return {
    live: true,
    owner: event.owner,
    order: event.order,
    confirmed: !isCommit || confirmsNext(entry, event.order),
  };
}

/** An earlier creation that is hardly earlier is the one the commit waits for. */
function confirmLate(entry: LedgerEntry, event: LedgerEvent): LedgerEntry {
  const confirms =
    entry.live &&
    !entry.confirmed &&
    event.kind === 'add' &&
    event.order.log !== COMMIT_LOG &&
    isNear(event.order, entry.order);
  return confirms ? { ...entry, confirmed: true } : entry;
}

/** Seen before the commit came, by a clock that is behind. */
function confirmsNext(entry: LedgerEntry | null, commit: EventOrder): boolean {
  return entry !== null && entry.live && entry.confirmed && isNear(entry.order, commit);
}

function isNear(earlier: EventOrder, later: EventOrder): boolean {
  return later.at - earlier.at <= CLOCK_SKEW_MS;
}

/** Since when what an entry tells of is there: 0 of a baseline, which names what was there before all traces. Null of a tombstone. */
export function liveSince(entry: LedgerEntry | null): number | null {
  if (!entry?.live) return null;
  return entry.order.log === BASELINE_LOG ? 0 : entry.order.at;
}

/** What the change of an entry does to counters. */
export function usageDeltas(before: LedgerEntry | null, after: LedgerEntry | null): Map<string, number> {
  const deltas = new Map<string, number>();
  const count = (entry: LedgerEntry | null, sign: 1 | -1): void => {
    if (!entry?.live || entry.owner === null) return;
    for (const level of entry.owner.levels) deltas.set(level, (deltas.get(level) ?? 0) + sign * entry.owner.amount);
  };
  count(before, -1);
  count(after, 1);
  for (const [level, delta] of deltas) if (delta === 0) deltas.delete(level);
  return deltas;
}
