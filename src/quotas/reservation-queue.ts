/**
 * Lets reservations that come together be answered together. While a batch works on a group of counters, others for it wait here and
 * go with the next batch: they would only wait for the same row's lock, which the first holds through its commit (design §8).
 */
import { AppError } from '../kernel/errors.js';
import { classifyDatabaseError } from '../platform/database/database-error.js';
import type { ReservationAsk, ReserveOutcome } from './reservation.js';

export interface QueueBounds {
  /** Batches at the same time, each on a connection of its own. */
  readonly atOnce: number;
  readonly batchSize: number;
  /** More than these are turned away: they would only time out. */
  readonly waiting: number;
}

export const DEFAULT_QUEUE_BOUNDS: QueueBounds = { atOnce: 4, batchSize: 256, waiting: 5_000 };

interface Waiter {
  readonly ask: ReservationAsk;
  /** Names of the groups it needs; two asks that share one are never in different batches at the same time. */
  readonly groups: readonly string[];
  readonly resolve: (outcome: ReserveOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class ReservationQueue {
  private waiters: Waiter[] = [];
  private readonly busy = new Set<string>();
  private running = 0;
  private scheduled = false;

  constructor(
    private readonly run: (asks: readonly ReservationAsk[]) => Promise<ReserveOutcome[]>,
    private readonly bounds: QueueBounds = DEFAULT_QUEUE_BOUNDS,
  ) {}

  /** Throws `QST.Unavailable` when too many wait, and what its batch throws. */
  add(ask: ReservationAsk): Promise<ReserveOutcome> {
    if (this.waiters.length >= this.bounds.waiting)
      return Promise.reject(new AppError('QST.Unavailable', 'Too many reservations are waiting. Try again later.'));
    return new Promise((resolve, reject) => {
      const groups = [...new Set(ask.items.map(({ quotaKey }) => `${ask.domainId}\0${quotaKey}`))];
      this.waiters.push({ ask, groups, resolve, reject });
      this.schedule();
    });
  }

  /** After what is being read from the sockets right now, so that what came together goes together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.start();
    });
  }

  private start(): void {
    while (this.running < this.bounds.atOnce) {
      const batch = this.take();
      if (batch.length === 0) return;
      void this.serve(batch);
    }
  }

  /** In order; whoever must wait for a busy group also keeps those behind it for any group it needs. */
  private take(): Waiter[] {
    const batch: Waiter[] = [];
    const left: Waiter[] = [];
    const blocked = new Set<string>();
    for (const waiter of this.waiters) {
      const waits =
        batch.length >= this.bounds.batchSize ||
        waiter.groups.some((group) => this.busy.has(group) || blocked.has(group));
      if (waits) {
        left.push(waiter);
        for (const group of waiter.groups) blocked.add(group);
      } else batch.push(waiter);
    }
    this.waiters = left;
    return batch;
  }

  private async serve(batch: readonly Waiter[]): Promise<void> {
    const groups = new Set(batch.flatMap((waiter) => waiter.groups));
    for (const group of groups) this.busy.add(group);
    this.running += 1;
    try {
      await this.answer(batch);
    } finally {
      this.running -= 1;
      for (const group of groups) this.busy.delete(group);
      this.start();
    }
  }

  /** What one ask of a batch broke must not fail the others: they are then answered one by one. */
  private async answer(batch: readonly Waiter[]): Promise<void> {
    try {
      const outcomes = await this.run(batch.map(({ ask }) => ask));
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new Error('a reservation was not answered'));
        else resolve(outcome);
      });
    } catch (error) {
      if (batch.length > 1 && classifyDatabaseError(error) !== 'outage')
        for (const waiter of batch) await this.answer([waiter]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
