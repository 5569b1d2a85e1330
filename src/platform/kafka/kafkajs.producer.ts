/** Publishes records with acknowledgement of all replicas, in requests that a broker's default size limit admits. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type IHeaders, Partitioners, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { backoffDelayMs } from '../../kernel/backoff.js';
import { within } from './bounded.js';
import { errorText, type KafkaLog } from './kafka-log.js';
import { KAFKA_RETRY, openKafka, type KafkaConnection, type KafkaSettings } from './kafkajs.client.js';
import { LazyKafkaClient } from './kafkajs.lazy-client.js';
import type { LogProducer, OutgoingRecord } from './log-consumer.js';

export interface ProducerOptions {
  /** Bound of one request with its retries, connecting included; 30 s unless said. */
  readonly timeoutMs?: number;
  /** Lets the broker drop what a retry sent twice. Needs a real broker; off unless said. */
  readonly idempotent?: boolean;
}

// Not among the names that Node finds in kafkajs's CommonJS exports.
const { KafkaJSProtocolError } = kafkajs;

/** Kafka's default `message.max.bytes` is 1 MiB for a whole batch; half of it leaves room for the framing. */
const MAX_REQUEST_BYTES = 512 * 1024;
/** Length fields, timestamp and offset deltas of one record, generously. */
const RECORD_OVERHEAD_BYTES = 32;
const CLOSE_LIMIT_MS = 10_000;
const METADATA_ATTEMPTS = 10;

export class KafkaJsProducer implements LogProducer {
  private readonly producer: LazyKafkaClient<Producer>;
  private readonly timeoutMs: number;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly log: KafkaLog,
    options: ProducerOptions = {},
  ) {
    this.timeoutMs = options.timeoutMs ?? 30_000;
    const idempotent = options.idempotent ?? false;
    const build = (kafka: KafkaConnection['kafka']): Producer =>
      kafka.producer({
        idempotent,
        // Sequence numbers are only in order when one request at a time is under way.
        ...(idempotent ? { maxInFlightRequests: 1 } : {}),
        allowAutoTopicCreation: true,
        // murmur2 of the key, as the Java client: the same key always goes to the same partition.
        createPartitioner: Partitioners.DefaultPartitioner,
        retry: KAFKA_RETRY,
      });
    // After a failure the sequence numbers of an idempotent producer no longer match the broker's: begin a new one.
    this.producer = new LazyKafkaClient(settings, log, build, idempotent ? { survives: () => false } : {});
  }

  /** Records of one partition keep their order. Large sets go out as several requests, one after the other. */
  async send(
    topic: string,
    records: readonly OutgoingRecord[],
  ): Promise<readonly { partition: number; baseOffset: bigint }[]> {
    const written: { partition: number; baseOffset: bigint }[] = [];
    for (const messages of requestsOf(records)) {
      const acknowledged = await this.producer.use(`publishing to ${topic}`, this.timeoutMs, (producer) =>
        producer.send({ topic, messages, acks: -1, timeout: this.settings.requestTimeoutMs }),
      );
      written.push(...acknowledged.map(toPosition));
    }
    return written;
  }

  /**
   * Sees to it that the topic exists; one that does is left as it is. Where topics cannot be administered (the embedded
   * broker, a principal without that right), asking for its metadata makes the broker create it if it ever will.
   */
  async ensureTopic(name: string, partitions: number): Promise<void> {
    const { kafka, sever } = openKafka(this.settings, this.log);
    try {
      await within(ensure(kafka, name, partitions, this.log), this.timeoutMs, `creating topic ${name}`);
    } finally {
      sever();
    }
  }

  async close(): Promise<void> {
    await this.producer.close(CLOSE_LIMIT_MS);
  }
}

async function ensure(kafka: KafkaConnection['kafka'], name: string, partitions: number, log: KafkaLog): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  let created = true;
  try {
    // Asked first, since kafkajs warns of every topic that it is told to create and that exists.
    const existing = await admin.listTopics();
    if (!existing.includes(name))
      await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }], waitForLeaders: false });
  } catch (error) {
    created = false;
    log({ level: 'debug', message: 'topic left to the broker', fields: { topic: name, error: errorText(error) } });
  }
  await admin.disconnect();
  await awaitMetadata(kafka, name, !created);
}

/** Only a consumer can ask for a topic's metadata without sending anything; subscribing does so and joins no group. */
async function awaitMetadata(
  kafka: KafkaConnection['kafka'],
  topic: string,
  allowAutoTopicCreation: boolean,
): Promise<void> {
  const consumer = kafka.consumer({ groupId: 'quaestor-topic-check', allowAutoTopicCreation });
  await consumer.connect();
  for (let attempt = 0; ; attempt++) {
    try {
      await consumer.subscribe({ topics: [topic] });
      break;
    } catch (error) {
      // A topic that was just made is unknown until the broker has heard of it from the controller.
      if (attempt === METADATA_ATTEMPTS || !isNotYetKnown(error)) throw error;
      await sleep(backoffDelayMs(attempt, { baseMs: 100, maxMs: 2_000 }, Math.random()));
    }
  }
  await consumer.disconnect();
}

function isNotYetKnown(error: unknown): boolean {
  const type = error instanceof KafkaJSProtocolError ? error.type : undefined;
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE';
}

function* requestsOf(records: readonly OutgoingRecord[]): Generator<Message[]> {
  let messages: Message[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (messages.length > 0 && bytes + size > MAX_REQUEST_BYTES) {
      yield messages;
      messages = [];
      bytes = 0;
    }
    messages.push({
      key: record.key,
      value: record.value,
      ...(record.headers ? { headers: toHeaders(record.headers) } : {}),
    });
    bytes += size;
  }
  if (messages.length > 0) yield messages;
}

function sizeOf({ key, value, headers = {} }: OutgoingRecord): number {
  const headerBytes = Object.entries(headers)
    .flatMap(([name, values]) => [values].flat().flatMap((value) => [name, value]))
    .reduce((sum, part) => sum + byteLength(part), 0);
  return RECORD_OVERHEAD_BYTES + byteLength(key) + byteLength(value) + headerBytes;
}

function toHeaders(headers: NonNullable<OutgoingRecord['headers']>): IHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

const byteLength = (content: string | Buffer | null): number => (content === null ? 0 : Buffer.byteLength(content));

function toPosition({ partition, baseOffset, errorCode }: RecordMetadata): { partition: number; baseOffset: bigint } {
  if (errorCode !== 0 || baseOffset === undefined) {
    throw new Error(`Kafka acknowledged partition ${String(partition)} without an offset (error ${String(errorCode)})`);
  }
  return { partition, baseOffset: BigInt(baseOffset) };
}
