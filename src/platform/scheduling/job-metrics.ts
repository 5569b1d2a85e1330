/** Metrics of scheduled jobs, all labelled by job. */
import { Injectable } from '@nestjs/common';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { Metrics } from '../metrics/metrics.js';

export type RunOutcome = 'done' | 'failed' | 'aborted';

@Injectable()
export class JobMetrics {
  private readonly leases: Gauge<'job'>;
  private readonly runs: Counter<'job' | 'outcome'>;
  private readonly durations: Histogram<'job'>;
  private readonly leaseErrors: Counter<'job'>;

  constructor(metrics: Metrics) {
    this.leases = metrics.gauge({
      name: 'quaestor_job_lease_held',
      help: '1 while this process holds the lease of the job.',
      labelNames: ['job'],
    });
    this.runs = metrics.counter({
      name: 'quaestor_job_runs_total',
      help: 'Runs of the job by outcome: done, failed, or aborted (timeout, lost lease, stop).',
      labelNames: ['job', 'outcome'],
    });
    this.durations = metrics.histogram({
      name: 'quaestor_job_duration_seconds',
      help: 'Time a run of the job took.',
      labelNames: ['job'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300],
    });
    this.leaseErrors = metrics.counter({
      name: 'quaestor_job_lease_errors_total',
      help: 'Times the lease of the job could not be asked for or renewed because the database did not answer.',
      labelNames: ['job'],
    });
  }

  leaseHeld(job: string, held: boolean): void {
    this.leases.set({ job }, held ? 1 : 0);
  }

  leaseFailed(job: string): void {
    this.leaseErrors.inc({ job });
  }

  ran(job: string, outcome: RunOutcome, durationMs: number): void {
    this.runs.inc({ job, outcome });
    this.durations.observe({ job }, durationMs / 1_000);
  }
}
