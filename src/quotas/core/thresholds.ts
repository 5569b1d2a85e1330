/** Which threshold of its limit a counter has reached, and whether somebody is to be told (design §8, docs/quotas.md). */
import { UNLIMITED } from './definition.js';

/** What is kept of a counter between two looks. */
export interface ThresholdMark {
  /** The highest threshold that counts as reached, in percent; 0 none. It is not told again before use has fallen well below it. */
  readonly reached: number;
  /** The last one that was told, and when in epoch ms; 0 and null where none ever was. */
  readonly told: number;
  readonly toldAt: number | null;
}

export const UNMARKED: ThresholdMark = { reached: 0, told: 0, toldAt: null };

export interface ThresholdRules {
  /** Percent of the limit, ascending. */
  readonly thresholds: readonly number[];
  /** Percentage points below a threshold at which it can be reached anew. */
  readonly hysteresis: number;
  /** For so long after a threshold was told, neither it nor a lower one is told again. */
  readonly cooldownMs: number;
}

/** How the counter stands: what is used and reserved, and the limit that holds now (-1 unlimited). */
export interface Filling {
  readonly taken: number;
  readonly limit: number;
}

/** `crossed`: to be told, once; of several reached at once the highest. `rearmed`: only kept. */
export type ThresholdStep =
  | { readonly kind: 'same' }
  | { readonly kind: 'rearmed'; readonly mark: ThresholdMark }
  | { readonly kind: 'crossed'; readonly threshold: number; readonly mark: ThresholdMark };

/** Taking the mark of a step makes the next step `same`, unless use, limit or time moves on. */
export function stepThreshold(
  filling: Filling,
  mark: ThresholdMark,
  { thresholds, hysteresis, cooldownMs }: ThresholdRules,
  nowMs: number,
): ThresholdStep {
  const highest = highestOf(thresholds, filling, 0);
  if (highest > mark.reached) {
    const isCooling = mark.toldAt !== null && nowMs - mark.toldAt < cooldownMs && highest <= mark.told;
    // Not kept either: what is still reached when it is over is told then.
    if (isCooling) return { kind: 'same' };
    return { kind: 'crossed', threshold: highest, mark: { reached: highest, told: highest, toldAt: nowMs } };
  }
  const held = Math.max(highest, highestOf([...thresholds, mark.reached], filling, hysteresis, mark.reached));
  return held < mark.reached ? { kind: 'rearmed', mark: { ...mark, reached: held } } : { kind: 'same' };
}

/** The highest threshold, up to `most`, that is reached when as many percentage points more were taken; 0 where none is. */
function highestOf(thresholds: readonly number[], { taken, limit }: Filling, points: number, most = Infinity): number {
  // Nothing fills up where there is no limit; and where nothing is allowed, something is too much.
  if (limit === UNLIMITED || taken <= 0) return 0;
  // Exact: both sides are integers below 2⁵³.
  return Math.max(0, ...thresholds.filter((at) => at <= most && taken * 100 >= (at - points) * limit));
}
