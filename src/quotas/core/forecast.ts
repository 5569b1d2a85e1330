/**
 * When a quota will be full, if it goes on growing as in the last days: the Theil–Sen estimator over samples of the usage, the median
 * of the slopes between any two of them. A burst, e.g. a registry that moved in within an hour, hardly moves a median, where a line
 * of least squares would follow it.
 */
import { UNLIMITED } from './definition.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const FORECAST_WINDOW_MS = 7 * DAY_MS;
const SAMPLE_MS = 6 * HOUR_MS;
/** Fewer changes, or less time, tell nothing of a trend. */
const LEAST_CHANGES = 4;
const LEAST_SPAN_MS = DAY_MS;
/** What would be full later than this is not worth a date. */
const FARTHEST_MS = 365 * DAY_MS;

/** A change of the usage; several of one time may be summed into one. */
export interface UsageStep {
  /** Epoch ms. */
  readonly at: number;
  readonly delta: number;
  /** How many changes were summed. */
  readonly changes: number;
}

export interface ForecastQuestion {
  /** In any order; those outside the window are ignored. */
  readonly steps: readonly UsageStep[];
  readonly used: number;
  readonly reserved: number;
  /** -1 unlimited. */
  readonly limit: number;
  readonly nowMs: number;
}

/** Epoch ms; null where it does not grow, is unlimited or full already, has too little history, or more than a year left. */
export function forecastFullAt({ steps, used, reserved, limit, nowMs }: ForecastQuestion): number | null {
  const left = limit - used - reserved;
  if (limit === UNLIMITED || left <= 0) return null;
  const recent = steps.filter(({ at }) => at > nowMs - FORECAST_WINDOW_MS && at <= nowMs);
  if (recent.reduce((sum, { changes }) => sum + changes, 0) < LEAST_CHANGES) return null;
  const begin = Math.min(...recent.map(({ at }) => at));
  if (nowMs - begin < LEAST_SPAN_MS) return null;
  const perMs = theilSenSlope(samplesOf(recent, used, begin, nowMs));
  if (perMs <= 0) return null;
  const inMs = left / perMs;
  return inMs > FARTHEST_MS ? null : Math.ceil(nowMs + inMs);
}

interface Sample {
  readonly at: number;
  readonly used: number;
}

/** What was used every six hours, back from now to where the history begins: what is used now, without what came since. */
function samplesOf(steps: readonly UsageStep[], used: number, begin: number, nowMs: number): Sample[] {
  const newestFirst = [...steps].sort((left, right) => right.at - left.at);
  const samples: Sample[] = [];
  let next = 0;
  let then = used;
  for (let at = nowMs; at >= begin; at -= SAMPLE_MS) {
    for (; next < newestFirst.length; next++) {
      const step = newestFirst[next];
      if (step === undefined || step.at <= at) break;
      then -= step.delta;
    }
    samples.push({ at, used: then });
  }
  return samples;
}

/** Units per millisecond; 0 for fewer than two samples. */
function theilSenSlope(samples: readonly Sample[]): number {
  const slopes: number[] = [];
  samples.forEach((later, index) => {
    for (const earlier of samples.slice(index + 1)) slopes.push((later.used - earlier.used) / (later.at - earlier.at));
  });
  if (slopes.length === 0) return 0;
  slopes.sort((left, right) => left - right);
  const middle = slopes.length >> 1;
  const upper = slopes[middle] ?? 0;
  return slopes.length % 2 === 1 ? upper : (upper + (slopes[middle - 1] ?? 0)) / 2;
}
