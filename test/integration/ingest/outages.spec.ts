/** What ingest runs on goes away for a while, under load: the database, the broker, the topic. Nothing is lost or stored twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres, startKafka } from '../../../src/embedded/index.js';
import { openKafka } from '../../../src/platform/kafka/kafkajs.client.js';
import type { LogProducer } from '../../../src/platform/kafka/log-consumer.js';
import { reaches } from '../../support/reaches.js';
import { createTestDatabase } from '../../support/database.js';
import { brokerKinds, notRun, realKafkaIsWanted } from '../kafka/brokers.js';
import { Clients, PARTITIONS, settingsFor, unique } from '../kafka/harness.js';
import { event } from './harness.js';
import { RunningIngest } from './running-ingest.js';

/** Publishes small batches, one after the other, until told to stop; remembers what was acknowledged. */
class Load {
  readonly sent: Record<string, unknown>[] = [];
  private running = true;
  private readonly ended: Promise<void>;

  constructor(
    private readonly producer: LogProducer,
    private readonly topic: string,
  ) {
    this.ended = this.run();
    // Told by `stop`.
    void this.ended.catch(() => undefined);
  }

  /** Less than half of what the embedded broker keeps (5 MiB a partition). */
  private static readonly mostTraces = 12_000;

  async stop(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  /** Again until it is acknowledged: a broker that starts may take longer than the producer is patient. */
  private publish(records: { key: string; value: string }[]): Promise<unknown> {
    return reaches(
      'a batch is acknowledged',
      () => this.producer.send(this.topic, records).then(() => true, String),
      (outcome) => outcome === true,
      60_000,
    );
  }

  private async run(): Promise<void> {
    while (this.running && this.sent.length < Load.mostTraces) {
      const batch = Array.from({ length: 20 }, () => event());
      await this.publish(batch.map((trace) => ({ key: String(trace.trace_id), value: JSON.stringify(trace) })));
      this.sent.push(...batch);
      // Spreads the load over the whole outage.
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
}

async function allStoredOnce(ingest: RunningIngest, sent: Load['sent'], limitMs = 60_000): Promise<void> {
  const { total } = await reaches(
    `${String(sent.length)} traces are stored`,
    () => ingest.coverage(),
    (coverage) => Number(coverage.total.stored) >= sent.length && coverage.total.lag === '0',
    limitMs,
  );
  expect(total).toMatchObject({ stored: String(sent.length), dead_lettered: '0', evicted: '0', balanced: true });
  expect((await ingest.traceIds()).sort()).toEqual(sent.map(({ trace_id }) => String(trace_id)).sort());
  expect(await ingest.database.query('SELECT FROM dead_letters')).toEqual([]);
}

const joined = (ingest: RunningIngest) =>
  reaches(
    'the group is joined',
    () => ingest.status().partitions,
    (partitions) => partitions.length === PARTITIONS,
  );
const storedMoreThan = (ingest: RunningIngest, count: number) =>
  reaches(
    'the load arrives',
    () => ingest.coverage(),
    ({ total }) => Number(total.stored) > count,
  );

describe.each(brokerKinds)('a database that stops and comes back, with $name', (kind) => {
  it('is waited for: not ready meanwhile, everything stored in the end', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-outage-'));
    const postgres: EmbeddedPostgres[] = [await startEmbeddedPostgres({ dataDir })];
    const databaseUrl = postgres[0]?.url ?? '';
    const broker = await kind.start();
    const clients = new Clients(broker.brokers);
    const [topic, groupId] = [unique('topic'), unique('group')];
    try {
      await clients.producer().ensureTopic(topic, PARTITIONS);
      const ingest = await RunningIngest.start({ databaseUrl, brokers: broker.brokers, topic, groupId });
      try {
        await joined(ingest);
        const load = new Load(clients.producer(), topic);
        await storedMoreThan(ingest, 100);
        expect(await ingest.readiness()).toMatchObject({ ready: true });

        await postgres[0]?.stop();
        const sentBefore = load.sent.length;
        await reaches(
          'ingest waits',
          () => ingest.logged('warn').join('; '),
          (warnings) => warnings.includes('the database does not take the batch; waiting'),
        );
        const { ready, checks } = await ingest.readiness();
        expect({ ready, database: checks.database }).toEqual({ ready: false, database: 'failed' });
        await reaches(
          'more is published than was stored',
          () => load.sent.length,
          (count) => count > sentBefore + 500,
        );
        expect(ingest.status()).toMatchObject({ running: true, restarts: 0 });

        postgres.push(await startEmbeddedPostgres({ dataDir, port: Number(new URL(databaseUrl).port) }));
        await storedMoreThan(ingest, sentBefore + 500);
        await load.stop();
        await allStoredOnce(ingest, load.sent);
        expect(ingest.status().restarts).toBe(0);
        await reaches(
          'it is ready again',
          () => ingest.readiness(),
          (report) => report.ready,
        );
        expect(ingest.logged('error')).toEqual([]);
      } finally {
        await ingest.close();
      }
    } finally {
      await clients.closeAll();
      await broker.stop();
      await Promise.all(postgres.map((each) => each.stop()));
      rmSync(dataDir, { recursive: true, force: true });
    }
  }, 120_000);
});

(realKafkaIsWanted ? describe : describe.skip)(`Apache Kafka${notRun.map((reason) => ` (${reason})`).join('')}`, () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'quaestor-kafka-outage-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('killed and started again in mid-stream: the same logs go on, each trace stored once', async () => {
    const { url: databaseUrl, drop } = await createTestDatabase();
    const first = await startKafka({ dir });
    const clients = new Clients(first.brokers);
    const [topic, groupId] = [unique('topic'), unique('group')];
    let second: Awaited<ReturnType<typeof startKafka>> | undefined;
    try {
      const producer = clients.producer();
      await producer.ensureTopic(topic, PARTITIONS);
      const ingest = await RunningIngest.start({ databaseUrl, brokers: first.brokers, topic, groupId });
      try {
        await joined(ingest);
        const load = new Load(producer, topic);
        await storedMoreThan(ingest, 100);
        await first.kill();
        const storedBefore = Number((await ingest.coverage()).total.stored);
        second = await startKafka({ dir, port: first.port });
        await storedMoreThan(ingest, storedBefore + 500);
        await load.stop();
        await allStoredOnce(ingest, load.sent);
        const { logs } = await ingest.coverage();
        expect(logs.map(({ partition, incarnation }) => [partition, incarnation])).toEqual(
          Array.from({ length: PARTITIONS }, (_, partition) => [partition, 1]),
        );
      } finally {
        await ingest.close();
      }
    } finally {
      await clients.closeAll();
      await first.stop();
      await second?.stop();
      await drop();
    }
  }, 150_000);

  it('whose topic is deleted and created again: new incarnations, what comes again is known', async () => {
    const { url: databaseUrl, drop } = await createTestDatabase();
    const kafka = await startKafka({ dir });
    const clients = new Clients(kafka.brokers);
    const [topic, groupId] = [unique('topic'), unique('group')];
    const traces = Array.from({ length: 400 }, () => event());
    const records = traces.map((trace) => ({ key: String(trace.trace_id), value: JSON.stringify(trace) }));
    try {
      const producer = clients.producer();
      await producer.ensureTopic(topic, PARTITIONS);
      const ingest = await RunningIngest.start({ databaseUrl, brokers: kafka.brokers, topic, groupId });
      try {
        await producer.send(topic, records);
        expect((await ingest.accountedFor(400)).total).toMatchObject({ stored: '400', balanced: true });

        const { kafka: client, sever } = openKafka(settingsFor(kafka.brokers), clients.write);
        const admin = client.admin();
        await admin.connect();
        await admin.deleteTopics({ topics: [topic] });
        await admin.disconnect();
        sever();
        const another = clients.producer();
        await another.ensureTopic(topic, PARTITIONS);
        const fresh = Array.from({ length: 100 }, () => event());
        // As many as before and more: the new log is not shorter, so that only its content tells that it is another.
        await another.send(topic, [
          ...records,
          ...fresh.map((trace) => ({ key: String(trace.trace_id), value: JSON.stringify(trace) })),
        ]);
        const { total, logs } = await reaches(
          'all of the new topic is read',
          () => ingest.coverage(),
          (coverage) => BigInt(coverage.total.offsets) >= 900n && coverage.total.lag === '0',
          90_000,
        );
        // A partition that has no leader yet makes the producer send the whole request again: more than 900, and all of it known.
        expect(total).toMatchObject({
          stored: '500',
          duplicate: String(BigInt(total.offsets) - 500n),
          absent: '0',
          evicted: '0',
          balanced: true,
        });
        expect(logs.map(({ partition, incarnation, current }) => [partition, incarnation, current])).toEqual(
          Array.from({ length: PARTITIONS }, (_, partition) => [
            [partition, 1, false],
            [partition, 2, true],
          ]).flat(),
        );
        expect((await ingest.traceIds()).sort()).toEqual(
          [...traces, ...fresh].map(({ trace_id }) => String(trace_id)).sort(),
        );
      } finally {
        await ingest.close();
      }
    } finally {
      await clients.closeAll();
      await kafka.stop();
      await drop();
    }
  }, 150_000);
});
