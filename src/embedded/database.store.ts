/** The first words spoken with a fresh Postgres: is it ready, is it ours, and does it hold the service's database. */
import pg from 'pg';

const connectTimeoutMs = 2_000;
const queryTimeoutMs = 30_000;

export const databaseName = 'quaestor';

export interface ServerAddress {
  readonly port: number;
  readonly password: string;
}

/** `postgres://…` of a database on the embedded server; holds the password, so it is never logged. */
export function urlOf({ port, password }: ServerAddress, database = databaseName): string {
  return `postgres://${databaseName}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Connects once and makes the service's database when it is missing.
 * @throws what pg throws: `57P03` while the server starts, `28P01` when the password is not its own, or an error of the socket.
 */
export async function ensureDatabase(address: ServerAddress): Promise<void> {
  const client = new pg.Client({
    connectionString: urlOf(address, 'postgres'),
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  });
  // What breaks the connection also rejects the call in hand; a client without a listener would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
