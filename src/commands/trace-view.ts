/** How traces and their statistics look on a terminal. */
import { z } from 'zod';
import { bar, type Cell, printable, type Style, table } from './terminal.js';

/** What the views read of a trace; the rest is shown by `show`. */
export const traceSchema = z.looseObject({
  trace_id: z.string(),
  record_time: z.number(),
  trace_name: z.string().optional(),
  trace_rating: z.string().optional(),
  service_type: z.string().optional(),
  resource_type: z.string().optional(),
  resource_name: z.string().optional(),
  source_ip: z.string().optional(),
  user: z.looseObject({ name: z.string().optional() }).optional(),
});
export type ShownTrace = z.infer<typeof traceSchema>;

export const statsSchema = z.object({
  field: z.string(),
  interval_ms: z.number(),
  buckets: z.array(
    z.object({
      start: z.number(),
      count: z.number(),
      values: z.array(z.object({ value: z.string().nullable(), count: z.number() })),
    }),
  ),
});
export type ShownStats = z.infer<typeof statsSchema>;

const RESOURCE_WIDTH = 48;
const BAR_WIDTH = 40;
/** Values of a bucket that are named beside its bar. */
const NAMED_VALUES = 3;

export function traceLines(traces: readonly ShownTrace[], style: Style): string[] {
  return table(traces.map((trace) => traceRow(trace, style)));
}

function traceRow(trace: ShownTrace, style: Style): Cell[] {
  const rating = trace.trace_rating ?? '';
  const shownRating = rating === 'incident' ? style.red : rating === 'warning' ? style.yellow : style.dim;
  return [
    { text: instant(trace.record_time), show: style.dim },
    { text: rating, show: shownRating },
    { text: `${trace.service_type ?? ''} ${trace.trace_name ?? ''}`, show: style.bold },
    { text: shortened(trace.resource_name ?? '-') },
    { text: trace.user?.name ?? '-' },
    { text: trace.source_ip ?? '' },
    { text: trace.trace_id, show: style.dim },
  ];
}

/** Every member of one trace; bodies that are JSON are laid out. */
export function traceDetails(trace: Readonly<Record<string, unknown>>, style: Style): string[] {
  const width = Math.max(...Object.keys(trace).map((name) => name.length));
  return Object.entries(trace).flatMap(([name, value]) => {
    const [first = '', ...rest] = layOut(name, value).split('\n').map(printable);
    const indent = ' '.repeat(width + 2);
    return [`${style.bold(name.padEnd(width))}  ${first}`, ...rest.map((line) => indent + line)];
  });
}

function layOut(name: string, value: unknown): string {
  if ((name === 'time' || name === 'record_time') && typeof value === 'number')
    return `${String(value)}  ${instant(value)}`;
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? JSON.stringify(parsed, null, 2) : value;
  } catch {
    return value;
  }
}

/** One line a bucket, newest last: start, count, bar, and the values that make most of it. Empty ends are left out. */
export function statsLines(stats: ShownStats, style: Style): string[] {
  const filled = (bucket: { count: number }): boolean => bucket.count > 0;
  const buckets = stats.buckets.slice(stats.buckets.findIndex(filled), stats.buckets.findLastIndex(filled) + 1);
  const most = Math.max(0, ...buckets.map(({ count }) => count));
  return table(
    buckets.map(({ start, count, values }) => {
      const named = values.slice(0, NAMED_VALUES).map(({ value, count: own }) => `${value ?? '(none)'} ${String(own)}`);
      return [
        { text: instant(start).slice(0, 16), show: style.dim },
        { text: String(count).padStart(String(most).length) },
        { text: bar(count, most, BAR_WIDTH), show: style.bold },
        { text: named.join(', '), show: style.dim },
      ];
    }),
  );
}

/** In UTC, as the traces' own times are. */
function instant(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('T', ' ').replace('Z', '');
}

function shortened(text: string): string {
  return text.length <= RESOURCE_WIDTH ? text : `${text.slice(0, RESOURCE_WIDTH - 1)}…`;
}
