/** What the Kafka suites share: the brokers they run against, a handler that records what it was given, and clients that are closed in the end. */
import '../../support/eager-kafkajs.js';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/kernel/clock.js';
import type { KafkaLogEntry } from '../../../src/platform/kafka/kafka-log.js';
import type { KafkaSettings } from '../../../src/platform/kafka/kafkajs.client.js';
import { KafkaJsConsumer, type ConsumerOptions } from '../../../src/platform/kafka/kafkajs.consumer.js';
import { KafkaJsInspector } from '../../../src/platform/kafka/kafkajs.inspector.js';
import { KafkaJsProducer } from '../../../src/platform/kafka/kafkajs.producer.js';
import type { BatchControl, BatchOutcome, LogBatch, LogHandler } from '../../../src/platform/kafka/log-consumer.js';
import type { BrokerKind, RunningBroker } from './brokers.js';

export const PARTITIONS = 4;

export function settingsFor(brokers: readonly string[]): KafkaSettings {
  return {
    brokers,
    clientId: 'quaestor-test',
    ssl: false,
    sasl: null,
    connectionTimeoutMs: 3_000,
    requestTimeoutMs: 10_000,
  };
}

export const unique = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 8)}`;

/** Resolves when `condition` holds; throws, naming `what`, when it does not within `limitMs`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${String(limitMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Decide = (batch: LogBatch, control: BatchControl) => BatchOutcome | Promise<BatchOutcome>;

export const advancePast = (batch: LogBatch): BatchOutcome => ({
  kind: 'advance',
  nextOffset: (batch.records.at(-1)?.offset ?? -1n) + 1n,
});

/** Remembers assignments and batches in the order they came; `decide` gives the outcome. */
export class RecordingHandler implements LogHandler {
  readonly assignments: number[][] = [];
  readonly batches: LogBatch[] = [];
  /** `assigned` and `handle`, as they came. */
  readonly calls: string[] = [];

  constructor(private readonly decide: Decide = advancePast) {}

  assigned(partitions: readonly { topic: string; partition: number }[]): void {
    this.calls.push('assigned');
    this.assignments.push(partitions.map(({ partition }) => partition).sort((a, b) => a - b));
  }

  async handle(batch: LogBatch, control: BatchControl): Promise<BatchOutcome> {
    this.calls.push('handle');
    this.batches.push(batch);
    return this.decide(batch, control);
  }

  values(): string[] {
    return this.batches.flatMap(({ records }) => records.map(({ value }) => String(value)));
  }

  firstOffsets(partition: number): bigint[] {
    return this.batches
      .filter((batch) => batch.partition === partition)
      .map(({ records }) => records[0]?.offset ?? -1n);
  }
}

/** Makes clients of one broker and closes them all. */
export class Clients {
  readonly log: KafkaLogEntry[] = [];
  private readonly consumers: KafkaJsConsumer[] = [];
  private readonly others: { close(): Promise<void> }[] = [];

  constructor(readonly brokers: readonly string[]) {}

  producer(): KafkaJsProducer {
    return this.closing(new KafkaJsProducer(settingsFor(this.brokers), this.write));
  }

  inspector(): KafkaJsInspector {
    return this.closing(new KafkaJsInspector(settingsFor(this.brokers), this.write));
  }

  /** Started, with a short session so that its end can be waited for. */
  async consumer(
    handler: LogHandler,
    options: Pick<ConsumerOptions, 'topic' | 'groupId'> & Partial<ConsumerOptions>,
  ): Promise<KafkaJsConsumer> {
    const short = { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 500, handlerBackoff: { baseMs: 20, maxMs: 100 } };
    const consumer = new KafkaJsConsumer(settingsFor(this.brokers), { ...short, ...options }, systemClock, this.write);
    this.consumers.push(consumer);
    await consumer.start(handler);
    return consumer;
  }

  messages(level: KafkaLogEntry['level']): string[] {
    return this.log.filter((entry) => entry.level === level).map(({ message }) => message);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    await Promise.all(this.others.map((client) => client.close()));
  }

  readonly write = (entry: KafkaLogEntry): void => {
    this.log.push(entry);
  };

  private closing<T extends { close(): Promise<void> }>(client: T): T {
    this.others.push(client);
    return client;
  }
}

export interface Scenario {
  readonly clients: Clients;
  /** A topic of its own, with `PARTITIONS` partitions. */
  readonly topic: string;
  readonly groupId: string;
}

/**
 * Bodies for `it.concurrent`, which waits for no `beforeAll`: the first one starts the broker, all share it, and the
 * end of the surrounding `describe` stops it. Joining a group is mostly waiting, so they run side by side.
 */
export function scenariosOn(kind: BrokerKind): (body: (scenario: Scenario) => Promise<void>) => () => Promise<void> {
  let started: Promise<RunningBroker> | undefined;
  afterAll(async () => {
    await (await started)?.stop();
  });
  return (body) => async () => {
    const broker = await (started ??= kind.start());
    const clients = new Clients(broker.brokers);
    const topic = unique('topic');
    try {
      await clients.producer().ensureTopic(topic, PARTITIONS);
      await body({ clients, topic, groupId: unique('group') });
    } finally {
      await clients.closeAll();
    }
    expect(clients.messages('error')).toEqual([]);
  };
}
