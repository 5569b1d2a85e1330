/**
 * The FROM and WHERE of native trace queries. A page of many rows is found by reading index entries in order; where no one
 * index has the wanted rows in order (the whole domain, several values), branches that do are merged, each with the limit
 * (design §5 "Reading"). Customer text is compared as text: nothing here is a pattern.
 */
import { DAY_MS } from '../kernel/clock.js';
import type { TimeWindow } from '../kernel/time-window.js';
import {
  alternatives,
  type Alternatives,
  FILTER_NAMES,
  type FilterName,
  type TraceFilters,
} from './core/native-filters.js';
import { startOfDay } from './day-partition.js';

/** Collects the parameters of one statement. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    return `$${String(this.values.push(value))}`;
  }
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Rows as they stood when the bounds were read: of each log those up to a sequence number, of other logs none. */
export interface LogBounds {
  readonly logs: readonly number[];
  readonly seqs: readonly string[];
}

export interface RowFilter {
  readonly domainId: string;
  readonly window: TimeWindow;
  readonly filters: TraceFilters;
  readonly text: string | null;
  readonly bounds?: LogBounds;
}

export interface RowOrder {
  readonly direction: 'ASC' | 'DESC';
  readonly limit: number;
}

export const COLUMN_OF: Readonly<Record<FilterName, string>> = {
  project_id: 'project_id',
  service_type: 'service_type',
  resource_type: 'resource_type',
  resource_name: 'resource_name',
  resource_id: 'resource_id',
  trace_name: 'trace_name',
  trace_rating: 'trace_rating',
  user: 'user_name',
  access_key_id: 'access_key_id',
  enterprise_project_id: 'enterprise_project_id',
  trace_type: 'event_type',
  trace_id: 'trace_id',
  source_ip: 'source_ip',
  read_only: 'read_only',
  verdict: 'verdict',
};

/** Filters with an index of their own, those with the fewest traces per value first. */
const INDEXED: readonly FilterName[] = [
  'trace_id',
  'resource_id',
  'access_key_id',
  'resource_name',
  'enterprise_project_id',
  'user',
  'trace_rating',
  'resource_type',
  'trace_name',
  'service_type',
  'project_id',
];
/** Values that a partial index leaves out. */
const NOT_INDEXED: Partial<Record<FilterName, string>> = { enterprise_project_id: '0', trace_rating: 'normal' };
/** Planning costs grow with the branches; more values than these are looked for project by project. */
const MOST_BRANCHES = 24;
/** Case folding of all letters, whatever the locale of the database. */
const FOLDING = 'COLLATE "pg_c_utf8"';
const SEARCHED = ['resource_name', 'message', 'request', 'response'];

/** Conditions of the filters, each a text that stands between ANDs. */
export function filterConditions(filters: TraceFilters, parameters: Parameters, except?: FilterName): string[] {
  return FILTER_NAMES.flatMap((name) => {
    const filter = filters[name];
    if (filter === undefined) return [];
    const none = matchCondition(name, alternatives(name, filter.none), parameters);
    const any = name === except ? null : matchCondition(name, alternatives(name, filter.any), parameters);
    return [...(any === null ? [] : [any]), ...(none === null ? [] : [`(${none}) IS NOT TRUE`])];
  });
}

/** Null where there is nothing to match. */
function matchCondition(name: FilterName, { values, prefixes }: Alternatives, parameters: Parameters): string | null {
  const column = COLUMN_OF[name];
  const [only] = values;
  const parts: string[] = [];
  if (name === 'read_only') {
    if (values.length > 0) parts.push(`${column} = ANY(${parameters.add(values.map((v) => v === 'true'))}::boolean[])`);
  } else if (values.length === 1) parts.push(`${column} = ${parameters.add(only)}`);
  else if (values.length > 1) parts.push(`${column} = ANY(${parameters.add(values)}::text[])`);
  for (const prefix of prefixes) parts.push(prefixCondition(name, column, prefix, parameters));
  return parts.length === 0 ? null : parts.length === 1 ? (parts[0] ?? null) : `(${parts.join(' OR ')})`;
}

/** `starts_with` reads the range of an index in "C" collation, and knows no special characters. */
function prefixCondition(name: FilterName, column: string, prefix: string, parameters: Parameters): string {
  if (prefix === '') return `${column} IS NOT NULL`;
  const given = `${parameters.add(prefix)}::text`;
  return name === 'service_type'
    ? `starts_with(lower(${column}), lower(${given}))`
    : `starts_with(${column}, ${given})`;
}

function textCondition(text: string, parameters: Parameters): string {
  const given = parameters.add(text);
  const parts = SEARCHED.map((column) => `strpos(lower(${column} ${FOLDING}), lower(${given}::text ${FOLDING})) > 0`);
  return `(${parts.join(' OR ')})`;
}

/** Everything but which project, and but the positive matches of `except`. `more` may name further conditions. */
function rowConditions(
  row: RowFilter,
  parameters: Parameters,
  except: FilterName | undefined,
  more: readonly string[],
): string[] {
  const conditions = [
    `domain_id = ${parameters.add(row.domainId)}`,
    `record_time >= ${parameters.add(new Date(row.window.fromMs))}`,
    `record_time < ${parameters.add(new Date(row.window.toMs))}`,
    ...more,
    ...filterConditions(row.filters, parameters, except),
  ];
  if (row.bounds !== undefined) {
    const [logs, seqs] = [parameters.add(row.bounds.logs), parameters.add(row.bounds.seqs)];
    conditions.push(`seq <= (${seqs}::bigint[])[array_position(${logs}::int[], log)]`);
  }
  if (row.text !== null) conditions.push(textCondition(row.text, parameters));
  return conditions;
}

/**
 * A FROM item `found` with `columns` of the rows wanted. With an order each branch is limited; the branches together
 * are in no order.
 */
export function rowSource(
  columns: string,
  row: RowFilter,
  parameters: Parameters,
  order?: RowOrder,
  more: readonly string[] = [],
): string {
  const tail = order === undefined ? '' : ` ${orderBy(order)} LIMIT ${String(order.limit)}`;
  const select = (conditions: readonly string[]): string =>
    `SELECT ${columns} FROM traces WHERE ${conditions.join(' AND ')}${tail}`;
  const branching = branchingOf(row.filters);
  if (branching.kind === 'single') return `(${select(rowConditions(row, parameters, undefined, more))}) AS found`;
  if (branching.kind === 'values') {
    const { name, values } = branching;
    const common = rowConditions(row, parameters, name, more);
    const branches = values.map((value) => `(${select([...common, `${COLUMN_OF[name]} = ${parameters.add(value)}`])})`);
    return `(${branches.join(' UNION ALL ')}) AS found`;
  }
  const common = rowConditions(row, parameters, 'project_id', more);
  const projects = projectsSource(row, parameters);
  return `(${projects}) AS project CROSS JOIN LATERAL (${select(['project_id = project.id', ...common])}) AS found`;
}

/** As {@link rowSource} where no order is wanted and most rows are: one scan, whichever is cheapest. */
export function plainSource(columns: string, row: RowFilter, parameters: Parameters): string {
  return `(SELECT ${columns} FROM traces WHERE ${rowConditions(row, parameters, undefined, []).join(' AND ')}) AS found`;
}

export function orderBy({ direction }: Pick<RowOrder, 'direction'>): string {
  return `ORDER BY record_time ${direction}, trace_id ${direction}`;
}

type Branching =
  | { readonly kind: 'single' }
  | { readonly kind: 'values'; readonly name: FilterName; readonly values: readonly string[] }
  | { readonly kind: 'projects' };

/** One value of an indexed column has its rows in order; several make as many branches; else each project is one. */
function branchingOf(filters: TraceFilters): Branching {
  let best: Extract<Branching, { kind: 'values' }> | null = null;
  for (const name of INDEXED) {
    const { values, prefixes } = alternatives(name, filters[name]?.any ?? []);
    const left = NOT_INDEXED[name];
    if (values.length === 0 || prefixes.length > 0 || (left !== undefined && values.includes(left))) continue;
    if (values.length === 1) return { kind: 'single' };
    if (values.length <= MOST_BRANCHES && values.length < (best?.values.length ?? Infinity))
      best = { kind: 'values', name, values };
  }
  return best ?? { kind: 'projects' };
}

/**
 * The domain's projects as `id`, from the entries of the project index themselves: hopping from one to the next costs a
 * probe of each day per project, misses none whether registered or not, and is of the same instant as the rows.
 */
function projectsSource({ domainId, window, filters }: RowFilter, parameters: Parameters): string {
  const filter = filters.project_id;
  const { values, prefixes } = alternatives('project_id', filter?.any ?? []);
  if (values.length > 0 && prefixes.length === 0) return `SELECT unnest(${parameters.add(values)}::text[]) AS id`;
  // Bounds of whole days: they choose partitions, and every entry of those will do.
  const within = `domain_id = ${parameters.add(domainId)}
    AND record_time >= ${parameters.add(new Date(startOfDay(window.fromMs)))}
    AND record_time < ${parameters.add(new Date(startOfDay(window.toMs - 1) + DAY_MS))}`;
  const next = (condition: string): string =>
    `SELECT project_id FROM traces WHERE ${within}${condition} ORDER BY project_id LIMIT 1`;
  const any = matchCondition('project_id', { values, prefixes }, parameters);
  return `WITH RECURSIVE known(project_id) AS (
      (${next('')})
      UNION ALL
      SELECT (${next(' AND project_id > known.project_id')}) FROM known WHERE known.project_id IS NOT NULL)
    SELECT project_id AS id FROM known WHERE project_id IS NOT NULL${any === null ? '' : ` AND ${any}`}`;
}
