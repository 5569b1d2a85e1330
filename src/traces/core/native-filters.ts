/** Filters of the native trace queries as plain data: what each field may be, and what it may not. */
import { spellings } from '../../kernel/repository-name.js';
import { serviceSpellings } from './catalogue.js';

/** `trace_type` is `system` or `data`, as in ListTraces: the member `event_type` of a trace. */
export const FILTER_NAMES = [
  'project_id',
  'service_type',
  'resource_type',
  'resource_name',
  'resource_id',
  'trace_name',
  'trace_rating',
  'user',
  'access_key_id',
  'enterprise_project_id',
  'trace_type',
  'trace_id',
  'source_ip',
  'read_only',
  'verdict',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

/** A value, or whatever begins with it. */
export interface ValueMatch {
  readonly value: string;
  readonly prefix: boolean;
}

/** Any of `any` (where there are some) and none of `none`. A trace without the field matches no value and no prefix. */
export interface FieldFilter {
  readonly any: readonly ValueMatch[];
  readonly none: readonly ValueMatch[];
}

export type TraceFilters = Readonly<Partial<Record<FilterName, FieldFilter>>>;

/** Matches with every spelling under which the same thing may be stored. */
export interface Alternatives {
  readonly values: readonly string[];
  readonly prefixes: readonly string[];
}

/** Service types in any case of letters (prefixes are compared so by the store), repository names with any separator. */
export function alternatives(name: FilterName, matches: readonly ValueMatch[]): Alternatives {
  const spelled = (prefix: boolean): string[] => [
    ...new Set(matches.filter((match) => match.prefix === prefix).flatMap(({ value }) => spell(name, value, prefix))),
  ];
  return { values: spelled(false), prefixes: spelled(true) };
}

function spell(name: FilterName, value: string, prefix: boolean): string[] {
  if (name === 'resource_name') return spellings(value);
  return name === 'service_type' && !prefix ? serviceSpellings(value) : [value];
}

/** The same text for the same filters, in whatever order and spelling of the query they came. */
export function canonicalFilters(filters: TraceFilters): string {
  const canonical = (matches: readonly ValueMatch[]): string[] =>
    matches.map(({ value, prefix }) => `${prefix ? 'p' : 'v'}${value}`).sort();
  return JSON.stringify(
    FILTER_NAMES.flatMap((name) => {
      const filter = filters[name];
      return filter === undefined ? [] : [[name, canonical(filter.any), canonical(filter.none)]];
    }),
  );
}
