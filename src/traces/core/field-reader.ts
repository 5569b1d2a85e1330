/** Reads the members of one event with their types and limits, and remembers the first fault. */
import { inspectJson, isMissing, type JsonObject } from './json-value.js';
import { type BodyField, TEXT_LIMITS, type TextField } from './trace-fields.js';
import { parseTraceTime } from './trace-time.js';
import { wellFormed } from './well-formed.js';

export class FieldReader {
  private firstFault: string | null = null;

  /**
   * @param event its own strings are well-formed; those that stand as JSON inside them need not be
   * @param rawText the text of a member's value in the record
   * @param mayHoldNul whether the record spells a NUL anywhere
   */
  constructor(
    private readonly event: JsonObject,
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

  text(field: TextField): string | null {
    return this.check(field, this.event[field]);
  }

  /** The value of a field that stands elsewhere than at the top of the event. Null when missing or faulty. */
  checkedText(field: TextField, value: unknown): string | null {
    const text = this.check(field, value);
    return text === null ? null : wellFormed(text);
  }

  private check(field: TextField, value: unknown): string | null {
    if (isMissing(value)) return null;
    if (typeof value !== 'string') return this.fail(field, 'is not a string');
    if (this.mayHoldNul && value.includes('\0')) return this.fail(field, 'holds a NUL character');
    const limit = TEXT_LIMITS[field];
    // The code points are counted only where the UTF-16 units do not settle it.
    if (value.length > limit && (value.length > 2 * limit || Array.from(value).length > limit)) {
      return this.fail(field, `is longer than ${String(limit)} characters`);
    }
    return value;
  }

  /** HTTP status: a string in the API, a number in files and pushes. */
  code(): string | null {
    const value = this.event['code'];
    if (typeof value !== 'number') return this.text('code');
    return Number.isFinite(value) ? String(value) : this.fail('code', 'is out of range');
  }

  body(field: BodyField): string | null {
    const value = this.event[field];
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

  boolean(field: 'read_only'): boolean | null {
    const value = this.event[field];
    if (isMissing(value)) return null;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    return this.fail(field, 'is not a boolean');
  }

  number(field: 'content_length' | 'total_time'): number | null {
    const value = this.event[field];
    if (isMissing(value)) return null;
    const number = typeof value === 'string' ? decimal(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) return this.fail(field, 'is not a number');
    if (field === 'content_length' && !Number.isSafeInteger(number)) return this.fail(field, 'is not an integer');
    return number;
  }

  time(field: 'time' | 'record_time'): number | null {
    const value = this.event[field];
    if (isMissing(value)) return null;
    return parseTraceTime(value) ?? this.fail(field, 'is not a time in a known form');
  }
}

function decimal(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}
