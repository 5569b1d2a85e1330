/** The wire form of coverage (contracts.md, Ingest): 64-bit numbers are strings. */
import type { CoverageRow } from './ingest-log.store.js';

const FATES = ['stored', 'duplicate', 'dead_lettered', 'filtered', 'absent', 'evicted'] as const;
type Fate = (typeof FATES)[number];

export interface WireLog extends Record<Fate, string> {
  log: number;
  topic: string;
  partition: number;
  incarnation: number;
  first_offset: string;
  next_offset: string;
  lag: string;
  by_reason: Record<string, string>;
  current: boolean;
}

export interface WireCoverage {
  logs: WireLog[];
  total: Record<Fate, string> & { offsets: string; lag: string; by_reason: Record<string, string>; balanced: boolean };
}

export function renderCoverage(rows: readonly CoverageRow[]): WireCoverage {
  const logs = rows.map(renderLog);
  const offsets = sum(rows, (row) => BigInt(row.next_offset) - BigInt(row.first_offset));
  const fates = Object.fromEntries(FATES.map((fate) => [fate, sum(rows, (row) => BigInt(row[fate]))])) as Record<
    Fate,
    bigint
  >;
  const accounted = Object.values(fates).reduce((left, right) => left + right, 0n);
  const total = Object.fromEntries(FATES.map((fate) => [fate, String(fates[fate])])) as Record<Fate, string>;
  return {
    logs,
    total: {
      offsets: String(offsets),
      ...total,
      lag: String(sum(rows, lagOf)),
      by_reason: addReasons(rows),
      balanced: accounted === offsets,
    },
  };
}

function renderLog(row: CoverageRow): WireLog {
  const { log, topic, partition, incarnation, first_offset, next_offset, current } = row;
  const fates = Object.fromEntries(FATES.map((fate) => [fate, row[fate]])) as Record<Fate, string>;
  return {
    log,
    topic,
    partition,
    incarnation,
    first_offset,
    next_offset,
    ...fates,
    lag: String(lagOf(row)),
    by_reason: Object.fromEntries(Object.entries(row.by_reason).map(([reason, count]) => [reason, String(count)])),
    current,
  };
}

/** A log that was replaced has nothing left to read. */
function lagOf(row: CoverageRow): bigint {
  const lag = BigInt(row.high_watermark) - BigInt(row.next_offset);
  return row.current && lag > 0n ? lag : 0n;
}

function addReasons(rows: readonly CoverageRow[]): Record<string, string> {
  const reasons = new Map<string, bigint>();
  for (const row of rows)
    for (const [reason, count] of Object.entries(row.by_reason))
      reasons.set(reason, (reasons.get(reason) ?? 0n) + BigInt(count));
  return Object.fromEntries(
    [...reasons].sort(([left], [right]) => (left < right ? -1 : 1)).map(([reason, count]) => [reason, String(count)]),
  );
}

function sum(rows: readonly CoverageRow[], of: (row: CoverageRow) => bigint): bigint {
  return rows.reduce((total, row) => total + of(row), 0n);
}
