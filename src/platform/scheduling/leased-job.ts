/** One job on its schedule in this process: keeps its lease while it can, and runs the job when due while it holds it. */
import { Logger } from '@nestjs/common';
import { JobAborted, type JobDescriptor } from './job.js';
import type { JobMetrics, RunOutcome } from './job-metrics.js';
import type { Lease, LeaseStore } from './lease.store.js';

export interface JobTiming {
  /** How long a lease lasts unless renewed: the time after which another process takes over from one that died. */
  readonly leaseMs: number;
  /** How long a stop waits for the run in hand before it aborts it, and once more after that. */
  readonly stopWaitMs: number;
}

/** Three beats in a lease: one may fail without the lease being lost. */
const BEATS_PER_LEASE = 3;
const BEATS_PER_INTERVAL = 4;

export class LeasedJob {
  /** Milliseconds between two looks at the lease and the schedule. */
  readonly beatMs: number;
  private readonly logger: Logger;
  private lease: Lease | null = null;
  /** Until when the lease is surely ours, by this process's monotonic clock. */
  private leaseSureUntil = 0;
  private nextRunAt = 0;
  private beating: Promise<void> | null = null;
  private run: { readonly ended: Promise<void>; readonly abort: AbortController } | null = null;
  private stopping = false;

  constructor(
    private readonly descriptor: JobDescriptor,
    private readonly holder: string,
    private readonly leases: LeaseStore,
    private readonly metrics: JobMetrics,
    private readonly timing: JobTiming,
  ) {
    this.logger = new Logger(`Job ${descriptor.name}`);
    this.beatMs = Math.ceil(Math.min(timing.leaseMs / BEATS_PER_LEASE, descriptor.intervalMs / BEATS_PER_INTERVAL));
    metrics.leaseHeld(descriptor.name, false);
  }

  /** Called every {@link beatMs}; never throws. A beat that still waits for the database is not joined by a second one. */
  beat(): void {
    if (this.stopping) return;
    this.beating ??= this.keepLease()
      .then(() => {
        this.runIfDue();
      })
      .finally(() => {
        this.beating = null;
      });
  }

  /** Starts no further run, waits for the one in hand as long as allowed, and gives the lease back. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.beating;
    if (this.run !== null && !(await settlesWithin(this.run.ended, this.timing.stopWaitMs))) {
      this.run.abort.abort(new JobAborted('stopping'));
      // A run that ignores its signal keeps the lease until it ends by itself: nobody may overlap with it.
      if (!(await settlesWithin(this.run.ended, this.timing.stopWaitMs))) return;
    }
    const lease = this.lease;
    this.lose();
    if (lease !== null) await this.leases.release(lease).catch((error: unknown) => this.leaseError(error));
  }

  private async keepLease(): Promise<void> {
    const askedAt = performance.now();
    try {
      if (this.lease === null) await this.take();
      else if (!(await this.leases.renew(this.lease, this.timing.leaseMs))) this.lose();
      if (this.lease !== null) this.leaseSureUntil = askedAt + this.timing.leaseMs;
    } catch (error) {
      this.leaseError(error);
      if (performance.now() >= this.leaseSureUntil) this.lose();
    }
  }

  private async take(): Promise<void> {
    this.lease = await this.leases.acquire(this.descriptor.name, this.holder, this.timing.leaseMs);
    if (this.lease === null) return;
    this.metrics.leaseHeld(this.descriptor.name, true);
    const now = performance.now();
    this.nextRunAt = this.descriptor.runAtStart === true ? now : now + this.descriptor.intervalMs;
  }

  private lose(): void {
    if (this.lease === null) return;
    this.lease = null;
    this.metrics.leaseHeld(this.descriptor.name, false);
    if (!this.stopping) this.run?.abort.abort(new JobAborted('lease_lost'));
  }

  private runIfDue(): void {
    const now = performance.now();
    if (this.stopping || this.lease === null || this.run !== null || now < this.nextRunAt) return;
    this.nextRunAt = now + this.descriptor.intervalMs;
    const abort = new AbortController();
    const ended = this.runOnce(abort).finally(() => {
      this.run = null;
    });
    this.run = { ended, abort };
  }

  private async runOnce(abort: AbortController): Promise<void> {
    const startedAt = performance.now();
    const timer = setTimeout(() => {
      abort.abort(new JobAborted('timeout'));
    }, this.descriptor.timeoutMs);
    let outcome: RunOutcome = 'done';
    try {
      await this.descriptor.run(abort.signal);
    } catch (error) {
      outcome = abort.signal.aborted ? 'aborted' : 'failed';
      if (outcome === 'failed') this.logger.error('the run failed; the next one is made as scheduled', stackOf(error));
    } finally {
      clearTimeout(timer);
    }
    if (abort.signal.aborted) {
      outcome = 'aborted';
      this.logger.warn(messageOf(abort.signal.reason));
    }
    this.metrics.ran(this.descriptor.name, outcome, performance.now() - startedAt);
  }

  private leaseError(error: unknown): void {
    this.metrics.leaseFailed(this.descriptor.name);
    this.logger.warn(`the lease could not be looked after: ${messageOf(error)}`);
  }
}

async function settlesWithin(promise: Promise<void>, waitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, waitMs);
  });
  const settled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
