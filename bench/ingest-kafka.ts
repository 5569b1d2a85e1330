/**
 * From a broker to committed rows by an ingest process of its own, its memory and processor time watched (Linux only). Rounds
 * take turns with the yardstick.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbeddedBroker, startKafka } from '../src/embedded/index.js';
import { KafkaJsProducer } from '../src/platform/kafka/kafkajs.producer.js';
import type { BenchStack } from './bench-stack.js';
import type { Contender } from './harness.js';
import type { Measurement } from './report.js';
import { peakDuring, type ServiceProcess, startService } from './service-process.js';
import { median } from './statistics.js';

export type BrokerKind = 'embedded' | 'real';

/** As many as ingest writes at a time. */
const PARTITIONS = 2;
const ROUNDS = 3;
const AT_A_TIME = 400;
/** The embedded broker delivers no more than 2 MiB that nobody has read: what waits stays below a half of it for each partition. */
const MOST_UNREAD = PARTITIONS * 800;
const LIMIT_MS = 300_000;
const POLL_MS = 10;

interface Source {
  readonly stack: BenchStack;
  readonly values: readonly Buffer[];
  /** Empties the tables. */
  empty(): Promise<void>;
  readonly yardstick: Contender;
}

export async function ingestFrom(kind: BrokerKind, source: Source): Promise<Measurement> {
  const broker = kind === 'real' ? await startKafka() : await startEmbeddedBroker();
  const settings = { brokers: broker.brokers, clientId: 'bench', ssl: false, sasl: null, connectionTimeoutMs: 10_000, requestTimeoutMs: 30_000 }; // prettier-ignore
  const producer = new KafkaJsProducer(settings, () => undefined);
  const rounds: Round[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await source.yardstick.prepare?.(round);
      const startedAt = performance.now();
      const { units } = await source.yardstick.run(round);
      const yardstick = (units * 1_000) / (performance.now() - startedAt);
      await source.empty();
      const topic = `bench-${kind}-${String(round)}`;
      await producer.ensureTopic(topic, PARTITIONS);
      const found = await oneRound(kind, source, { producer, topic, brokers: broker.brokers });
      rounds.push({ ...found, timesCopy: found.perSecond / yardstick });
    }
  } finally {
    await producer.close();
    await broker.stop();
  }
  const of = (key: keyof Round): number => median(rounds.map((round) => round[key]));
  return {
    name: `from the ${kind} broker`,
    values: {
      perSecond: of('perSecond'),
      timesCopy: of('timesCopy'),
      cpuSecondsPer100k: of('cpuSecondsPer100k'),
      rssPeakMib: of('rssPeakMib'),
    },
  };
}

interface Round {
  readonly perSecond: number;
  readonly timesCopy: number;
  readonly cpuSecondsPer100k: number;
  readonly rssPeakMib: number;
}

interface Log {
  readonly producer: KafkaJsProducer;
  readonly topic: string;
  readonly brokers: readonly string[];
}

async function oneRound(
  kind: BrokerKind,
  { stack, values }: Source,
  { producer, topic, brokers }: Log,
): Promise<Omit<Round, 'timesCopy'>> {
  if (kind === 'real') await send(producer, topic, values, () => Promise.resolve());
  const service = await startService(stack.url, {
    ROLES: 'ingest',
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC: topic,
    KAFKA_GROUP_ID: topic,
  });
  try {
    const { peak, result } = await peakDuring(service, async () => {
      const sending = kind === 'real' ? null : send(producer, topic, values, (sent) => untilRead(stack, topic, sent));
      const [measured] = await Promise.all([untilStored(stack, topic, values.length, service), sending]);
      return measured;
    });
    return { ...result, rssPeakMib: peak / 2 ** 20 };
  } finally {
    await service.stop();
  }
}

async function send(
  producer: KafkaJsProducer,
  topic: string,
  values: readonly Buffer[],
  room: (sent: number) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < values.length; at += AT_A_TIME) {
    await room(at);
    const records = values.slice(at, at + AT_A_TIME).map((value, index) => ({ key: String(at + index), value }));
    await producer.send(topic, records);
  }
}

async function untilRead(stack: BenchStack, topic: string, sent: number): Promise<void> {
  await until(async () => sent - (await storedOf(stack, topic)) <= MOST_UNREAD);
}

/** Counted from the first batch seen, so that joining the group is not in it. */
async function untilStored(
  stack: BenchStack,
  topic: string,
  all: number,
  service: ServiceProcess,
): Promise<Omit<Round, 'timesCopy' | 'rssPeakMib'>> {
  let first = 0;
  await until(async () => (first = await storedOf(stack, topic)) > 0);
  const [startedAt, cpuBefore] = [performance.now(), service.cpuMs()];
  await until(async () => (await storedOf(stack, topic)) >= all);
  const traces = all - first;
  return {
    perSecond: (traces * 1_000) / (performance.now() - startedAt),
    cpuSecondsPer100k: ((service.cpuMs() - cpuBefore) * 100) / traces,
  };
}

async function storedOf({ bare }: BenchStack, topic: string): Promise<number> {
  const { rows } = await bare.query<{ stored: string }>(
    'SELECT coalesce(sum(stored), 0) AS stored FROM ingest_logs WHERE topic = $1',
    [topic],
  );
  return Number(rows[0]?.stored);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error('ingest did not come to its end');
    await pause(POLL_MS);
  }
}
