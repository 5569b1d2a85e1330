/** A database with the schema of the migrations, and the door that the service opens to it. */
import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.js';
import {
  createReadPool,
  dataSourceOptions,
  type DatabaseSettings,
} from '../../../src/platform/database/data-source.js';
import { Database } from '../../../src/platform/database/database.js';
import { createTestDatabase } from '../../support/database.js';

export interface OpenDatabase {
  readonly database: Database;
  /** A bare connection beside the pools, e.g. for a reader that stands in the way. Closed with the database. */
  client(): Promise<pg.Client>;
  close(): Promise<void>;
}

export async function openTestDatabase(): Promise<OpenDatabase> {
  const test = await createTestDatabase(migrations);
  const settings: DatabaseSettings = {
    url: test.url,
    poolSize: 8,
    readPoolSize: 4,
    connectTimeoutMs: 5_000,
    queryTimeoutMs: 20_000,
    migrations: [],
    onPoolError: () => undefined,
  };
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  const readPool = createReadPool(settings);
  const clients: pg.Client[] = [];
  return {
    database: new Database(dataSource, readPool),
    client: async () => {
      const client = new pg.Client({ connectionString: test.url, options: '-c TimeZone=UTC' });
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await readPool.end();
      await dataSource.destroy();
      await test.drop();
    },
  };
}

/** Resolves when the condition holds; fails after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
