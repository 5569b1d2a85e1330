/**
 * A text for a JSON value that does not depend on white space, key order or escapes: equal values, equal texts, and only they. Numbers are
 * doubles, but integers beyond 2^53 are compared by their digits.
 */
import { isInexact } from './json-value.js';
import { MAX_NESTING } from './trace-fields.js';
import { wellFormed } from './well-formed.js';

/** A string or a number, to tell the digits of a number from those inside a string. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Null where `text` nests too deeply to be compared as a value. */
export function canonicalJson(text: string, value: unknown): string | null {
  const writer = new CanonicalWriter();
  if (!writer.write(value, MAX_NESTING + 1)) return null;
  return writer.inexact ? `${writer.text}#${longNumbers(text)}` : writer.text;
}

/** Strings are length-prefixed, not quoted: as unambiguous, and faster. */
class CanonicalWriter {
  text = '';
  inexact = false;

  /** False when the value is nested deeper than `depth`. */
  write(value: unknown, depth: number): boolean {
    if (typeof value === 'string') this.string(value);
    else if (typeof value === 'number') this.number(value);
    else if (typeof value !== 'object' || value === null)
      this.text += value === null ? 'N' : value === true ? 'T' : 'F';
    else if (depth === 0) return false;
    else return Array.isArray(value) ? this.array(value, depth - 1) : this.object(value, depth - 1);
    return true;
  }

  private string(value: string): void {
    const text = wellFormed(value);
    this.text += `${String(text.length)}:${text}`;
  }

  private number(value: number): void {
    if (isInexact(value)) this.inexact = true;
    this.text += `=${String(value)};`;
  }

  private array(items: readonly unknown[], depth: number): boolean {
    this.text += '[';
    for (const item of items) if (!this.write(item, depth)) return false;
    this.text += ']';
    return true;
  }

  private object(value: object, depth: number): boolean {
    const members = value as Readonly<Record<string, unknown>>;
    this.text += '{';
    for (const key of Object.keys(value).sort()) {
      this.string(key);
      if (!this.write(members[key], depth)) return false;
    }
    this.text += '}';
    return true;
  }
}

/** Doubles make neighbours of large integers equal; their digits, in an order that key order cannot change, keep them apart. */
function longNumbers(text: string): string {
  const numbers = text.match(STRING_OR_NUMBER) ?? [];
  return numbers
    .filter((token) => !token.startsWith('"') && isInexact(Number(token)))
    .sort()
    .join(',');
}
