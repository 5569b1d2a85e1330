/** Negative, 0 or positive: order of UTF-16 units, the same on every machine, as of `sort()` without an argument. */
export function compareText(left: string, right: string): number {
  // Equality first: it is found without looking at each unit, and keys that share their first parts are compared most.
  return left === right ? 0 : left < right ? -1 : 1;
}
