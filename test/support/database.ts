/** A fresh database in the Postgres of the test run, one for each suite. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { migrate } from '../../src/platform/database/migrate.js';

export interface TestDatabase {
  readonly url: string;
  /** Ends whatever is still connected. */
  drop(): Promise<void>;
}

/** With the schema of `migrations`; without any it is empty. */
export async function createTestDatabase(migrations: readonly (new () => unknown)[] = []): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) throw new Error('TEST_DATABASE_URL is not set: run this suite by the integration project');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
  if (migrations.length > 0) await applyMigrations(url, migrations);
  return { url, drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function applyMigrations(url: string, migrations: readonly (new () => unknown)[]): Promise<void> {
  const dataSource = new DataSource(
    dataSourceOptions({
      url,
      migrations,
      poolSize: 2,
      readPoolSize: 1,
      connectTimeoutMs: 5_000,
      queryTimeoutMs: 30_000,
      onPoolError: () => undefined,
    }),
  );
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
