/** Rate quotas: the generic cell rate algorithm, a bucket of `burst` that refills evenly over a window (domain/quota.md §6.9). */

export interface RateLimit {
  /** Operations in each window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Operations that may come at once after a silence; at least 1. */
  readonly burst: number;
}

/**
 * `remaining`: operations that may follow at once. `retryAfterMs`: until the amount is allowed, 0 when allowed. `resetMs`: until the
 * whole burst is there again. `next`: the state to keep, the theoretical arrival time in epoch ms.
 */
export interface RateDecision {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number;
  readonly resetMs: number;
  readonly next: number;
}

/** Forgives what division left over; a part of the interval. */
export const RATE_ROUNDING = 1e-9;

/** Milliseconds in which one operation comes back. */
export function rateInterval({ limit, windowMs }: RateLimit): number {
  return windowMs / limit;
}

/**
 * A state is never more than one burst ahead, unless the clock went back or the rate was changed. Beyond two it is not believed
 * any more, so that nobody is kept out for as long as the clock went back; up to there a clock that is corrected a little gives nothing away.
 */
export const BURSTS_BELIEVED = 2;

function isAstray(state: number, nowMs: number, tolerance: number): boolean {
  return state - nowMs > BURSTS_BELIEVED * tolerance;
}

/**
 * @param state what the last decision said to keep; null at first
 * @param amount operations asked for at once, all or none; more than the burst are never allowed
 */
export function takeRate(rate: RateLimit, state: number | null, nowMs: number, amount = 1): RateDecision {
  const interval = rateInterval(rate);
  const tolerance = interval * rate.burst;
  const arrival = state === null || isAstray(state, nowMs, tolerance) ? nowMs : Math.max(state, nowMs);
  const next = arrival + interval * amount;
  const allowed = next - nowMs <= tolerance + interval * RATE_ROUNDING;
  return {
    ...rateStanding(rate, allowed ? next : arrival, nowMs),
    allowed,
    retryAfterMs: allowed ? 0 : Math.ceil(next - nowMs - tolerance),
  };
}

/** How a rate quota stands whose state was kept by somebody else. */
export function rateStanding(
  rate: RateLimit,
  state: number,
  nowMs: number,
): Pick<RateDecision, 'remaining' | 'resetMs' | 'next'> {
  const interval = rateInterval(rate);
  const ahead = Math.max(0, state - nowMs);
  return {
    remaining: Math.max(0, Math.floor((interval * rate.burst - ahead) / interval + RATE_ROUNDING)),
    resetMs: Math.ceil(ahead),
    next: state,
  };
}
