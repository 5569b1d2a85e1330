/** The one door to Postgres: transactions that mix entities with hand-written SQL and COPY, and a pool of its own for searches. */
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg, { type Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DataSource, type EntityManager } from 'typeorm';
import { readTypes } from './read-types.js';

export const READ_POOL = Symbol('READ_POOL');

/** Statements with parameters; rows come back as plain objects, 64-bit integers as strings. */
export interface Sql {
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Transaction extends Sql {
  readonly manager: EntityManager;
  /** Feeds `COPY … FROM STDIN`; the chunks are the raw bytes of the statement's format. */
  copy(statement: string, chunks: Iterable<Buffer>): Promise<void>;
  /** Runs `work` under a savepoint: when it throws, only what it did is undone, and the error is passed on. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
}

export interface TransactionOptions {
  /** Postgres ends the whole transaction after this time (`transaction_timeout`), also when this process is frozen. */
  readonly timeoutMs?: number;
  /**
   * Its statements, constants all of them, are planned once a connection instead of at each run: where a transaction is short,
   * planning is most of it. By indexes only, since the plan outlives what the tables look like when it is made.
   */
  readonly keepsPlans?: boolean;
}

export interface ReadOptions {
  /**
   * For rows in the order of an index, up to a limit: planned without bitmap scans. Where several conditions go together the
   * planner expects less than a page, and would rather collect and sort all that match, which may be a hundred pages.
   */
  readonly inOrder?: boolean;
}

const DEFAULT_TRANSACTION_TIMEOUT_MS = 30_000;
/** Beyond the time after which Postgres itself ends a transaction: then the network, not the work, is slow. */
const NETWORK_ALLOWANCE_MS = 10_000;
const SINGLE_STATEMENT_MS = 60_000;

@Injectable()
export class Database implements Sql, OnApplicationShutdown {
  /** Connections of the searching pool that plan without bitmap scans at the moment. */
  private readonly inOrder = new WeakSet<PoolClient>();

  constructor(
    readonly dataSource: DataSource,
    @Inject(READ_POOL) private readonly readPool: Pool,
  ) {}

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const timeoutMs = options.timeoutMs ?? DEFAULT_TRANSACTION_TIMEOUT_MS;
    let guard: NodeJS.Timeout | undefined;
    try {
      const client = (await runner.connect()) as PoolClient;
      guard = cutAfter(client, timeoutMs + NETWORK_ALLOWANCE_MS);
      await runner.startTransaction();
      const keepsPlans = options.keepsPlans ?? false;
      const limit = `SET LOCAL transaction_timeout = ${String(Math.trunc(timeoutMs))}`;
      await client.query(`${limit}${keepsPlans ? '; SET LOCAL enable_seqscan = off' : ''}`);
      const result = await work(new ClientTransaction(client, runner.manager, { keepsPlans, limit }));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(guard);
      await runner.release().catch(() => undefined);
    }
  }

  /** One statement on the writing pool, committed by itself. */
  query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.single<Row>({ text, values: [...values] });
  }

  /** As {@link query}, but planned once a connection: for constant texts whose best plan no value of theirs changes. */
  queryPlanned<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.single<Row>({ name: planName(text), text, values: [...values] });
  }

  private async single<Row extends QueryResultRow>(statement: QueryConfig): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    let guard: NodeJS.Timeout | undefined;
    try {
      const client = (await runner.connect()) as PoolClient;
      guard = cutAfter(client, SINGLE_STATEMENT_MS);
      return (await client.query<Row>(statement)).rows;
    } finally {
      clearTimeout(guard);
      await runner.release().catch(() => undefined);
    }
  }

  /** One read-only statement on the searching pool, under the statement timeout. Never a named statement (design §5). */
  read<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
    options: ReadOptions = {},
  ): Promise<Row[]> {
    const query = { text, values: [...values], types: readTypes };
    return this.reading(options, async (client) => (await client.query<Row>(query)).rows);
  }

  /**
   * As {@link read}, but hands over each row when it arrives and keeps none: rows that wait for their answer's end grow old
   * enough to be moved to the garbage collector's old generation, and pile up there where many answers follow one another.
   */
  async readEach<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    take: (row: Row) => void,
  ): Promise<void> {
    await this.reading({}, (client) => eachRow(client, text, values, take));
  }

  private async reading<T>(options: ReadOptions, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.readPool.connect();
    try {
      await this.planFor(client, options.inOrder ?? false);
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  }

  /** Tells the session only what it does not know yet: most requests follow others of their kind. */
  private async planFor(client: PoolClient, inOrder: boolean): Promise<void> {
    if (this.inOrder.has(client) === inOrder) return;
    await client.query(inOrder ? 'SET enable_bitmapscan = off' : 'RESET enable_bitmapscan');
    if (inOrder) this.inOrder.add(client);
    else this.inOrder.delete(client);
  }

  /** A connection of the writing pool held by the caller, e.g. for session locks and statements that refuse a transaction. */
  async withConnection<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      return await work({
        query: async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) =>
          (await client.query<Row>(text, [...values])).rows,
      });
    } finally {
      await runner.release().catch(() => undefined);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.readPool.end();
  }
}

class ClientTransaction implements Transaction {
  private savepoints = 0;

  constructor(
    private readonly client: PoolClient,
    readonly manager: EntityManager,
    private readonly session: { readonly keepsPlans: boolean; readonly limit: string },
  ) {}

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const name = this.session.keepsPlans ? planName(text) : undefined;
    return (await this.client.query<Row>({ name, text, values: [...values] })).rows;
  }

  async copy(statement: string, chunks: Iterable<Buffer>): Promise<void> {
    await pipeline(Readable.from(chunks, { objectMode: false }), this.client.query(copyFrom(statement)));
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = `s${String(++this.savepoints)}`;
    await this.client.query(`SAVEPOINT ${name}`);
    try {
      const result = await work();
      await this.client.query(`RELEASE SAVEPOINT ${name}`);
      return result;
    } catch (error) {
      // An error ends the timer of `transaction_timeout` (Postgres 18, PostgresMain): it has to be started again.
      // On a lost connection this fails as well; the first error is the one that tells why.
      await this.client.query(`ROLLBACK TO SAVEPOINT ${name}; ${this.session.limit}`).catch(() => undefined);
      throw error;
    }
  }
}

const planNames = new Map<string, string>();

/** Under which a connection keeps the plan of a text. */
function planName(text: string): string {
  let name = planNames.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url');
    planNames.set(text, name);
  }
  return name;
}

/** What `take` throws ends the reading: the rest of the answer is passed over. */
function eachRow<Row extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
  take: (row: Row) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const query = new pg.Query<Row>(text, [...values], (error: Error | null | undefined) => {
      const reason = failure ?? error ?? undefined;
      if (reason === undefined) resolve();
      else reject(reason);
    });
    query.on('row', (row, result) => {
      // With a time-out of its own a query keeps its rows whoever listens.
      if (result !== undefined) result.rows.length = 0;
      if (failure !== undefined) return;
      try {
        take(row);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
    });
    client.query(query);
  });
}

/** A peer that vanished without a word is noticed by nobody else: ends the connection itself, which fails what waits on it. */
function cutAfter(client: PoolClient, limitMs: number): NodeJS.Timeout {
  return setTimeout(() => {
    const connection: unknown = 'connection' in client ? client.connection : undefined;
    if (typeof connection !== 'object' || connection === null || !('stream' in connection)) return;
    if (connection.stream instanceof Socket)
      connection.stream.destroy(new Error('Connection terminated: no answer in time'));
  }, limitMs);
}
