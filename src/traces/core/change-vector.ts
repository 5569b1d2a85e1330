/**
 * Where a follower of the change feed stands: one sequence number per log. A log it has not met yet is at the beginning;
 * closed logs read to their end are kept as ranges of ids, so that the vector grows with the partitions, not with their history.
 */

/** How far a log has come; a closed one comes no further. */
export interface LogState {
  readonly log: number;
  readonly head: bigint;
  readonly current: boolean;
}

export interface ChangeVector {
  /** Epoch ms of the reading that this is the end of. */
  readonly atMs: number;
  /** When the feed began, epoch ms by the database's clock: the window of that instant is what it owes, and all stored later. */
  readonly beganMs: number;
  readonly positions: ReadonlyMap<number, bigint>;
  /** Ids of closed logs read to their end. */
  readonly finished: ReadonlySet<number>;
}

/** A stretch of one log that the follower has not read: after `from`, up to `to`. */
export interface Unread {
  readonly log: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** Rows of a log that left the store with their day: those up to `lastSeq`, all recorded before an instant, epoch ms. */
export interface Departure {
  readonly log: number;
  readonly lastSeq: bigint;
  readonly recordedBeforeMs: number;
  /** Epoch ms by the database's clock. */
  readonly departedMs: number;
}

/** Logs with something unread, the longest stretch first. Null when a log has not come as far as the vector says. */
export function unreadOf(vector: ChangeVector, states: readonly LogState[]): Unread[] | null {
  const unread: Unread[] = [];
  for (const { log, head } of states) {
    const from = vector.positions.get(log) ?? (vector.finished.has(log) ? head : 0n);
    if (from > head) return null;
    if (from < head) unread.push({ log, from, to: head });
  }
  return unread.sort((left, right) => compare(right.to - right.from, left.to - left.from) || left.log - right.log);
}

/**
 * Whether something left that the follower had not read; what it has passed may leave, and so may what is older than its feed.
 *
 * @param sinceMs start of the window when the feed began
 */
export function hasMissed(
  { positions, finished, beganMs }: ChangeVector,
  departures: readonly Departure[],
  sinceMs: number,
): boolean {
  return departures.some(
    ({ log, lastSeq, recordedBeforeMs, departedMs }) =>
      departedMs > beganMs && recordedBeforeMs > sinceMs && !finished.has(log) && lastSeq > (positions.get(log) ?? 0n),
  );
}

/** The vector after reading: `reached` says how far, of the logs that were read; the others stand as before. */
export function advanced(
  vector: ChangeVector,
  states: readonly LogState[],
  reached: ReadonlyMap<number, bigint>,
  atMs: number,
): ChangeVector {
  const positions = new Map<number, bigint>();
  const finished = new Set<number>();
  for (const { log, head, current } of states) {
    const at = reached.get(log) ?? vector.positions.get(log) ?? (vector.finished.has(log) ? head : 0n);
    if (at === head && !current) finished.add(log);
    else if (at > 0n) positions.set(log, at);
  }
  return { atMs, beganMs: vector.beganMs, positions, finished };
}

/** As JSON: the instant, [log, seq] pairs flattened with seq as text, ranges of finished logs flattened as first, last, and the beginning. */
export type PackedVector = readonly [number, readonly (number | string)[], readonly number[], number];

export function packVector({ atMs, beganMs, positions, finished }: ChangeVector): PackedVector {
  const ranges: number[] = [];
  for (const log of [...finished].sort((left, right) => left - right)) {
    if (ranges.at(-1) === log - 1) ranges[ranges.length - 1] = log;
    else ranges.push(log, log);
  }
  return [atMs, [...positions].flatMap(([log, seq]) => [log, seq.toString()]), ranges, beganMs];
}

/** Null for anything that `packVector` did not make. */
export function unpackVector(packed: unknown): ChangeVector | null {
  if (!Array.isArray(packed)) return null;
  const [atMs, pairs, ranges, beganMs] = packed as readonly unknown[];
  if (typeof atMs !== 'number' || typeof beganMs !== 'number' || !Array.isArray(pairs) || !Array.isArray(ranges))
    return null;
  const positions = new Map<number, bigint>();
  for (let at = 0; at < pairs.length; at += 2) {
    const [log, seq] = [pairs[at], pairs[at + 1]] as readonly unknown[];
    if (typeof log !== 'number' || typeof seq !== 'string' || !/^\d{1,19}$/.test(seq)) return null;
    positions.set(log, BigInt(seq));
  }
  const finished = new Set<number>();
  for (let at = 0; at < ranges.length; at += 2) {
    const [first, last] = [ranges[at], ranges[at + 1]] as readonly unknown[];
    if (typeof first !== 'number' || typeof last !== 'number') return null;
    for (let log = first; log <= last; log++) finished.add(log);
  }
  return { atMs, beganMs, positions, finished };
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
