/** Metrics of retention: runs by outcome, rows that left, and when all was well last. */
import { Injectable } from '@nestjs/common';
import type { Counter, Gauge } from 'prom-client';
import { Metrics } from '../platform/metrics/metrics.js';
import type { DayPartitionedTable } from './day-partition.js';

/** `incomplete`: at least one day could not be dropped or made, or a clean-up failed; the next run tries again. */
export type RetentionOutcome = 'done' | 'incomplete' | 'failed' | 'busy';

@Injectable()
export class RetentionMetrics {
  private readonly runs: Counter<'outcome'>;
  private readonly rows: Counter<'table'>;
  private readonly lastSuccess: Gauge;

  constructor(metrics: Metrics) {
    this.runs = metrics.counter({
      name: 'quaestor_retention_runs_total',
      help: 'Retention runs by outcome: done, incomplete, failed, or busy (another process was running one).',
      labelNames: ['outcome'],
    });
    this.rows = metrics.counter({
      name: 'quaestor_retention_rows_dropped_total',
      help: 'Rows that left with their day, by table.',
      labelNames: ['table'],
    });
    this.lastSuccess = metrics.gauge({
      name: 'quaestor_retention_last_success_timestamp_seconds',
      help: 'When a retention run of this process last did all it had to.',
    });
  }

  ran(outcome: RetentionOutcome): void {
    this.runs.inc({ outcome });
    if (outcome === 'done') this.lastSuccess.setToCurrentTime();
  }

  dropped(table: DayPartitionedTable, rows: number): void {
    this.rows.inc({ table }, rows);
  }
}
