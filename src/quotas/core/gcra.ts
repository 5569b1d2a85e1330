/** Rate quotas: the generic cell rate algorithm, a bucket of `burst` that refills evenly over a window (domain/quota.md §6.9). */

export interface RateLimit {
  /** Operations in each window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Operations that may come at once after a silence; at least 1. */
  readonly burst: number;
}

/**
 * `remaining`: operations that may follow at once. `retryAfterMs`: until one is allowed, 0 when allowed. `resetMs`: until the whole
 * burst is there again. `next`: the state to keep, the theoretical arrival time in epoch ms.
 */
export interface RateDecision {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number;
  readonly resetMs: number;
  readonly next: number;
}

const ROUNDING = 1e-9;

/** @param state what the last decision said to keep; null at first */
export function takeRate({ limit, windowMs, burst }: RateLimit, state: number | null, nowMs: number): RateDecision {
  const interval = windowMs / limit;
  const tolerance = interval * burst;
  const arrival = Math.max(state ?? nowMs, nowMs);
  const next = arrival + interval;
  // Forgives what division left over.
  const allowed = next - nowMs <= tolerance + interval * ROUNDING;
  const kept = allowed ? next : arrival;
  return {
    allowed,
    remaining: Math.max(0, Math.floor((tolerance - (kept - nowMs)) / interval + ROUNDING)),
    retryAfterMs: allowed ? 0 : Math.ceil(next - nowMs - tolerance),
    resetMs: Math.ceil(kept - nowMs),
    next: kept,
  };
}
