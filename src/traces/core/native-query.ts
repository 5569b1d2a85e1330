/**
 * The parameters of the native trace queries (contracts.md "Traces (native)"), read from raw query values: filters with
 * several values, prefixes and negation, the time window and the text. Every problem is told at once, with what was meant.
 */
import type { Problem } from '../../kernel/errors.js';
import { parseInstant } from '../../kernel/time-window.js';
import {
  type FieldFilter,
  FILTER_NAMES,
  type FilterName,
  type TraceFilters,
  type ValueMatch,
} from './native-filters.js';

/** What a query string holds: a value, several where the name was repeated. */
export type RawParameters = Readonly<Record<string, unknown>>;

/** Which traces are meant. Bounds are null where the caller named none. */
export interface TraceSelection {
  /** Inclusive, epoch ms. */
  readonly fromMs: number | null;
  /** Exclusive, epoch ms. */
  readonly toMs: number | null;
  readonly filters: TraceFilters;
  readonly text: string | null;
  /** Whose traces; null: the caller's own. */
  readonly domainId: string | null;
}

/** Parameters that every native query of traces takes; each filter may stand a second time behind a `-`. */
export const SELECTION_PARAMETERS: readonly string[] = [
  'from',
  'to',
  ...FILTER_NAMES.flatMap((name) => [name, `-${name}`]),
  'text',
  'domain_id',
];

/** Together over all repetitions of one filter. */
const MOST_VALUES = 100;
const MOST_LENGTH = 1_024;
/** Filters whose values are a closed set; a prefix of one means nothing. */
const CLOSED_VALUES: Partial<Record<FilterName, readonly string[]>> = {
  trace_type: ['system', 'data'],
  read_only: ['true', 'false'],
};

/** Reads raw parameters one by one and keeps what is wrong with any of them. */
export class ParameterReader {
  readonly problems: Problem[] = [];

  /**
   * @param known every parameter the query takes
   * @param unknown what any other is told, e.g. the nearest known one
   */
  constructor(
    private readonly raw: RawParameters,
    known: readonly string[],
    unknown: (name: string, known: readonly string[]) => string,
  ) {
    for (const name of Object.keys(raw)) if (!known.includes(name)) this.fail(name, unknown(name, known));
  }

  fail(name: string, message: string): void {
    this.problems.push({ path: name, message });
  }

  /** The value of a parameter that may stand once; null where it is absent or empty. */
  single(name: string): string | null {
    const [first, ...rest] = this.texts(name);
    if (rest.length > 0) this.fail(name, 'may be given only once');
    return first === undefined || first === '' ? null : first;
  }

  /** One of `choices`, else `fallback`. */
  choice<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const text = this.single(name);
    if (text === null) return fallback;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.fail(name, `must be ${choices.join(' or ')}`);
    return found ?? fallback;
  }

  integer(name: string, least: number, most: number, fallback: number): number {
    const text = this.single(name);
    if (text === null) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    this.fail(name, `must be an integer from ${least} to ${most}`);
    return fallback;
  }

  instant(name: string): number | null {
    const text = this.single(name);
    if (text === null) return null;
    const instant = parseInstant(text);
    // Beyond the range of a timestamp nothing is stored, and the database would refuse it.
    if (instant !== null && instant <= MOST_INSTANT) return instant;
    this.fail(name, 'must be epoch milliseconds or an RFC 3339 instant, e.g. 2026-03-10T12:00:00Z');
    return null;
  }

  /** Comma-separated or repeated names, each of `known`; null where there are none. */
  names(name: string, known: readonly string[], unknown: (given: string) => string): string[] | null {
    const names = [...new Set(this.texts(name).flatMap((text) => text.split(',')))].filter((text) => text !== '');
    for (const given of names) if (!known.includes(given)) this.fail(name, unknown(given));
    return names.length === 0 ? null : names;
  }

  /** The matches of one filter, from all its repetitions. */
  matches(parameter: string, name: FilterName): ValueMatch[] {
    const found = new Map<string, ValueMatch>();
    for (const text of this.texts(parameter)) {
      for (const piece of splitValues(text)) {
        const match = this.match(parameter, name, piece);
        if (match !== null) found.set(`${match.prefix ? 'p' : 'v'}${match.value}`, match);
      }
    }
    if (found.size > MOST_VALUES) this.fail(parameter, `takes at most ${MOST_VALUES} values`);
    return [...found.values()];
  }

  private match(parameter: string, name: FilterName, piece: Piece): ValueMatch | null {
    const closed = CLOSED_VALUES[name];
    if (piece.innerStar) {
      this.fail(parameter, '"*" stands only at the end of a value; text= finds what is inside, \\* is a plain star');
      return null;
    }
    if (closed !== undefined && (piece.prefix || !closed.includes(piece.value))) {
      this.fail(parameter, `must be ${closed.join(' or ')}`);
      return null;
    }
    // The empty project is a project: of traces that name none.
    if (piece.value === '' && !piece.prefix && name !== 'project_id') {
      this.fail(parameter, 'has an empty value; "*" means any, and its negation none');
      return null;
    }
    return { value: piece.value, prefix: piece.prefix };
  }

  private texts(name: string): string[] {
    const value = this.raw[name];
    const texts = (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
    return texts.filter((text) => {
      if (text.includes('\0')) this.fail(name, 'must not contain a NUL character');
      else if (text.length > MOST_LENGTH * 8) this.fail(name, 'is too long');
      else return true;
      return false;
    });
  }
}

/** Year 9999. */
const MOST_INSTANT = 253_402_300_799_999;

/** Which traces the parameters mean. Problems are left in the reader. */
export function readSelection(reader: ParameterReader): TraceSelection {
  const fromMs = reader.instant('from');
  const toMs = reader.instant('to');
  if (fromMs !== null && toMs !== null && fromMs >= toMs) reader.fail('from', 'must be before to');
  const filters: Partial<Record<FilterName, FieldFilter>> = {};
  for (const name of FILTER_NAMES) {
    const filter = { any: reader.matches(name, name), none: reader.matches(`-${name}`, name) };
    if (filter.any.length + filter.none.length > 0) filters[name] = filter;
  }
  return { fromMs, toMs, filters, text: reader.single('text'), domainId: reader.single('domain_id') };
}

/**
 * A text is looked for in every trace that the rest selects, so the rest must select few: a filter that names values, or a
 * window of at most a day.
 */
export function isTextAffordable({ filters, text }: TraceSelection, windowMs: number): boolean {
  const named = Object.values(filters).some(({ any }) => any.length > 0);
  return text === null || named || windowMs <= DAY;
}

const DAY = 86_400_000;

interface Piece {
  readonly value: string;
  readonly prefix: boolean;
  readonly innerStar: boolean;
}

/** `\,` `\*` and `\\` are plain characters; any other backslash is itself. */
export function splitValues(text: string): Piece[] {
  const pieces: Piece[] = [];
  let value = '';
  let stars = 0;
  let endsInStar = false;
  const finish = (): void => {
    pieces.push({ value, prefix: endsInStar, innerStar: stars > (endsInStar ? 1 : 0) });
    value = '';
    stars = 0;
    endsInStar = false;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === ',') {
      finish();
      continue;
    }
    endsInStar = char === '*';
    if (char === '*') stars++;
    else if (char === '\\' && (next === ',' || next === '*' || next === '\\')) {
      value += next;
      at++;
    } else value += char;
  }
  finish();
  return pieces;
}
