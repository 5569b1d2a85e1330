/** Stands between the consumer and the reader: turns database trouble into waiting, never into a lost or refused trace. */
import { Inject, Injectable } from '@nestjs/common';
import { backoffDelayMs } from '../kernel/backoff.js';
import { type Clock, DAY_MS } from '../kernel/clock.js';
import type { Config } from '../platform/config/config.schema.js';
import { classifyDatabaseError, sqlState } from '../platform/database/database-error.js';
import type { BatchControl, BatchOutcome, LogBatch, LogHandler } from '../platform/kafka/log-consumer.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { DayPartitions } from './day-partitions.store.js';
import { IngestObserver } from './ingest-observer.service.js';
import { LogReader } from './log-reader.service.js';

/** Collisions with other writers are tried again at once this often before the partition waits. */
const COLLISION_TRIES = 3;
/** Beyond the tolerance for traces of the future, and the turn of the day. */
const AHEAD_MS = 2 * DAY_MS;
const WAIT = { baseMs: 250, maxMs: 15_000 };

@Injectable()
export class IngestHandler implements LogHandler {
  /** Waits in a row, by partition. */
  private readonly waits = new Map<string, number>();

  constructor(
    private readonly reader: LogReader,
    private readonly partitions: DayPartitions,
    private readonly observer: IngestObserver,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  assigned(partitions: readonly { topic: string; partition: number }[]): void {
    this.waits.clear();
    this.reader.assigned();
    this.observer.assigned(partitions.map(({ partition }) => partition));
  }

  async handle(batch: LogBatch, control: BatchControl): Promise<BatchOutcome> {
    const key = `${batch.topic}/${String(batch.partition)}`;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.ensurePartitions();
        const outcome = await this.reader.handle(batch, control);
        this.waits.delete(key);
        return outcome;
      } catch (error) {
        const fault = classifyDatabaseError(error);
        // No partition for a row: retention dropped it, or the day turned. What is remembered of them is stale.
        if (sqlState(error) === '23514') this.partitions.forget();
        if (fault === 'collision' && attempt < COLLISION_TRIES) continue;
        if (fault === 'defect' && sqlState(error) === null) throw error;
        return this.wait(key, batch, error);
      }
    }
  }

  /** Ingest makes the days it writes to itself, so that no outage of the job that makes them ahead stops it. */
  private async ensurePartitions(): Promise<void> {
    const now = this.clock.now();
    await this.partitions.ensure(now - this.config.RETENTION_DAYS * DAY_MS, now + AHEAD_MS);
  }

  private wait(key: string, batch: LogBatch, error: unknown): BatchOutcome {
    const attempt = this.waits.get(key) ?? 0;
    this.waits.set(key, attempt + 1);
    const delayMs = backoffDelayMs(attempt, WAIT, Math.random());
    this.observer.waiting(batch.partition, error, delayMs);
    return { kind: 'pause', delayMs };
  }
}
