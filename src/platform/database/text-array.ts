/** Writes array parameters: the driver's own way looks twice through each element for what it must escape. */

const SPECIAL = /["\\]/;

/** The array literal of one text of each item, none of them null. */
export function textArray<T>(items: readonly T[], textOf: (item: T) => string): string {
  let literal = '{';
  for (const item of items) {
    const text = textOf(item);
    literal += literal.length === 1 ? '"' : ',"';
    literal += SPECIAL.test(text) ? text.replace(/["\\]/g, '\\$&') : text;
    literal += '"';
  }
  return `${literal}}`;
}

/** The array literal of one integer of each item. */
export function integerArray<T>(items: readonly T[], integerOf: (item: T) => number): string {
  let literal = '{';
  for (const item of items) literal += `${literal.length === 1 ? '' : ','}${String(integerOf(item))}`;
  return `${literal}}`;
}
