/** Runs ingest in a process of role `ingest`: starts the consumer, sets it right where the group is wrong, and drains it. */
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import type { ConsumerStatus, LogConsumer, LogHandler, LogProducer } from '../platform/kafka/log-consumer.js';
import { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOG_CONSUMER, LOG_PRODUCER } from '../platform/tokens.js';
import { IngestHandler } from './ingest-handler.service.js';
import { LogPositions } from './log-positions.service.js';

const LAG_INTERVAL_MS = 2_000;
/** Of a topic that does not exist yet. Operators who want another number create it themselves. */
const NEW_TOPIC_PARTITIONS = 4;

@Injectable()
export class IngestWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private starting: Promise<void> = Promise.resolve();
  private stopping = false;
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> | undefined;

  constructor(
    @Inject(LOG_CONSUMER) private readonly consumer: LogConsumer,
    @Inject(LOG_PRODUCER) private readonly producer: LogProducer,
    private readonly handler: IngestHandler,
    private readonly positions: LogPositions,
    private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  get enabled(): boolean {
    return this.config.ROLES.includes('ingest');
  }

  status(): ConsumerStatus {
    return this.consumer.status();
  }

  onApplicationBootstrap(): void {
    if (!this.enabled) return;
    // In the background: the API serves also while the broker is away.
    this.starting = this.begin();
    this.timer = setInterval(() => {
      this.asking ??= this.positions.refreshLag().finally(() => (this.asking = undefined));
    }, LAG_INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.starting;
    if (this.enabled) await this.consumer.stop();
    await this.asking;
  }

  private async begin(): Promise<void> {
    try {
      await this.producer.ensureTopic(this.config.KAFKA_TOPIC, NEW_TOPIC_PARTITIONS);
    } catch (error) {
      this.logger.warn('the topic could not be looked after; consuming it all the same', { error });
    }
    if (this.stopping) return;
    const handler: LogHandler = {
      assigned: (partitions) => {
        this.handler.assigned(partitions);
        void this.correct(partitions.map(({ partition }) => partition));
      },
      handle: (batch, control) => this.handler.handle(batch, control),
    };
    await this.consumer.start(handler);
  }

  /** Where this fails, the reader finds out for itself as soon as a record arrives. */
  private async correct(partitions: readonly number[]): Promise<void> {
    try {
      for (const [partition, offset] of await this.positions.corrections(partitions)) {
        this.logger.warn('the group stands beyond what is stored; reading again', {
          partition,
          offset: String(offset),
        });
        this.consumer.seek(partition, offset);
      }
    } catch (error) {
      this.logger.debug('could not compare the group with the database', { error });
    }
  }
}
