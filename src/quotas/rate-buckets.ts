/** Rate quotas kept in the memory of one process: bounded, whoever calls. */
import { type RateDecision, type RateLimit, takeRate } from './core/gcra.js';

export class RateBuckets {
  /** Theoretical arrival times by key, the longest untouched first. */
  private readonly states = new Map<string, number>();

  /** @param most keys remembered; beyond, the longest untouched is forgotten, as if it had been silent */
  constructor(private readonly most: number) {}

  take(key: string, rate: RateLimit, nowMs: number): RateDecision {
    const decision = takeRate(rate, this.states.get(key) ?? null, nowMs);
    // Deleted first, so that it goes to the end.
    this.states.delete(key);
    this.states.set(key, decision.next);
    if (this.states.size > this.most) {
      const [oldest] = this.states.keys();
      if (oldest !== undefined) this.states.delete(oldest);
    }
    return decision;
  }

  get size(): number {
    return this.states.size;
  }
}
