/** Finds the known name somebody most likely meant. */

/** Longer input is no typing mistake, and comparing costs its length. */
const MOST_LENGTH = 64;

/** The nearest of `known` by Levenshtein distance, or null when none is near enough to be meant. */
export function nearest(given: string, known: readonly string[]): string | null {
  if (given.length > MOST_LENGTH) return null;
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(given.length / 2)) + 1;
  for (const candidate of known) {
    const distance = levenshtein(given.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Least number of single-character insertions, deletions and replacements that turn `a` into `b`. */
export function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
