/** `npm run rotate-key -- --new-key-file FILE`: exchanges `ENCRYPTION_KEY` while the service is stopped. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { lockDataDirectory, startEmbeddedPostgres } from '../embedded/index.js';
import { RotationRefused, rotateEncryptionKey } from '../identity/index.js';
import { splitOption } from '../kernel/command-option.js';
import type { Config } from '../platform/config/config.schema.js';
import { ConfigError, loadConfig } from '../platform/config/load-config.js';
import { createReadPool, type DatabaseSettings, dataSourceOptions } from '../platform/database/data-source.js';
import { Database } from '../platform/database/database.js';
import { pendingMigrations } from '../platform/database/migrate.js';
import { encryptionKeyFile, readEncryptionKey, writeEncryptionKey } from '../stack.js';
import { TraceRecorder } from '../traces/index.js';
import { TraceOutboxStore } from '../traces/trace-outbox.store.js';

const USAGE =
  'usage: npm run rotate-key -- --new-key-file FILE (32 bytes in base64, e.g. from: openssl rand -base64 32)';

/** What is exchanged, and what there is to do once the database has the new key. */
interface Installation {
  readonly databaseUrl: string;
  readonly key: Buffer;
  readonly finish: (key: Buffer) => string;
  readonly close: () => Promise<void>;
}

export async function rotateKey(args: readonly string[]): Promise<number> {
  const file = newKeyFile(args);
  if (file === null) {
    console.error(USAGE);
    return 2;
  }
  const to = readNewKey(file);
  const config = loadConfig();
  const installation = await open(config);
  try {
    const result = await withDatabase(config, installation.databaseUrl, (database) =>
      rotateEncryptionKey(database, new TraceRecorder(new TraceOutboxStore(database)), {
        from: installation.key,
        to,
      }),
    );
    console.error(installation.finish(to));
    console.log(JSON.stringify(result));
    return 0;
  } catch (error) {
    if (!(error instanceof RotationRefused)) throw error;
    console.error(`The key was not exchanged: ${error.message}.`);
    return 1;
  } finally {
    await installation.close();
  }
}

function newKeyFile(args: readonly string[]): string | null {
  const [first = '', ...rest] = args;
  const [name, value] = splitOption(first);
  const [file, ...more] = value === undefined ? rest : [value, ...rest];
  return name === '--new-key-file' && file !== undefined && file !== '' && more.length === 0 ? file : null;
}

function readNewKey(file: string): Buffer {
  if (!existsSync(file)) throw new ConfigError([`--new-key-file: there is no ${file}`]);
  try {
    return readEncryptionKey(file);
  } catch (error) {
    throw new ConfigError([`--new-key-file: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** The database that is configured, else the embedded one, started for this and reserved against a start meanwhile. */
async function open(config: Config): Promise<Installation> {
  const told = 'Start the service with the new ENCRYPTION_KEY.';
  const given = config.ENCRYPTION_KEY === undefined ? null : Buffer.from(config.ENCRYPTION_KEY, 'base64');
  if (config.DATABASE_URL !== undefined && given !== null)
    return { databaseUrl: config.DATABASE_URL, key: given, finish: () => told, close: () => Promise.resolve() };
  const dataDir = resolve(config.DATA_DIR);
  if (!existsSync(dataDir)) throw new ConfigError([`DATA_DIR: there is no ${dataDir}`]);
  const key = given ?? readEncryptionKey(encryptionKeyFile(dataDir));
  const lock = lockDataDirectory(dataDir);
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    return {
      databaseUrl: postgres.url,
      key,
      // After the commit: a crash in between leaves the former file, and this command, run once more, replaces it.
      finish: (to) => {
        if (given !== null) return told;
        writeEncryptionKey(dataDir, to);
        return `${encryptionKeyFile(dataDir)} holds the new key.`;
      },
      close: async () => {
        await postgres.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function withDatabase<T>(config: Config, url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const settings: DatabaseSettings = {
    url,
    poolSize: 2,
    readPoolSize: 1,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    queryTimeoutMs: config.QUERY_TIMEOUT_MS,
    migrations,
    onPoolError: (error) => console.error(`a database connection was lost: ${error.message}`),
  };
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  const readPool = createReadPool(settings);
  try {
    const pending = await pendingMigrations(dataSource);
    if (pending.length > 0)
      throw new RotationRefused(
        `the schema is of an earlier release (npm run migrate): it lacks ${pending.join(', ')}`,
      );
    return await work(new Database(dataSource, readPool));
  } finally {
    await readPool.end();
    await dataSource.destroy();
  }
}
