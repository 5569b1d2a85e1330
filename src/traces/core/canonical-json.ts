/**
 * A text for a JSON value that does not depend on white space, key order or escapes: equal values, equal texts, and only they. Numbers are
 * doubles, but integers beyond 2^53 are compared by their digits.
 */
import { isInexact } from './json-value.js';
import { MAX_NESTING } from './trace-fields.js';
import { wellFormed } from './well-formed.js';

/** A string or a number, to tell the digits of a number from those inside a string. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** By length, what {@link lengthPrefixed} begins with. */
const PREFIXES = Array.from({ length: 512 }, (_, length) => `${String(length)}:`);
/** Up to here insertion is faster than the call of `sort`. */
const FEW_KEYS = 16;

/** Null where `text` nests too deeply to be compared as a value. */
export function canonicalJson(text: string, value: unknown): string | null {
  const found: Found = { inexact: false, tooDeep: false };
  const canonical = write(value, MAX_NESTING + 1, found);
  if (found.tooDeep) return null;
  return found.inexact ? `${canonical}#${longNumbers(text)}` : canonical;
}

interface Found {
  inexact: boolean;
  tooDeep: boolean;
}

/** Strings are length-prefixed, not quoted: as unambiguous, and faster. Recursion ends at `depth`. */
function write(value: unknown, depth: number, found: Found): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') {
    if (isInexact(value)) found.inexact = true;
    return `=${String(value)};`;
  }
  if (typeof value !== 'object' || value === null) return value === null ? 'N' : value === true ? 'T' : 'F';
  if (depth === 0) {
    found.tooDeep = true;
    return '';
  }
  let parts = '';
  if (Array.isArray(value)) {
    for (const item of value) parts += write(item, depth - 1, found);
    return `[${parts}]`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const key of sortedKeys(members)) parts += writeString(key) + write(members[key], depth - 1, found);
  return `{${parts}}`;
}

function writeString(value: string): string {
  return lengthPrefixed(wellFormed(value));
}

/** `length:text`. Most lengths are written so often that they are kept. */
export function lengthPrefixed(text: string): string {
  return (PREFIXES[text.length] ?? `${String(text.length)}:`) + text;
}

/** In the order of `sort()`, which is made for long lists: nearly all objects are short. */
function sortedKeys(members: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.keys(members);
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let sorted = 1; sorted < keys.length; sorted++) {
    const key = keys[sorted] ?? '';
    let at = sorted;
    for (; at > 0; at--) {
      const before = keys[at - 1] ?? '';
      if (before < key) break;
      keys[at] = before;
    }
    keys[at] = key;
  }
  return keys;
}

/** Doubles make neighbours of large integers equal; their digits, in an order that key order cannot change, keep them apart. */
function longNumbers(text: string): string {
  const numbers = text.match(STRING_OR_NUMBER) ?? [];
  return numbers
    .filter((token) => !token.startsWith('"') && isInexact(Number(token)))
    .sort()
    .join(',');
}
