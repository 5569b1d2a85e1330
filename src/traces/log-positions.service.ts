/** Compares where the database, the consumer group and the broker stand: for lag, and for reading what a restored database lacks. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import type { LogInspector } from '../platform/kafka/log-consumer.js';
import { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOG_INSPECTOR } from '../platform/tokens.js';
import { IngestLogStore } from './ingest-log.store.js';
import { IngestObserver } from './ingest-observer.service.js';

@Injectable()
export class LogPositions {
  /** Next offset of each partition as last read from the database: lag is told also while that is away. */
  private next: ReadonlyMap<number, bigint> = new Map();

  constructor(
    @Inject(LOG_INSPECTOR) private readonly inspector: LogInspector,
    private readonly logs: IngestLogStore,
    private readonly observer: IngestObserver,
    private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Of all partitions, also those this process does not read: a backlog that nobody reads is the one to be seen. */
  async refreshLag(): Promise<void> {
    try {
      const watermarks = await this.inspector.watermarks(this.config.KAFKA_TOPIC);
      const highs = new Map([...watermarks].map(([partition, { high }]) => [partition, high]));
      this.tellLag(highs);
      await this.logs.noteHighWatermarks(this.config.KAFKA_TOPIC, highs);
      this.next = await this.logs.nextOffsets(this.config.KAFKA_TOPIC);
      this.tellLag(highs);
    } catch (error) {
      this.logger.debug('could not learn how far the log reaches', { error });
    }
  }

  private tellLag(highs: ReadonlyMap<number, bigint>): void {
    for (const [partition, high] of highs) this.observer.lagIs(partition, high - (this.next.get(partition) ?? 0n));
  }

  /**
   * Offsets to read from where the group stands beyond what the database knows (it was restored, or failed over to an
   * older copy), or beyond the end of a log that replaced another. The group alone would wait for the next record there.
   */
  async corrections(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const { KAFKA_GROUP_ID: group, KAFKA_TOPIC: topic } = this.config;
    const [next, committed, watermarks] = await Promise.all([
      this.logs.nextOffsets(topic),
      this.inspector.committed(group, topic),
      this.inspector.watermarks(topic),
    ]);
    const corrections = new Map<number, bigint>();
    for (const partition of partitions) {
      const known = next.get(partition);
      const kept = watermarks.get(partition);
      if (known === undefined || kept === undefined) continue;
      const wanted = kept.high < known || known < kept.low ? kept.low : known;
      if ((committed.get(partition) ?? -1n) > wanted) corrections.set(partition, wanted);
    }
    return corrections;
  }
}
