/** Names and bounds of the day partitions: one per table and UTC day, so that a name tells the whole range. */
import { DAY_MS } from '../kernel/clock.js';

/** The tables partitioned by day, each with the column that decides. */
export const DAY_PARTITIONED = {
  traces: 'record_time',
  dead_letters: 'received_at',
  trace_rollups: 'hour',
} as const;

export type DayPartitionedTable = keyof typeof DAY_PARTITIONED;

export const DAY_PARTITIONED_TABLES = Object.keys(DAY_PARTITIONED) as DayPartitionedTable[];

/** `attached`: in use. `detaching`: a detach was begun and not finished. `detached`: a table by itself, to be dropped. */
export type PartitionState = 'attached' | 'detaching' | 'detached';

/** Half-open, in epoch ms. */
export interface DayPartition {
  readonly name: string;
  readonly table: DayPartitionedTable;
  readonly fromMs: number;
  readonly toMs: number;
}

const NAME = /^([a-z_]+)_(\d{4})(\d\d)(\d\d)$/;

/** The names as a regular expression of Postgres. */
export const PARTITION_NAME_PATTERN = `^(${DAY_PARTITIONED_TABLES.join('|')})_[0-9]{8}$`;

export function dayPartition(table: DayPartitionedTable, ms: number): DayPartition {
  const fromMs = startOfDay(ms);
  const name = `${table}_${isoDay(fromMs).replaceAll('-', '')}`;
  return { name, table, fromMs, toMs: fromMs + DAY_MS };
}

/** The partition a table name stands for; null for names of any other form, also for days that do not exist. */
export function parsePartitionName(name: string): DayPartition | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [, table, year, month, day] = match;
  const fromMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const found = DAY_PARTITIONED_TABLES.find((candidate) => candidate === table);
  if (found === undefined || Number.isNaN(fromMs)) return null;
  const partition = dayPartition(found, fromMs);
  return partition.name === name ? partition : null;
}

/** Starts of all days that touch `[fromMs, toMs]`, oldest first. */
export function daysOf(fromMs: number, toMs: number): number[] {
  const days: number[] = [];
  for (let day = startOfDay(fromMs); day <= toMs; day += DAY_MS) days.push(day);
  return days;
}

export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** A bound as Postgres reads it the same way in any time zone. */
export function boundLiteral(ms: number): string {
  return `'${isoDay(ms)} 00:00:00+00'`;
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
