/** Makes ingest visible: metrics of every fate, lag, gaps and incarnations, and a trace where a log was replaced. */
import { Inject, Injectable } from '@nestjs/common';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { sqlState } from '../platform/database/database-error.js';
import { Database } from '../platform/database/database.js';
import { Logger } from '../platform/logging/logger.js';
import { Metrics } from '../platform/metrics/metrics.js';
import type { BatchResult, LogStretch } from './batch-writer.service.js';
import type { ClaimedLog } from './ingest-log.store.js';
import { TraceRecorder } from './trace-recorder.service.js';
import { OPERATOR_DOMAIN, type OperatorDomain } from './traces.tokens.js';

@Injectable()
export class IngestObserver {
  private readonly records: Counter<'fate'>;
  private readonly refusals: Counter<'reason'>;
  private readonly batches: Histogram;
  private readonly lag: Gauge<'partition'>;
  private readonly incarnations: Counter<'partition'>;
  private readonly fences: Counter;
  private readonly waits: Counter<'cause'>;

  constructor(
    metrics: Metrics,
    private readonly recorder: TraceRecorder,
    private readonly database: Database,
    @Inject(OPERATOR_DOMAIN) private readonly operator: () => Promise<OperatorDomain | null>,
    private readonly logger: Logger,
  ) {
    this.records = metrics.counter({
      name: 'quaestor_ingest_records_total',
      help: 'Offsets accounted for, by fate; the fates add up to all offsets passed.',
      labelNames: ['fate'],
    });
    this.refusals = metrics.counter({
      name: 'quaestor_ingest_dead_letters_total',
      help: 'Refused records, by reason.',
      labelNames: ['reason'],
    });
    this.batches = metrics.histogram({
      name: 'quaestor_ingest_batch_seconds',
      help: 'Time from a delivered batch to its commit in the database.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    });
    this.lag = metrics.gauge({
      name: 'quaestor_ingest_lag_records',
      help: 'Records of the partition that are not stored yet.',
      labelNames: ['partition'],
    });
    this.incarnations = metrics.counter({
      name: 'quaestor_ingest_incarnations_total',
      help: 'Times a partition turned out to be another log than the one that was read: re-created, or its broker forgot.',
      labelNames: ['partition'],
    });
    this.fences = metrics.counter({
      name: 'quaestor_ingest_fenced_total',
      help: 'Batches given up because another process holds the log.',
    });
    this.waits = metrics.counter({
      name: 'quaestor_ingest_waits_total',
      help: 'Times a partition waited for the database, by the SQLSTATE or "connection".',
      labelNames: ['cause'],
    });
  }

  assigned(partitions: readonly number[]): void {
    this.lag.reset();
    this.logger.info('partitions assigned', { partitions });
  }

  batchStored({ log, counts }: BatchResult, { highWatermark, gaps }: LogStretch, seconds: number): void {
    this.batches.observe(seconds);
    this.records.inc({ fate: 'stored' }, counts.stored);
    this.records.inc({ fate: 'duplicate' }, counts.duplicate);
    this.records.inc({ fate: 'dead_lettered' }, counts.deadLettered);
    this.records.inc({ fate: 'filtered' }, counts.filtered);
    this.records.inc({ fate: 'absent' }, Number(counts.absent));
    this.records.inc({ fate: 'evicted' }, Number(counts.evicted));
    for (const [reason, count] of Object.entries(counts.byReason)) this.refusals.inc({ reason }, count);
    this.lagIs(log.partition, highWatermark - log.nextOffset);
    // An operator must learn of these: traces were lost before they were read.
    for (const gap of gaps.filter(({ kind }) => kind === 'evicted'))
      this.logger.error('records were evicted by the broker before they could be read', {
        partition: log.partition,
        from: String(gap.from),
        to: String(gap.to),
      });
  }

  lagIs(partition: number, lag: bigint): void {
    this.lag.set({ partition: String(partition) }, Math.max(0, Number(lag)));
  }

  fenced(log: ClaimedLog): void {
    this.fences.inc();
    const fields = { partition: log.partition, epoch: String(log.epoch) };
    this.logger.warn('another process holds the log; wrote nothing', fields);
  }

  waiting(partition: number, error: unknown, delayMs: number): void {
    this.waits.inc({ cause: sqlState(error) ?? 'connection' });
    this.logger.warn('the database does not take the batch; waiting', { partition, delayMs, error });
  }

  /** Said in a trace of the operator domain, so that an auditor can explain the duplicates that follow. */
  async incarnationBegan(log: ClaimedLog, previous: ClaimedLog): Promise<void> {
    this.incarnations.inc({ partition: String(log.partition) });
    const facts = {
      topic: log.topic,
      partition: log.partition,
      incarnation: log.incarnation,
      first_offset: String(log.nextOffset),
      previous_next_offset: String(previous.nextOffset),
    };
    this.logger.warn('the log was replaced; reading its new incarnation from the earliest offset', facts);
    const operator = await this.operator();
    if (operator === null) return;
    await this.database.transaction((transaction) =>
      this.recorder.record(
        {
          serviceType: 'CTS',
          resourceType: 'log',
          traceName: 'beginIncarnation',
          rating: 'warning',
          ...operator,
          resourceName: `${log.topic}/${String(log.partition)}`,
          resourceId: String(log.log),
          user: null,
          response: facts,
        },
        transaction,
      ),
    );
  }
}
