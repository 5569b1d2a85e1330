/** Ingest on real Postgres, fed by hand: batches are what a broker would deliver, watermarks what it would tell. */
import { randomBytes } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { migrations } from '../../../migrations/index.js';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { uuidV1 } from '../../../src/kernel/ids.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import type {
  BatchControl,
  BatchOutcome,
  LogBatch,
  LogRecord,
  RecordHeaders,
  Watermarks,
} from '../../../src/platform/kafka/log-consumer.js';
import { silentLogger } from '../../../src/platform/logging/logger.js';
import { PlatformModule } from '../../../src/platform/platform.module.js';
import { SchedulingModule } from '../../../src/platform/scheduling/scheduling.module.js';
import { LOG_INSPECTOR } from '../../../src/platform/tokens.js';
import { renderCoverage, type WireCoverage } from '../../../src/traces/coverage.dto.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { IngestLogStore } from '../../../src/traces/ingest-log.store.js';
import { LogReader } from '../../../src/traces/log-reader.service.js';
import { TracesModule } from '../../../src/traces/traces.module.js';
import { createTestDatabase } from '../../support/database.js';

export const TOPIC = 'cts.traces';
export const DOMAIN = 'd'.repeat(32);
export const PROJECT = 'e'.repeat(32);

/** A partition as a broker keeps it. */
export class FakeLog {
  records: LogRecord[] = [];
  low = 0n;
  private nextOffset = 0n;

  constructor(readonly partition = 0) {}

  get high(): bigint {
    return this.nextOffset;
  }

  append(...values: (object | string | Buffer | null)[]): this {
    for (const value of values) this.add(value, {});
    return this;
  }

  add(value: object | string | Buffer | null, headers: RecordHeaders, timestampMs = 1_000): void {
    const bytes =
      value === null || Buffer.isBuffer(value)
        ? value
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    this.records.push({ offset: this.nextOffset, key: Buffer.from('k'), value: bytes, timestampMs, headers });
    this.nextOffset += 1n;
  }

  /** An offset that holds no record: a transaction marker, or what compaction took. */
  skip(count = 1): this {
    this.nextOffset += BigInt(count);
    return this;
  }

  evictBelow(low: bigint): this {
    this.low = low;
    this.records = this.records.filter(({ offset }) => offset >= low);
    return this;
  }

  batch(from: bigint, most = 10_000): LogBatch | null {
    const records = this.records.filter(({ offset }) => offset >= from).slice(0, most);
    return records.length === 0 ? null : { topic: TOPIC, partition: this.partition, highWatermark: this.high, records };
  }
}

export class Ingest {
  readonly logs = new Map<number, FakeLog>();
  control: BatchControl = { heartbeat: () => Promise.resolve(), isRunning: () => true };

  private constructor(
    readonly module: TestingModule,
    readonly database: Database,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(environment: Record<string, string> = {}): Promise<Ingest> {
    const { url, drop } = await createTestDatabase();
    const holder: { ingest?: Ingest } = {};
    const inspector = {
      watermarks: () =>
        Promise.resolve(
          new Map<number, Watermarks>([...(holder.ingest?.logs.values() ?? [])].map((log) => [log.partition, log])),
        ),
      ping: () => Promise.resolve(),
    };
    const config = loadConfig({
      ROLES: 'jobs',
      DATABASE_URL: url,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...environment,
    });
    const module = await Test.createTestingModule({
      imports: [
        PlatformModule.forRoot({
          config,
          databaseUrl: url,
          brokers: ['127.0.0.1:1'],
          encryptionKey: randomBytes(32),
          logger: silentLogger(),
          migrations,
        }),
        SchedulingModule,
        TracesModule,
      ],
    })
      .overrideProvider(LOG_INSPECTOR)
      .useValue(inspector)
      .compile();
    const ingest = new Ingest(module, module.get(Database), drop);
    holder.ingest = ingest;
    await module.get(DayPartitions).ensure(Date.now() - 7 * DAY_MS, Date.now() + 2 * DAY_MS);
    return ingest;
  }

  log(partition = 0): FakeLog {
    let log = this.logs.get(partition);
    if (!log) this.logs.set(partition, (log = new FakeLog(partition)));
    return log;
  }

  /** The broker was replaced: same name, nothing in it. */
  replaceLog(partition = 0): FakeLog {
    this.logs.delete(partition);
    return this.log(partition);
  }

  get reader(): LogReader {
    return this.module.get(LogReader);
  }

  /** Consumes from `from` until the end, obeying the reader, like a consumer would. Returns the outcomes in order. */
  async consume(partition = 0, from = 0n, reader = this.reader): Promise<BatchOutcome[]> {
    const outcomes: BatchOutcome[] = [];
    const log = this.log(partition);
    for (let position = from, round = 0; round < 50; round++) {
      const batch = log.batch(position);
      if (batch === null) return outcomes;
      const outcome = await reader.handle(batch, this.control);
      outcomes.push(outcome);
      if (outcome.kind === 'pause') return outcomes;
      position = outcome.kind === 'advance' ? outcome.nextOffset : outcome.offset;
    }
    throw new Error('the reader does not come to an end');
  }

  async coverage(): Promise<WireCoverage> {
    return renderCoverage(await this.module.get(IngestLogStore).coverage());
  }

  async traceIds(): Promise<string[]> {
    const rows = await this.database.query<{ trace_id: string }>('SELECT trace_id FROM traces ORDER BY log, seq');
    return rows.map(({ trace_id }) => trace_id);
  }

  /** As on the first day: no logs, nothing stored. */
  async reset(): Promise<void> {
    await this.database.query(`TRUNCATE traces, dead_letters, trace_rollups, ingest_logs, ingest_gaps,
      trace_outbox, actors, trace_recording, trace_configurations, trace_departures`);
    this.logs.clear();
    this.reader.assigned();
    this.control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.drop();
  }
}

let sequence = 0;

/** A valid trace of now; `overrides` replace its members. */
export function event(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Date.now();
  return {
    trace_id: uuidV1(now, sequence++ % 10_000, '8000a1b2c3d4e5f6'),
    trace_name: 'createUserNamespace',
    trace_rating: 'normal',
    trace_type: 'ApiCall',
    event_type: 'system',
    service_type: 'SWR',
    resource_type: 'usernamespace',
    resource_name: 'team-a',
    resource_id: 'r1',
    domain_id: DOMAIN,
    project_id: PROJECT,
    user: { id: 'u1', name: 'lin', domain: { id: DOMAIN, name: 'acme' } },
    source_ip: '10.0.0.1',
    request: '{"namespace":"team-a"}',
    response: '',
    code: '201',
    time: now,
    record_time: now,
    read_only: false,
    ...overrides,
  };
}
