/** Builds the two pools: TypeORM's for writing, and a read-only one with a statement timeout for searching. */
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';

export interface DatabaseSettings {
  readonly url: string;
  readonly poolSize: number;
  readonly readPoolSize: number;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly migrations: readonly (new () => unknown)[];
  readonly onPoolError: (error: Error) => void;
}

/** Timestamps are compared and rendered in UTC whatever the server's own zone is. */
const SESSION_OPTIONS = '-c TimeZone=UTC -c client_min_messages=warning';

export function dataSourceOptions(settings: DatabaseSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    migrations: [...settings.migrations] as never,
    migrationsRun: false,
    synchronize: false,
    logging: false,
    poolErrorHandler: settings.onPoolError,
    applicationName: 'quaestor',
    extra: {
      max: settings.poolSize,
      connectionTimeoutMillis: settings.connectTimeoutMs,
      keepAlive: true,
      options: SESSION_OPTIONS,
    },
  };
}

export function createReadPool(settings: DatabaseSettings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: settings.readPoolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    statement_timeout: settings.queryTimeoutMs,
    // The socket may hang where the statement timeout cannot be told.
    query_timeout: settings.queryTimeoutMs + 5_000,
    keepAlive: true,
    application_name: 'quaestor-read',
    options: `${SESSION_OPTIONS} -c default_transaction_read_only=on`,
  });
  pool.on('error', settings.onPoolError);
  pool.on('connect', (client) => client.on('error', settings.onPoolError));
  return pool;
}
