/**
 * Remembers the signatures that were used while they are good, so that none is good twice. In the memory of one process, and
 * bounded: what was used at another replica, or forgotten because there were too many, can be used again.
 */
import type { Clock } from '../kernel/clock.js';

export class ReplayCache {
  /** Signature to when it ends (epoch ms), in the order of use. */
  private readonly used = new Map<string, number>();

  /** @param most 0: nothing is remembered, and every use is a first one */
  constructor(
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  /** False where it was used before. */
  use(signature: string, goodUntil: number): boolean {
    if (this.most === 0) return true;
    const now = this.clock.now();
    const known = this.used.get(signature);
    if (known !== undefined && known >= now) return false;
    this.used.delete(signature);
    this.used.set(signature, goodUntil);
    this.forget(now);
    return true;
  }

  private forget(now: number): void {
    for (const [signature, goodUntil] of this.used) {
      if (this.used.size <= this.most && goodUntil >= now) return;
      this.used.delete(signature);
    }
  }
}
