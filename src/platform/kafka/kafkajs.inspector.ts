/** Asks the broker about logs and consumer groups over one connection of its own, so that no question delays consumption. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { backoffDelayMs } from '../../kernel/backoff.js';
import type { KafkaLog } from './kafka-log.js';
import type { KafkaSettings } from './kafkajs.client.js';
import { LazyKafkaClient } from './kafkajs.lazy-client.js';
import type { LogInspector, Watermarks } from './log-consumer.js';

export interface InspectorOptions {
  /** Bound of each question, with connecting; 10 s unless said. */
  readonly timeoutMs?: number;
}

/** Fewer retries than elsewhere: somebody waits for the answer and asks again. */
const INSPECTOR_RETRY = { initialRetryTime: 200, multiplier: 2, factor: 0.2, maxRetryTime: 2_000, retries: 2 };
const CLOSE_LIMIT_MS = 2_000;
const ATTEMPTS = 4;

// Not among the names that Node finds in kafkajs's CommonJS exports.
const { KafkaJSProtocolError } = kafkajs;

export class KafkaJsInspector implements LogInspector {
  private readonly admin: LazyKafkaClient<Admin>;
  private readonly timeoutMs: number;

  constructor(settings: KafkaSettings, log: KafkaLog, options: InspectorOptions = {}) {
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.admin = new LazyKafkaClient(settings, log, (kafka) => kafka.admin(), { retry: INSPECTOR_RETRY });
  }

  async watermarks(topic: string): Promise<ReadonlyMap<number, Watermarks>> {
    const partitions = await this.ask('watermarks', (admin) => admin.fetchTopicOffsets(topic));
    return new Map(partitions.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  async committed(groupId: string, topic: string): Promise<ReadonlyMap<number, bigint>> {
    const topics = await this.ask('committed offsets', (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    const partitions = topics.find((entry) => entry.topic === topic)?.partitions ?? [];
    return new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  async clusterId(): Promise<string> {
    return (await this.ask('cluster id', (admin) => admin.describeCluster())).clusterId;
  }

  async ping(): Promise<void> {
    await this.ask('ping', (admin) => admin.describeCluster());
  }

  async close(): Promise<void> {
    await this.admin.close(CLOSE_LIMIT_MS);
  }

  private ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    return this.admin.use(`Kafka ${what}`, this.timeoutMs, (admin) => untilSettled(() => question(admin)));
  }
}

/** Asks again while leaders move or a topic is new: kafkajs refreshes its metadata at each call, but gives up at once. */
async function untilSettled<T>(question: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await question();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof KafkaJSProtocolError && error.retriable)) throw error;
      await sleep(backoffDelayMs(attempt, { baseMs: 100, maxMs: 1_000 }, Math.random()));
    }
  }
}
