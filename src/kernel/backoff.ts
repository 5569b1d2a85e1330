/** Growing waits with jitter. Pure: the caller brings the randomness and does the waiting. */

export interface BackoffBounds {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Delay before retry number `attempt` (from 0) in ms: doubles from `baseMs` up to `maxMs`; the upper half of it is left to chance.
 *
 * @param random 0 ≤ random < 1
 */
export function backoffDelayMs(attempt: number, { baseMs, maxMs }: BackoffBounds, random: number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + random / 2));
}
