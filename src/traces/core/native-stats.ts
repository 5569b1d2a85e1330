/** Statistics over traces as plain data: intervals, which counts serve which question, and buckets from counted groups. */
import { HOUR_MS } from '../../kernel/clock.js';
import type { TimeWindow } from '../../kernel/time-window.js';
import type { FilterName } from './native-filters.js';
import type { TraceSelection } from './native-query.js';

export const STATS_FIELDS = ['service_type', 'resource_type', 'trace_name', 'trace_rating', 'user'] as const;
export type StatsField = (typeof STATS_FIELDS)[number];

/** Traces of one value in one bucket. `value` is null where the traces have none. */
export interface CountedGroup {
  readonly bucketMs: number;
  readonly value: string | null;
  readonly count: number;
}

export interface StatsBucket {
  /** Epoch ms, a multiple of the interval. */
  readonly start: number;
  readonly count: number;
  /** Most frequent first. Traces without the field are in `count` only. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

const INTERVAL = /^([1-9]\d{0,3})(h|d)$/;
const MOST_INTERVAL_HOURS = 90 * 24;

/** `1h`, `6h`, `1d` … to ms: whole hours, at most 90 days; null for anything else. */
export function parseInterval(text: string): number | null {
  const match = INTERVAL.exec(text);
  if (match === null) return null;
  const hours = Number(match[1]) * (match[2] === 'd' ? 24 : 1);
  return hours <= MOST_INTERVAL_HOURS ? hours * HOUR_MS : null;
}

/** What the hourly counts are kept by; none are kept by user. */
const DIMENSIONS: ReadonlySet<string> = new Set([
  'project_id',
  'trace_type',
  'service_type',
  'resource_type',
  'trace_name',
  'trace_rating',
] satisfies FilterName[]);

/** Whether the hourly counts have all the dimensions asked for; else only the rows can answer. */
export function isRolledUp(field: StatsField, { filters, text }: TraceSelection): boolean {
  return DIMENSIONS.has(field) && text === null && Object.keys(filters).every((name) => DIMENSIONS.has(name));
}

/** The whole hours inside a window, and what stands before and after them. */
export interface HourSplit {
  readonly head: TimeWindow;
  readonly hours: TimeWindow;
  readonly tail: TimeWindow;
}

export function splitHours({ fromMs, toMs }: TimeWindow): HourSplit {
  const first = Math.min(Math.ceil(fromMs / HOUR_MS) * HOUR_MS, toMs);
  const last = Math.max(Math.floor(toMs / HOUR_MS) * HOUR_MS, first);
  return {
    head: { fromMs, toMs: first },
    hours: { fromMs: first, toMs: last },
    tail: { fromMs: last, toMs: Math.max(toMs, last) },
  };
}

/** Every bucket that touches the window, also those without a trace; each with its `most` most frequent values. */
export function buckets(
  groups: Iterable<CountedGroup>,
  { fromMs, toMs }: TimeWindow,
  intervalMs: number,
  most: number,
): StatsBucket[] {
  const found = new Map<number, { count: number; values: { value: string; count: number }[] }>();
  const bucket = (start: number) => {
    let known = found.get(start);
    if (known === undefined) found.set(start, (known = { count: 0, values: [] }));
    return known;
  };
  for (let start = Math.floor(fromMs / intervalMs) * intervalMs; start < toMs; start += intervalMs) bucket(start);
  for (const { bucketMs, value, count } of groups) {
    const target = bucket(bucketMs);
    target.count += count;
    if (value !== null && count > 0) target.values.push({ value, count });
  }
  return [...found]
    .sort(([left], [right]) => left - right)
    .map(([start, { count, values }]) => ({ start, count, values: values.sort(byFrequency).slice(0, most) }));
}

function byFrequency(left: { value: string; count: number }, right: { value: string; count: number }): number {
  return right.count - left.count || (left.value < right.value ? -1 : left.value > right.value ? 1 : 0);
}
