/** Says of a parameter nobody knows what was most likely meant: another name, or how this query language says it. */
import { nearest } from '../platform/http/nearest.js';
import { FILTER_NAMES } from './core/native-filters.js';

const FILTERS: readonly string[] = FILTER_NAMES;

/** Names that other APIs have for the same thing, too far from ours to be found by their letters. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  user_name: 'user',
  username: 'user',
  event_type: 'trace_type',
  event_name: 'trace_name',
  event_id: 'trace_id',
  start: 'from',
  start_time: 'from',
  since: 'from',
  after: 'from',
  end: 'to',
  end_time: 'to',
  until: 'to',
  before: 'to',
  ip: 'source_ip',
  q: 'text',
  query: 'text',
  search: 'text',
  sort: 'order',
  size: 'limit',
  page_size: 'limit',
  count: 'total',
  marker: 'cursor',
  next: 'cursor',
  offset: 'cursor',
  page: 'cursor',
  account_id: 'domain_id',
};

const LEADING = /^[^A-Za-z0-9_]+/;
const TRAILING = /(?:[^A-Za-z0-9_].*|__.*)$/s;
const SAYS_NOT = /!|not|ne\b|<>/i;
const SAYS_BEGINS = /~|\^|like|prefix|start|contains/i;

/** What an unknown parameter is told. */
export function unknownParameter(given: string, known: readonly string[]): string {
  const leading = LEADING.exec(given)?.[0] ?? '';
  const rest = given.slice(leading.length);
  const trailing = TRAILING.exec(rest)?.[0] ?? '';
  const base = rest.slice(0, rest.length - trailing.length);
  const operator = leading + trailing;
  if (operator !== '' && FILTERS.includes(base)) return `"${operator}" is no operator here; ${meant(operator, base)}`;
  if (operator === '-' && known.includes(base)) return `cannot be negated; did you mean ${base}?`;
  if (operator !== '' && known.includes(base)) return `"${operator}" is no operator here; did you mean ${base}=?`;
  const elsewhere = Object.hasOwn(ELSEWHERE, base) ? ELSEWHERE[base] : undefined;
  const similar = elsewhere !== undefined && known.includes(elsewhere) ? elsewhere : nearest(given, known);
  return similar === null ? 'is not known' : `is not known; did you mean ${similar}?`;
}

function meant(operator: string, name: string): string {
  if (SAYS_NOT.test(operator)) return `did you mean -${name}=…?`;
  if (SAYS_BEGINS.test(operator)) return `did you mean ${name}=value*?`;
  return `there are ${name}=value, ${name}=value* and -${name}=value`;
}
