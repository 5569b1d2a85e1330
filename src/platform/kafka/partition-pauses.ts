/** Partitions that are held back for a while, with the timers that let them go on, and how often each has failed in a row. */
import { backoffDelayMs, type BackoffBounds } from '../../kernel/backoff.js';

/** What `setTimeout` can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class PartitionPauses {
  private readonly timers = new Map<number, NodeJS.Timeout>();
  private readonly failures = new Map<number, number>();

  constructor(private readonly backoff: BackoffBounds) {}

  /** Calls `resume` after `delayMs`. The timer does not keep the process alive. */
  hold(partition: number, delayMs: number, resume: () => void): void {
    clearTimeout(this.timers.get(partition));
    const timer = setTimeout(
      () => {
        this.timers.delete(partition);
        resume();
      },
      Math.min(Math.max(delayMs, 0), MAX_TIMER_MS),
    );
    timer.unref();
    this.timers.set(partition, timer);
  }

  /** How long to hold a partition whose handler has failed once more, and the count of failures in a row. */
  failed(partition: number): { delayMs: number; failures: number } {
    const failures = (this.failures.get(partition) ?? 0) + 1;
    this.failures.set(partition, failures);
    return { delayMs: backoffDelayMs(failures - 1, this.backoff, Math.random()), failures };
  }

  succeeded(partition: number): void {
    this.failures.delete(partition);
  }

  /** Nothing is resumed any more. */
  cancelAll(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
