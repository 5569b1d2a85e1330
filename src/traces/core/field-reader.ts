/**
 * Reads the members of one event with their types and limits, and remembers the first fault. The caller hands in each value with
 * its name: engines are faster at members whose names are spelled out than at names that vary.
 */
import { inspectJson, isMissing } from './json-value.js';
import { type BodyField, TEXT_LIMITS, type TextField } from './trace-fields.js';
import { parseTraceTime } from './trace-time.js';
import { wellFormed } from './well-formed.js';

/** No field is shorter: most texts need no look-up. */
const LEAST_LIMIT = 64;

export class FieldReader {
  private firstFault: string | null = null;

  /**
   * @param rawText the text of a member's value in the record
   * @param mayHoldNul whether the record spells a NUL anywhere
   */
  constructor(
    private readonly rawText: (name: string) => string,
    private readonly mayHoldNul: boolean,
  ) {}

  /** `field is wrong`, or null while everything read was right. */
  get fault(): string | null {
    return this.firstFault;
  }

  /** Remembers a fault unless there is one already. */
  fail(field: string, problem: string): null {
    this.firstFault ??= `${field} ${problem}`;
    return null;
  }

  /** The value of a field that may stand in JSON inside a string, where strings need not be well-formed. */
  checkedText(field: TextField, value: unknown): string | null {
    const text = this.text(field, value);
    return text === null ? null : wellFormed(text);
  }

  /** Null when missing or faulty. */
  text(field: TextField, value: unknown): string | null {
    if (isMissing(value)) return null;
    if (typeof value !== 'string') return this.fail(field, 'is not a string');
    if (this.mayHoldNul && value.includes('\0')) return this.fail(field, 'holds a NUL character');
    return value.length <= LEAST_LIMIT || isWithin(value, TEXT_LIMITS[field])
      ? value
      : this.fail(field, `is longer than ${String(TEXT_LIMITS[field])} characters`);
  }

  /** HTTP status: a string in the API, a number in files and pushes. */
  code(value: unknown): string | null {
    if (typeof value !== 'number') return this.text('code', value);
    return Number.isFinite(value) ? String(value) : this.fail('code', 'is out of range');
  }

  body(field: BodyField, value: unknown): string | null {
    if (isMissing(value)) return null;
    if (typeof value === 'string') {
      return this.mayHoldNul && value.includes('\0') ? this.fail(field, 'holds a NUL character') : value;
    }
    return typeof value === 'object'
      ? this.jsonText(field, value)
      : this.fail(field, 'is neither text, an object nor an array');
  }

  /** JSON text of a member: the sender's own where a parsed number would lose digits. */
  jsonText(field: string, value: unknown, name = field): string | null {
    const trait = inspectJson(value);
    if (trait === 'too_deep') return this.fail(name, 'is nested too deeply');
    return trait === 'inexact' ? this.rawText(field) : JSON.stringify(value);
  }

  boolean(field: 'read_only', value: unknown): boolean | null {
    if (isMissing(value)) return null;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    return this.fail(field, 'is not a boolean');
  }

  number(field: 'content_length' | 'total_time', value: unknown): number | null {
    if (isMissing(value)) return null;
    const number = typeof value === 'string' ? decimal(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) return this.fail(field, 'is not a number');
    if (field === 'content_length' && !Number.isSafeInteger(number)) return this.fail(field, 'is not an integer');
    return number;
  }

  time(field: 'time' | 'record_time', value: unknown): number | null {
    if (isMissing(value)) return null;
    return parseTraceTime(value) ?? this.fail(field, 'is not a time in a known form');
  }
}

/** The code points are counted only where the UTF-16 units do not settle it. */
function isWithin(text: string, limit: number): boolean {
  return text.length <= limit || (text.length <= 2 * limit && Array.from(text).length <= limit);
}

function decimal(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}
