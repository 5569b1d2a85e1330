/** What every fault is played on: a Postgres and a broker that outlive the service, and a stream of traces with duplicates. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import pg from 'pg';
import { randomFrom, workload } from '../../bench/workload.js';
import { type EmbeddedPostgres, kafkaDistributionAvailable, startEmbeddedPostgres } from '../../src/embedded/index.js';
import { reaches } from '../support/reaches.js';
import { type Environment, Service } from '../support/service.js';
import { type Audit, compare, type LogFaults, LOGS, type Sent, SYNTHETIC } from './audit.js';
import { type Broker, openEmbeddedBroker, openKafka } from './broker.js';

const TOPIC = 'cts.traces';
export const PARTITIONS = 4;
const SETTLE_LIMIT_MS = 240_000;
const SEND_LIMIT_MS = 120_000;
/** One record in five is sent a second time. */
const DUPLICATES = 0.2;
const BATCH = 200;

interface StageOptions {
  /** The embedded broker also where a real one can be had. */
  readonly embeddedBroker?: boolean;
  /** Of Postgres; absent: a temporary one. Removed in the end. */
  readonly dataDir?: string;
}

interface StreamOptions {
  readonly traces: number;
  /** Traces a second. */
  readonly rate: number;
  readonly seed: number;
  /** Epoch ms of the newest, and how far back they reach. */
  readonly endAt?: number;
  readonly spanMs?: number;
  /** Records sent at once, about. */
  readonly batch?: number;
  /** Ends the stream early; what was on its way then may have arrived or not. */
  readonly signal?: AbortSignal;
}

export class Stage {
  private readonly services = new Set<Service>();
  private readonly folders: string[] = [];
  private readonly encryptionKey = randomBytes(32).toString('base64');

  private constructor(
    readonly broker: Broker,
    private readonly dataDir: string,
    private postgres: EmbeddedPostgres,
    private producer: Producer,
  ) {}

  static async open({ embeddedBroker = false, dataDir }: StageOptions = {}): Promise<Stage> {
    const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'quaestor-fault-'));
    const postgres = await startEmbeddedPostgres({ dataDir: folder });
    const real = !embeddedBroker && (await kafkaDistributionAvailable());
    const broker = real ? await openKafka() : await openEmbeddedBroker();
    if (real) await asAdmin(broker, createTopic);
    return new Stage(broker, folder, postgres, await connected(broker));
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop().catch(() => undefined);
    await this.producer.disconnect();
    await this.broker.stop();
    await this.postgres.stop();
    for (const folder of [this.dataDir, ...this.folders]) rmSync(folder, { recursive: true, force: true });
  }

  /** A folder that is removed in the end. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'quaestor-faulty-'));
    this.folders.push(folder);
    return folder;
  }

  /** What a service, or a command on the same installation, is told. */
  environment(given: Environment = {}): Environment & { readonly DATA_DIR: string } {
    return {
      DATA_DIR: given.DATA_DIR ?? this.folder(),
      DATABASE_URL: this.postgres.url,
      KAFKA_BROKERS: this.broker.brokers.join(','),
      ENCRYPTION_KEY: this.encryptionKey,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      BOOTSTRAP_PASSWORD: 'a password for the faults',
      LOG_LEVEL: 'warn',
      ...given,
    };
  }

  async start(environment: Environment = {}): Promise<Service> {
    const service = await Service.start(this.environment(environment));
    this.services.add(service);
    return service;
  }

  async kill(service: Service): Promise<void> {
    this.services.delete(service);
    await service.kill();
  }

  /** SIGTERM, as a supervisor stops it. */
  async terminate(service: Service): Promise<void> {
    this.services.delete(service);
    await service.terminate();
  }

  signIn(service: Service): Promise<string> {
    return service.signIn({ name: service.credentials.user.name, password: 'a password for the faults' });
  }

  /** Stops Postgres as its operator would, and starts it on the same data at the same address. */
  async withoutPostgres(while_: () => Promise<void>): Promise<void> {
    await this.postgres.stop();
    try {
      await while_();
    } finally {
      await this.startPostgresAgain();
    }
  }

  /** Waits until Postgres answers; where it has ended by itself it is started again, as a supervisor would. */
  async postgresAnswers(): Promise<'by itself' | 'started again'> {
    const ended = (): Promise<boolean> =>
      Promise.race([this.postgres.exited.then(() => true), pause(0).then(() => false)]);
    let how: 'by itself' | 'started again' = 'by itself';
    await reaches(
      'Postgres answers',
      async () => {
        if (await ended()) {
          how = 'started again';
          await this.postgres.stop();
          await this.startPostgresAgain();
        }
        return this.query('SELECT 1');
      },
      () => true,
      SETTLE_LIMIT_MS,
    );
    return how;
  }

  private async startPostgresAgain(): Promise<void> {
    const port = Number(new URL(this.postgres.url).port);
    this.postgres = await startEmbeddedPostgres({ dataDir: this.dataDir, port });
  }

  /** After the broker was killed. */
  async startBrokerAgain(): Promise<void> {
    const before = this.broker.brokers.join();
    await this.broker.startAgain();
    if (this.broker.brokers.join() === before) return;
    await this.producer.disconnect().catch(() => undefined);
    this.producer = await connected(this.broker);
  }

  async recreateTopic(): Promise<void> {
    await asAdmin(this.broker, async (admin) => {
      await admin.deleteTopics({ topics: [TOPIC] });
      // A client that asks for it meanwhile makes Kafka create it, with as many partitions.
      await createTopic(admin);
    });
  }

  /** Sends traces at an even rate, each fifth a second time soon after. */
  async stream({ signal, rate, seed, batch: size = BATCH, ...shape }: StreamOptions): Promise<Sent> {
    const { endAt = Date.now(), spanMs = 3_600_000, traces } = shape;
    const tenants = { domains: 20, projectsPerDomain: 3, usersPerDomain: 10, resourcesPerDomain: 100 };
    const sent: Sent = { ids: new Set(), records: 0 };
    const random = randomFrom(seed);
    const ended = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    const begunAt = performance.now();
    let batch: string[] = [];
    const flush = async (): Promise<void> => {
      const messages = batch.map((value) => ({ value, partition: Math.floor(random() * PARTITIONS) }));
      batch = [];
      const sending = this.send(messages, signal);
      await Promise.race([sending, ended]);
      sent.records += messages.length;
      const earlyMs = (sent.ids.size / rate) * 1_000 - (performance.now() - begunAt);
      if (earlyMs > 0) await pause(earlyMs);
    };
    for (const value of workload({ traces, endAt, spanMs, ...tenants }, seed)) {
      if (signal?.aborted === true) return sent;
      sent.ids.add((JSON.parse(value) as { trace_id: string }).trace_id);
      batch.push(value);
      if (random() < DUPLICATES) batch.push(value);
      if (batch.length >= size) await flush();
    }
    if (batch.length > 0) await flush();
    return sent;
  }

  /** One short stream after the other. */
  async streamUntil(done: AbortSignal, options: Pick<StreamOptions, 'rate' | 'seed' | 'batch'>): Promise<Sent[]> {
    const streams: Sent[] = [];
    const [traces, seed] = [2 * options.rate, options.seed];
    while (!done.aborted) streams.push(await this.stream({ ...options, traces, seed: seed + streams.length }));
    return streams;
  }

  /** As senders do, again and again while the broker is away: what it took without saying so comes twice. */
  private async send(messages: { value: string; partition: number }[], signal?: AbortSignal): Promise<void> {
    const send = async (): Promise<unknown> =>
      signal?.aborted === true || this.producer.send({ topic: TOPIC, messages });
    await reaches('the broker takes what is sent', send, () => true, SEND_LIMIT_MS);
  }

  /** Of what was sent. */
  async storedIds(): Promise<Set<string>> {
    const rows = await this.query<{ trace_id: string }>(`SELECT DISTINCT trace_id FROM traces WHERE ${SYNTHETIC}`);
    return new Set(rows.map(({ trace_id: id }) => id));
  }

  async storesMoreThan(count: number): Promise<void> {
    await reaches(
      `more than ${String(count)} are stored`,
      () => this.query<{ rows: number }>(SYNTHETIC_COUNT),
      ([row]) => (row?.rows ?? 0) > count,
      SETTLE_LIMIT_MS,
    );
  }

  /** Duplicates and own operations too: nothing waits in the outbox, and ingest stands where the topic ends. */
  async allIsRead(): Promise<void> {
    await asAdmin(this.broker, (admin) =>
      reaches(
        'all is read',
        async () => {
          const ends = await admin.fetchTopicOffsets(TOPIC);
          const rows = await this.query<{ partition: number; next: string }>(
            'SELECT "partition", next_offset AS next FROM ingest_logs WHERE current',
          );
          const next = new Map(rows.map((row) => [row.partition, BigInt(row.next)]));
          if ((await this.query('SELECT FROM trace_outbox LIMIT 1')).length > 0) return false;
          return ends.every(({ partition, high }) => (next.get(partition) ?? 0n) >= BigInt(high));
        },
        Boolean,
        SETTLE_LIMIT_MS,
      ),
    );
  }

  /** Waits until all that was sent is stored, and compares. */
  async audit(...streams: readonly Pick<Sent, 'ids'>[]): Promise<Audit> {
    const wanted = new Set(streams.flatMap(({ ids }) => [...ids]));
    await this.storesMoreThan(wanted.size - 1).catch(() => undefined);
    const found = await this.query<{ trace_id: string; times: number }>(
      `SELECT trace_id, count(*)::int AS times FROM traces WHERE ${SYNTHETIC} GROUP BY trace_id`,
    );
    const [logs] = await this.query<LogFaults>(LOGS);
    return compare(wanted, found, logs);
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.connected(async (client) => (await client.query<Row>(sql, [...values])).rows);
  }

  /** Runs `work` while a transaction of another is open that has run `sql`, and keeps the locks of it. */
  async whileLocked<T>(sql: string, work: () => Promise<T>): Promise<T> {
    return this.connected(async (client) => {
      await client.query('BEGIN');
      await client.query(sql);
      return work();
    });
  }

  private async connected<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.postgres.url, connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

const SYNTHETIC_COUNT = `SELECT count(DISTINCT trace_id)::int AS rows FROM traces WHERE ${SYNTHETIC}`;

function clientOf(broker: Broker): Kafka {
  return new Kafka({ brokers: [...broker.brokers], clientId: 'faults', logLevel: logLevel.NOTHING });
}

async function connected(broker: Broker): Promise<Producer> {
  const producer = clientOf(broker).producer({ retry: { retries: 10 } });
  await producer.connect();
  return producer;
}

async function asAdmin(broker: Broker, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = clientOf(broker).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(admin: Admin): Promise<void> {
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }], waitForLeaders: true });
}

/** Resident memory of a process in MiB (Linux only). */
export function residentMib(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  return Math.round(Number(found?.[1] ?? 0) / 1_024);
}
