/** Strings that UTF-8 can carry. JSON escapes may spell half a surrogate pair; Postgres refuses it. */
import { MAX_NESTING } from './trace-fields.js';

declare global {
  /** ES2024, in Node since 20.0; our `lib` is ES2023. */
  interface String {
    isWellFormed(): boolean;
    toWellFormed(): string;
  }
}

/** `text` with each lone surrogate replaced by U+FFFD. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** A copy of a JSON value with every string and key well-formed; what lies deeper than `MAX_NESTING` stays, since it is refused anyway. */
export function wellFormedJson(value: unknown, depth = MAX_NESTING + 2): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => wellFormedJson(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [wellFormed(key), wellFormedJson(item, depth - 1)]),
  );
}
