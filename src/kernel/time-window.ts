/** Instants as callers write them, and the window of time that a query covers. */
import type { Problem } from './errors.js';

/** Half-open, in epoch ms. Empty when `toMs` is not beyond `fromMs`. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export function isEmptyWindow({ fromMs, toMs }: TimeWindow): boolean {
  return fromMs >= toMs;
}

export interface TimeWindowRule {
  /** Start of what is kept: now − retention. An earlier `from` is clamped to it, not refused. */
  readonly oldestMs: number;
  readonly defaultFromMs: number;
  readonly defaultToMs: number;
  /** Whether the caller's bounds themselves belong to the window: CTS excludes both, the native API includes `from`. */
  readonly bounds: 'exclusive' | 'from-inclusive';
}

export type TimeWindowResult =
  { readonly ok: true; readonly window: TimeWindow } | { readonly ok: false; readonly problems: readonly Problem[] };

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Epoch ms (an integer) or RFC 3339 to epoch ms; null for anything else and for instants before 1970. */
export function parseInstant(text: string): number | null {
  if (!/^\d+$/.test(text)) return parseRfc3339(text);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** RFC 3339 §5.6 to epoch ms, digits beyond the millisecond dropped. */
export function parseRfc3339(text: string): number | null {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = match;
  const offset = offsetMinutes(sign, offsetHour, offsetMinute);
  const utc = calendarMs([year, month, day, hour, minute, second].map(Number), offset);
  return utc === null ? null : utc + Number(fraction.padEnd(3, '0').slice(0, 3));
}

/** Minutes east of UTC; NaN where hours or minutes are out of range. */
export function offsetMinutes(
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
): number {
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return NaN;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Epoch ms of a calendar date [year, month, day, hour, minute, second] at an offset; null where there is no such date or it is before 1970. */
export function calendarMs(parts: readonly number[], offset: number): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && !leap ? 28 : (DAYS_IN_MONTH[month - 1] ?? 0);
  // A leap second (:60) is legal RFC 3339; it becomes the second after it.
  if (year < 1969 || day < 1 || day > days || hour > 23 || minute > 59 || second > 60 || Number.isNaN(offset))
    return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute - offset, second);
  return ms < 0 ? null : ms;
}

/** The window that `from` and `to` mean under `rule`; every problem at once, with `query.` before the parameter's name. */
export function timeWindow(
  input: { from?: string | undefined; to?: string | undefined },
  rule: TimeWindowRule,
): TimeWindowResult {
  const problems: Problem[] = [];
  const read = (name: 'from' | 'to', fallback: number): number => {
    const text = input[name];
    if (text === undefined || text === '') return fallback;
    const instant = parseInstant(text);
    if (instant === null)
      problems.push({ path: `query.${name}`, message: 'must be epoch milliseconds or an RFC 3339 instant' });
    return instant ?? fallback;
  };
  const from = read('from', rule.defaultFromMs);
  const to = read('to', rule.defaultToMs);
  if (problems.length === 0 && input.from && input.to && from >= to) {
    problems.push({ path: 'query.from', message: 'must be before to' });
  }
  if (problems.length > 0) return { ok: false, problems };
  const first = rule.bounds === 'exclusive' && input.from ? from + 1 : from;
  const fromMs = Math.max(first, rule.oldestMs);
  return { ok: true, window: { fromMs, toMs: Math.max(to, fromMs) } };
}
