/** The topic, as a service that reports its operations writes to it. */
import { setTimeout as pause } from 'node:timers/promises';
import { backoffDelayMs } from '../../kernel/backoff.js';
import type { Config } from '../../platform/config/config.schema.js';
import { KafkaJsInspector } from '../../platform/kafka/kafkajs.inspector.js';
import { KafkaJsProducer } from '../../platform/kafka/kafkajs.producer.js';
import type { OutgoingRecord } from '../../platform/kafka/log-consumer.js';
import { kafkaSettings } from '../../platform/platform.module.js';
import { flowFor, unlimitedFlow } from '../../traces/index.js';
import type { RunningService } from '../running-service.js';
import type { Persistence } from './caller.js';
import type { Teller } from './teller.js';

const RETRY = { baseMs: 200, maxMs: 3_000 };
const SEND_TIMEOUT_MS = 10_000;
const BATCH_RECORDS = 200;

export class Topic {
  private open: { readonly brokers: string; readonly producer: KafkaJsProducer } | null = null;

  /** @param locate asked before each attempt, since the embedded broker comes back elsewhere with its service */
  constructor(
    private readonly config: Config,
    private readonly locate: () => RunningService,
    private readonly teller: Teller,
    private readonly persistence: Persistence,
  ) {}

  /** Publishes all of them, acknowledged; again from the first where it failed: a trace that comes twice is stored once. */
  async publish(records: readonly OutgoingRecord[]): Promise<{ readonly topic: string }> {
    let awaySince: number | null = null;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.send(records);
      } catch (error) {
        this.persistence.signal.throwIfAborted();
        if (awaySince === null) this.teller.note(`the broker does not answer (${reason(error)}); trying again`);
        awaySince ??= Date.now();
        if (Date.now() - awaySince > this.persistence.patienceMs) throw error;
        await this.close();
        await pause(backoffDelayMs(attempt, RETRY, Math.random()), undefined, { signal: this.persistence.signal });
      }
    }
  }

  async close(): Promise<void> {
    const { open } = this;
    this.open = null;
    await open?.producer.close();
  }

  private async send(records: readonly OutgoingRecord[]): Promise<{ readonly topic: string }> {
    const service = this.locate();
    const producer = await this.producerOf(service);
    const inspector = new KafkaJsInspector(kafkaSettings(this.config, service.brokers), quiet);
    try {
      // The embedded broker forgets what is not read in time: there a large set waits for its readers.
      const isLarge = records.length > BATCH_RECORDS;
      const flow = isLarge ? await flowFor(inspector, service.topic, service.groupId) : unlimitedFlow;
      for (let from = 0; from < records.length; from += BATCH_RECORDS) {
        const batch = records.slice(from, from + BATCH_RECORDS);
        this.persistence.signal.throwIfAborted();
        await flow.waitForRoom();
        flow.sent(await producer.send(service.topic, batch), batch);
      }
    } finally {
      await inspector.close();
    }
    return { topic: service.topic };
  }

  private async producerOf(service: RunningService): Promise<KafkaJsProducer> {
    const brokers = service.brokers.join(',');
    if (this.open !== null && this.open.brokers !== brokers) await this.close();
    this.open ??= {
      brokers,
      producer: new KafkaJsProducer(kafkaSettings(this.config, service.brokers), quiet, {
        timeoutMs: SEND_TIMEOUT_MS,
      }),
    };
    return this.open.producer;
  }
}

/** What fails is told by the story, once. */
const quiet = (): void => undefined;

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
