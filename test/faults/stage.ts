/** What every fault is played on: a Postgres and a broker that outlive the service, and a stream of traces with duplicates. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import pg from 'pg';
import { randomFrom, workload } from '../../bench/workload.js';
import {
  type EmbeddedPostgres,
  kafkaDistributionAvailable,
  startEmbeddedBroker,
  startEmbeddedPostgres,
  startKafka,
} from '../../src/embedded/index.js';
import { reaches } from '../support/reaches.js';
import { type Environment, Service } from '../support/service.js';

const TOPIC = 'cts.traces';
const PARTITIONS = 4;
const SETTLE_LIMIT_MS = 240_000;
/** One record in five is sent a second time. */
const DUPLICATES = 0.2;
const BATCH = 200;

export interface Sent {
  readonly ids: Set<string>;
  records: number;
}

export interface Audit {
  readonly stored: number;
  readonly missing: number;
  readonly unknown: number;
  readonly twice: number;
  /** Logs whose seq has a gap or does not begin at 1. */
  readonly gaps: number;
  readonly unbalanced: number;
  readonly deadLettered: number;
  readonly evicted: number;
}

interface StreamOptions {
  readonly traces: number;
  /** Traces a second. */
  readonly rate: number;
  readonly seed: number;
  /** Epoch ms of the newest, and how far back they reach. */
  readonly endAt?: number;
  readonly spanMs?: number;
}

export class Stage {
  private readonly services = new Set<Service>();
  private readonly folders: string[] = [];
  private readonly encryptionKey = randomBytes(32).toString('base64');

  private constructor(
    readonly broker: { readonly kind: string; readonly brokers: readonly string[]; stop(): Promise<void> },
    private readonly dataDir: string,
    private postgres: EmbeddedPostgres,
    private readonly producer: Producer,
  ) {}

  static async open(): Promise<Stage> {
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-fault-'));
    const postgres = await startEmbeddedPostgres({ dataDir });
    const real = await kafkaDistributionAvailable();
    const broker = real
      ? { kind: 'Apache Kafka', ...(await startKafka()) }
      : { kind: 'the embedded broker', ...(await startEmbeddedBroker()) };
    const kafka = new Kafka({ brokers: [...broker.brokers], clientId: 'faults', logLevel: logLevel.NOTHING });
    if (real) {
      const admin = kafka.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }], waitForLeaders: true });
      await admin.disconnect();
    }
    const producer = kafka.producer({ retry: { retries: 10 } });
    await producer.connect();
    return new Stage(broker, dataDir, postgres, producer);
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop().catch(() => undefined);
    await this.producer.disconnect();
    await this.broker.stop();
    await this.postgres.stop();
    for (const folder of [this.dataDir, ...this.folders]) rmSync(folder, { recursive: true, force: true });
  }

  async start(environment: Environment = {}): Promise<Service> {
    const folder = mkdtempSync(join(tmpdir(), 'quaestor-faulty-'));
    this.folders.push(folder);
    const service = await Service.start({
      DATA_DIR: folder,
      DATABASE_URL: this.postgres.url,
      KAFKA_BROKERS: this.broker.brokers.join(','),
      ENCRYPTION_KEY: this.encryptionKey,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      BOOTSTRAP_PASSWORD: 'a password for the faults',
      LOG_LEVEL: 'warn',
      ...environment,
    });
    this.services.add(service);
    return service;
  }

  async kill(service: Service): Promise<void> {
    this.services.delete(service);
    await service.kill();
  }

  signIn(service: Service): Promise<string> {
    return service.signIn({ name: service.credentials.user.name, password: 'a password for the faults' });
  }

  /** Stops Postgres as its operator would, and starts it on the same data at the same address. */
  async withoutPostgres(while_: () => Promise<void>): Promise<void> {
    const port = Number(new URL(this.postgres.url).port);
    await this.postgres.stop();
    try {
      await while_();
    } finally {
      this.postgres = await startEmbeddedPostgres({ dataDir: this.dataDir, port });
    }
  }

  /** Sends traces at an even rate, each fifth a second time soon after. */
  async stream({ traces, rate, seed, endAt = Date.now(), spanMs = 3_600_000 }: StreamOptions): Promise<Sent> {
    const sent: Sent = { ids: new Set(), records: 0 };
    const random = randomFrom(seed);
    const shape = {
      traces,
      domains: 20,
      projectsPerDomain: 3,
      usersPerDomain: 10,
      resourcesPerDomain: 100,
      endAt,
      spanMs,
    };
    const begunAt = performance.now();
    let batch: string[] = [];
    const flush = async (): Promise<void> => {
      const messages = batch.map((value) => ({ value, partition: Math.floor(random() * PARTITIONS) }));
      batch = [];
      await this.producer.send({ topic: TOPIC, messages });
      sent.records += messages.length;
      const earlyMs = (sent.ids.size / rate) * 1_000 - (performance.now() - begunAt);
      if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    };
    for (const value of workload(shape, seed)) {
      sent.ids.add((JSON.parse(value) as { trace_id: string }).trace_id);
      batch.push(value);
      if (random() < DUPLICATES) batch.push(value);
      if (batch.length >= BATCH) await flush();
    }
    if (batch.length > 0) await flush();
    return sent;
  }

  /** Waits until all that was sent is stored, then until nothing is unread, and compares. */
  async audit(...streams: readonly Sent[]): Promise<Audit> {
    const wanted = new Set(streams.flatMap(({ ids }) => [...ids]));
    await reaches(
      'all is stored',
      () => this.query<{ rows: number }>(SYNTHETIC_COUNT),
      ([row]) => (row?.rows ?? 0) >= wanted.size,
      SETTLE_LIMIT_MS,
    ).catch(() => undefined);
    const found = await this.query<{ trace_id: string; times: number }>(
      `SELECT trace_id, count(*)::int AS times FROM traces WHERE ${SYNTHETIC} GROUP BY trace_id`,
    );
    const [logs] = await this.query<{ gaps: number; unbalanced: number; dead: number; evicted: number }>(LOGS);
    const ids = new Set(found.map(({ trace_id: id }) => id));
    return {
      stored: ids.size,
      missing: [...wanted].filter((id) => !ids.has(id)).length,
      unknown: [...ids].filter((id) => !wanted.has(id)).length,
      twice: found.filter(({ times }) => times > 1).length,
      gaps: logs?.gaps ?? -1,
      unbalanced: logs?.unbalanced ?? -1,
      deadLettered: logs?.dead ?? -1,
      evicted: logs?.evicted ?? -1,
    };
  }

  async query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.postgres.url, connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }
}

/** What was sent; without what the service itself tells those domains of the quotas that it counted from it. */
const SYNTHETIC = `domain_id LIKE 'dddd%' AND service_type <> 'QUOTA'`;
const SYNTHETIC_COUNT = `SELECT count(DISTINCT trace_id)::int AS rows FROM traces WHERE ${SYNTHETIC}`;
const LOGS = `
  SELECT count(*) FILTER (WHERE kept.rows <> l.next_seq - 1 OR kept.least <> 1 OR kept.most <> l.next_seq - 1)::int AS gaps,
    count(*) FILTER (WHERE l.stored + l.duplicate + l.dead_lettered + l.filtered + l.absent + l.evicted
      <> l.next_offset - l.first_offset)::int AS unbalanced,
    coalesce(sum(l.dead_lettered), 0)::int AS dead, coalesce(sum(l.evicted), 0)::int AS evicted
  FROM ingest_logs l
  LEFT JOIN (SELECT log, count(*) AS rows, min(seq) AS least, max(seq) AS most FROM traces GROUP BY log) kept USING (log)
  WHERE l.stored > 0`;

/** Null where all that was sent stands there once, and every offset is accounted for. */
export function brokenBy(audit: Audit): string | null {
  const wrong = Object.entries(audit).filter(([name, count]) => name !== 'stored' && count !== 0);
  return wrong.length === 0 ? null : wrong.map(([name, count]) => `${name}: ${String(count)}`).join(', ');
}

/** Resident memory of a process in MiB (Linux only). */
export function residentMib(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  return Math.round(Number(found?.[1] ?? 0) / 1_024);
}
