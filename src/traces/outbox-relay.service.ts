/** Publishes our own operations to the topic that services publish to, and again until ingest has stored them. */
import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import type { LogProducer } from '../platform/kafka/log-consumer.js';
import { Logger } from '../platform/logging/logger.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { RepeatedWork } from '../platform/scheduling/repeated-work.js';
import { CONFIG, LOG_PRODUCER } from '../platform/tokens.js';
import { OUTBOX_HEADER } from './parsed-record.js';
import { TraceOutboxStore } from './trace-outbox.store.js';

const BATCH = 500;
const IDLE_MS = 500;
/** What is then still under way is published again later. */
const STOP_LIMIT_MS = 5_000;
const FAILED = { baseMs: 500, maxMs: 15_000 };

/** Runs in every process: several take different rows, and a row taken by one that died is due again after 30 s. */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: RepeatedWork;

  constructor(
    private readonly outbox: TraceOutboxStore,
    @Inject(LOG_PRODUCER) private readonly producer: LogProducer,
    @Inject(CONFIG) private readonly config: Config,
    logger: Logger,
    metrics: Metrics,
  ) {
    this.loop = new RepeatedWork({
      work: () => this.relay(),
      idleMs: IDLE_MS,
      backoff: FAILED,
      onFailure: (error, delayMs) => {
        logger.warn('own operations could not be published; they stay in the outbox', { error, delayMs });
      },
    });
    const oldest = metrics.gauge({
      name: 'quaestor_outbox_oldest_seconds',
      help: 'Age of the oldest own operation that is not yet stored as a trace.',
      collect: async () => {
        const pending = await outbox.pending().catch(() => null);
        if (pending !== null) oldest.set(pending.oldestSeconds);
      },
    });
  }

  onApplicationBootstrap(): void {
    // A command that works on the database only has no role and no broker.
    if (this.config.ROLES.length > 0) this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop(STOP_LIMIT_MS);
    await this.producer.close();
  }

  /** One batch; true when there may be more. */
  private async relay(): Promise<boolean> {
    const rows = await this.outbox.takeDue(BATCH);
    if (rows.length > 0) await this.publish(rows);
    return rows.length === BATCH;
  }

  private async publish(rows: Awaited<ReturnType<TraceOutboxStore['takeDue']>>): Promise<void> {
    const records = rows.map(({ recordKey, payload }) => ({
      key: recordKey,
      value: payload,
      headers: { [OUTBOX_HEADER]: '1' },
    }));
    try {
      await this.producer.send(this.config.KAFKA_TOPIC, records);
    } catch (error) {
      await this.outbox.giveBack(rows);
      throw error;
    }
  }
}
