/** What can be said of a parsed JSON value before it is kept as text. */
import { MAX_NESTING } from './trace-fields.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** `inexact`: holds a number that a double cannot hold, so the parsed value must not replace the sender's text. */
export type JsonTrait = 'plain' | 'inexact' | 'too_deep';

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** CTS senders write an unknown member as null or '' as often as they leave it out. */
export function isMissing(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === '';
}

/** The value of JSON text, or undefined where it is not JSON. (JSON has no undefined.) */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for an integer beyond 2^53 and for a number beyond the range of a double. Fractions are doubles to everybody. */
export function isInexact(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
}

/** Recursion ends at `depth`, whatever the sender nested. */
export function inspectJson(value: unknown, depth = MAX_NESTING): JsonTrait {
  if (typeof value === 'number') return isInexact(value) ? 'inexact' : 'plain';
  if (typeof value !== 'object' || value === null) return 'plain';
  if (depth === 0) return 'too_deep';
  let trait: JsonTrait = 'plain';
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const found = inspectJson(item, depth - 1);
    if (found === 'too_deep') return found;
    if (found === 'inexact') trait = found;
  }
  return trait;
}

/** Whether a NUL stands in any string or key. Only for values that are not `too_deep`. */
export function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsNul);
  return Object.entries(value).some(([key, item]) => key.includes('\0') || holdsNul(item));
}
