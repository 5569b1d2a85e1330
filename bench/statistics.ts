/** The few statistics that a handful of rounds allows: no mean, since one disturbed round would move it. */

/** The middle value; of an even number of values, half way between the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Smallest value that a share of `part` of them does not exceed (nearest rank). NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** To `digits` significant digits, so that a report does not claim what three rounds cannot know. */
export function significant(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
