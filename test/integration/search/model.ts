/** Search and statistics again, naively over an array: what the answers of the service are compared with. */
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';

export interface ModelTrace {
  readonly id: string;
  readonly at: number;
  readonly project_id: string;
  readonly service_type: string;
  readonly resource_type: string;
  readonly resource_name: string | null;
  readonly resource_id: string | null;
  readonly trace_name: string;
  readonly trace_rating: string;
  readonly user: string | null;
  readonly access_key_id: string | null;
  readonly enterprise_project_id: string | null;
  readonly trace_type: string;
  readonly source_ip: string | null;
  readonly read_only: boolean | null;
  readonly request: string | null;
}

type Filterable = Exclude<keyof ModelTrace, 'id' | 'at' | 'request'>;

interface ModelMatch {
  readonly value: string;
  readonly prefix: boolean;
}

export interface ModelFilter {
  readonly field: Filterable;
  readonly negated: boolean;
  readonly matches: readonly ModelMatch[];
}

export interface ModelQuery {
  readonly filters: readonly ModelFilter[];
  readonly from: number | null;
  readonly to: number | null;
  readonly text: string | null;
}

/** A full hour some hours ago: times stand close around it, so that equal ones and boundaries are frequent. */
export const HOUR = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * HOUR_MS;
const TIMES = [
  0,
  0,
  0,
  1,
  2,
  -1,
  HOUR_MS,
  HOUR_MS - 1,
  HOUR_MS + 1,
  -HOUR_MS,
  -DAY_MS,
  -DAY_MS + 1,
  -3 * DAY_MS,
  600_000,
];

const VALUES = {
  project_id: ['', 'p1', 'p1', 'p2', 'q'],
  service_type: ['SWR', 'swr', 'IAM', 'Own'],
  resource_type: ['t1', 't2'],
  resource_name: ['a/b', 'a$b', 'a%24b', 'a_b', '100%', 'Émile', null],
  resource_id: ['r1', 'r2', null],
  trace_name: ['createRepo', 'deleteRepo', 'delete_x'],
  trace_rating: ['normal', 'normal', 'warning'],
  user: ['ann', 'Ann', 'bo,b', 'st*r', 'ba\\ck', null],
  access_key_id: ['AK1', 'AK2', null, null],
  enterprise_project_id: ['0', '0', 'ep1', null],
  trace_type: ['system', 'system', 'data'],
  source_ip: ['10.0.0.1', '10.0.1.1', null],
} as const;
const PREFIXES: Partial<Record<Filterable, readonly string[]>> = {
  project_id: ['p', ''],
  service_type: ['s', 'SW', 'i'],
  resource_name: ['a/', 'a', 'a$', '1', '100%', 'É', ''],
  trace_name: ['delete', 'delete_', 'x'],
  user: ['a', 'bo,', 'st*', ''],
  source_ip: ['10.0.', '10.0.1'],
  access_key_id: ['', 'AK'],
};

const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

export const traceArbitrary: fc.Arbitrary<ModelTrace> = fc.record({
  id: oneOf(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']),
  at: oneOf(TIMES).map((offset) => HOUR + offset),
  project_id: oneOf(VALUES.project_id),
  service_type: oneOf(VALUES.service_type),
  resource_type: oneOf(VALUES.resource_type),
  resource_name: oneOf(VALUES.resource_name),
  resource_id: oneOf(VALUES.resource_id),
  trace_name: oneOf(VALUES.trace_name),
  trace_rating: oneOf(VALUES.trace_rating),
  user: oneOf(VALUES.user),
  access_key_id: oneOf(VALUES.access_key_id),
  enterprise_project_id: oneOf(VALUES.enterprise_project_id),
  trace_type: oneOf(VALUES.trace_type),
  source_ip: oneOf(VALUES.source_ip),
  read_only: oneOf([true, false, null]),
  request: oneOf(['{"image":"Nginx_1"}', 'straße 50%', null]),
});

const filterArbitrary: fc.Arbitrary<ModelFilter> = oneOf([...Object.keys(VALUES), 'read_only'] as Filterable[]).chain(
  (field) => {
    const values: readonly (string | null)[] = field === 'read_only' ? ['true', 'false'] : VALUES[field];
    const value = oneOf(values.filter((item) => item !== null)).map((item) => ({ value: item, prefix: false }));
    const prefixes = PREFIXES[field];
    const match: fc.Arbitrary<ModelMatch> =
      prefixes === undefined
        ? value
        : fc.oneof(
            { weight: 3, arbitrary: value },
            { weight: 1, arbitrary: oneOf(prefixes).map((item) => ({ value: item, prefix: true })) },
          );
    return fc.record({
      field: fc.constant(field),
      negated: oneOf([false, false, true]),
      matches: fc.array(match, { minLength: 1, maxLength: 3 }),
    });
  },
);

export const queryArbitrary: fc.Arbitrary<ModelQuery> = fc
  .record({
    filters: fc.uniqueArray(filterArbitrary, {
      maxLength: 3,
      selector: ({ field, negated }) => `${String(negated)} ${field}`,
    }),
    from: fc.option(oneOf([-2 * DAY_MS, -1, 0, 1, 600_000]), { freq: 2 }),
    to: fc.option(oneOf([1, 2, HOUR_MS, HOUR_MS + 1, 600_000]), { freq: 1 }),
    text: fc.option(oneOf(['nginx_', 'STRASSE', 'STRAßE', '0%', 'A/', 'éMILE']), { freq: 6 }),
  })
  .map(({ filters, from, to, text }) => {
    const bounded = from !== null && to !== null && from >= to ? null : to;
    // A text alone is refused in a wide window.
    const narrowed = text !== null && (from === null || from < -DAY_MS / 2) ? -HOUR_MS : from;
    return {
      filters,
      from: narrowed === null ? null : HOUR + narrowed,
      to: bounded === null ? null : HOUR + bounded,
      text,
    };
  });

export function matches(query: ModelQuery, trace: ModelTrace): boolean {
  if (query.from !== null && trace.at < query.from) return false;
  if (query.to !== null && trace.at >= query.to) return false;
  const { text } = query;
  if (
    text !== null &&
    ![trace.resource_name, trace.request].some((body) => body?.toLowerCase().includes(text.toLowerCase()))
  )
    return false;
  return query.filters.every(({ field, negated, matches: wanted }) => {
    const value = trace[field];
    const met = value !== null && wanted.some((match) => meets(field, String(value), match));
    return met !== negated;
  });
}

function meets(field: Filterable, value: string, { value: wanted, prefix }: ModelMatch): boolean {
  const same = (text: string): string => {
    if (field === 'service_type') return text.toLowerCase();
    return field === 'resource_name' ? text.replace(/%24|\$/g, '/') : text;
  };
  return prefix ? same(value).startsWith(same(wanted)) : same(value) === same(wanted);
}

/** Newest first, in the form in which tests name a trace. */
export function found(query: ModelQuery, traces: readonly ModelTrace[]): string[] {
  return traces
    .filter((trace) => matches(query, trace))
    .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
    .map(keyOf);
}

export function keyOf({ id, at }: Pick<ModelTrace, 'id' | 'at'>): string {
  return `${String(at)} ${id}`;
}

/** `start value` to its count, with `start` alone for all of the bucket; buckets without a trace are absent. */
export function counted(
  query: ModelQuery,
  traces: readonly ModelTrace[],
  field: 'service_type' | 'resource_type' | 'trace_name' | 'trace_rating' | 'user',
  intervalMs: number,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const trace of traces.filter((candidate) => matches(query, candidate))) {
    const start = String(Math.floor(trace.at / intervalMs) * intervalMs);
    const value = trace[field];
    for (const key of value === null ? [start] : [start, `${start} ${value}`]) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The parameters that say the query. */
export function parametersOf({ filters, from, to, text }: ModelQuery): Record<string, string> {
  const escaped = (value: string): string => value.replace(/[\\,*]/g, '\\$&');
  const said = filters.map(({ field, negated, matches: wanted }) => [
    `${negated ? '-' : ''}${field}`,
    wanted.map(({ value, prefix }) => `${escaped(value)}${prefix ? '*' : ''}`).join(','),
  ]);
  return {
    ...(Object.fromEntries(said) as Record<string, string>),
    ...(from === null ? {} : { from: String(from) }),
    ...(to === null ? {} : { to: new Date(to).toISOString() }),
    ...(text === null ? {} : { text }),
  };
}

/** The event that is stored as the trace. */
export function eventOf(trace: ModelTrace, domainId: string): Record<string, unknown> {
  const { id, at, user, access_key_id: accessKey, trace_type: eventType, ...rest } = trace;
  return {
    ...rest,
    trace_id: id,
    record_time: at,
    time: at,
    domain_id: domainId,
    event_type: eventType,
    trace_type: 'ApiCall',
    user: { id: 'u', ...(user !== null && { name: user }), ...(accessKey !== null && { access_key_id: accessKey }) },
  };
}
