/** A Postgres of its own that is backed up while it serves, lost, and restored from the copy, as its operator would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/index.js';

/** What a base backup leaves out: of the running server, and the log, which is copied when the backup has ended. */
const LEFT_OUT =
  /^(?:postmaster\.(?:pid|opts)|pg_wal\/.*|pg_replslot\/.*|pg_dynshmem\/.*|pg_notify\/.*|pg_subtrans\/.*)$/;

export class BackedUpPostgres {
  private constructor(
    private readonly folder: string,
    private postgres: EmbeddedPostgres,
  ) {}

  static async start(): Promise<BackedUpPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'quaestor-restore-'));
    return new BackedUpPostgres(folder, await startEmbeddedPostgres({ dataDir: folder }));
  }

  /** The same after a restore. */
  get url(): string {
    return this.postgres.url;
  }

  private get cluster(): string {
    return join(this.folder, 'postgres');
  }

  private get copy(): string {
    return join(this.folder, 'backup');
  }

  /** What `pg_basebackup` does, which the embedded Postgres lacks: a copy of the files that the log makes whole. */
  async backUp(): Promise<void> {
    await this.connected(async (client) => {
      await client.query('SELECT pg_backup_start($1, true)', ['restore']);
      const kept = (path: string): boolean => !LEFT_OUT.test(relative(this.cluster, path));
      await cp(this.cluster, this.copy, { recursive: true, filter: kept });
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
      writeFileSync(join(this.copy, 'backup_label'), rows[0]?.labelfile ?? '');
      await cp(join(this.cluster, 'pg_wal'), join(this.copy, 'pg_wal'), { recursive: true });
    });
  }

  /** Loses everything since the backup, and serves at the same address again. */
  async restore(): Promise<void> {
    const port = Number(new URL(this.url).port);
    await this.postgres.stop();
    rmSync(this.cluster, { recursive: true });
    await cp(this.copy, this.cluster, { recursive: true });
    this.postgres = await startEmbeddedPostgres({ dataDir: this.folder, port });
  }

  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return this.connected(async (client) => (await client.query<Row>(sql)).rows);
  }

  async remove(): Promise<void> {
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async connected<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}
