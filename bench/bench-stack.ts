/** A Postgres of its own and the service's modules in this process, for the length of one benchmark. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { migrations } from '../migrations/index.js';
import { DAY_MS } from '../src/kernel/clock.js';
import { AppModule } from '../src/app.module.js';
import { BootstrapService, type Credentials } from '../src/identity/index.js';
import { startEmbeddedPostgres } from '../src/embedded/index.js';
import { loadConfig } from '../src/platform/config/load-config.js';
import { createHttpApp } from '../src/platform/http/create-app.js';
import { silentLogger } from '../src/platform/logging/logger.js';
import { LOG_INSPECTOR } from '../src/platform/tokens.js';
import { DayPartitions } from '../src/traces/day-partitions.store.js';
import type { LogInspector, LogRecord, Watermarks } from '../src/platform/kafka/log-consumer.js';

export interface BenchStack {
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** A bare client, without anything of ours. */
  readonly bare: pg.Client;
  readonly postgresVersion: string;
  close(): Promise<void>;
}

/** For a database that is gone when the benchmark ends. */
export const BENCH_KEY = Buffer.alloc(32, 7);

/** `DATABASE_URL` is not used: a benchmark truncates what it finds. */
export async function openBenchStack(): Promise<BenchStack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  const config = loadConfig({ PORT: '0', ROLES: 'api' });
  const app = await createHttpApp(
    AppModule.forRoot({
      config,
      databaseUrl: postgres.url,
      brokers: ['127.0.0.1:1'],
      encryptionKey: BENCH_KEY,
      logger: silentLogger(),
      migrations,
    }),
    config,
    silentLogger(),
  );
  await app.init();
  // What ingest does before its first batch; the yardstick writes to the same partitions.
  await app.get(DayPartitions, { strict: false }).ensure(Date.now() - 7 * DAY_MS, Date.now() + DAY_MS);
  const bare = new pg.Client({ connectionString: postgres.url, options: '-c TimeZone=UTC' });
  await bare.connect();
  const version = await bare.query<{ server_version: string }>('SHOW server_version');
  return {
    url: postgres.url,
    app,
    bare,
    postgresVersion: version.rows[0]?.server_version ?? 'unknown',
    close: async () => {
      await bare.end();
      await app.close();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Makes the first domain with its administrator, and tells its secrets. */
export async function firstAdministrator(app: NestFastifyApplication): Promise<Credentials> {
  const folder = mkdtempSync(join(tmpdir(), 'quaestor-bench-'));
  try {
    return (await app.get(BootstrapService, { strict: false }).run(join(folder, 'credentials.json'))).credentials;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Records as a broker would deliver them, of one partition, offsets from 0. */
export function recordsOf(values: readonly Buffer[]): LogRecord[] {
  return values.map((value, index) => ({ offset: BigInt(index), key: null, value, timestampMs: 0, headers: {} }));
}

/** Answers for a broker that keeps everything: the log reader asks before it takes up a partition. */
export function pretendBroker(app: NestFastifyApplication, highs: ReadonlyMap<number, bigint>): void {
  const inspector = app.get<LogInspector>(LOG_INSPECTOR, { strict: false });
  const watermarks = new Map<number, Watermarks>([...highs].map(([partition, high]) => [partition, { low: 0n, high }]));
  Object.assign(inspector, { watermarks: () => Promise.resolve(watermarks) });
}
