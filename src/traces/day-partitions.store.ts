/** Makes, lists, detaches and drops the day partitions. Every statement is short or gives up on a lock, so that nobody queues behind it. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';
import { sqlState } from '../platform/database/database-error.js';
import {
  boundLiteral,
  DAY_PARTITIONED,
  DAY_PARTITIONED_TABLES,
  type DayPartition,
  dayPartition,
  daysOf,
  parsePartitionName,
  PARTITION_NAME_PATTERN,
  type PartitionState,
} from './day-partition.js';
import { DEFAULT_LOCK_RETRY, type LockRetry, retryOnCollision } from './lock-retry.js';

export interface ListedPartition extends DayPartition {
  readonly state: PartitionState;
  /** What the statistics say; 0 where nothing was counted yet. */
  readonly rowsEstimate: number;
  /** With indexes. */
  readonly bytes: number;
}

/** Serialises those who make partitions. Any constant serves that no other advisory lock of this database uses. */
const PARTITION_LOCK = 7_421_903_002;
const CREATE_TIMEOUT_MS = 30_000;
/** The statement is to end by its own timeout, before that of its transaction. */
const COUNT_GRACE_MS = 2_000;
/** A partition of `traces` locks itself and 12 indexes; a transaction stays well below the shared lock table's size. */
const PARTITIONS_PER_TRANSACTION = 16;
/**
 * Where `CONCURRENTLY` is refused for good: a default partition (55000), Citus (0A000), inside a transaction that a
 * pooler made (25001).
 */
const CONCURRENTLY_REFUSED = new Set(['55000', '0A000', '25001']);

@Injectable()
export class DayPartitions {
  /** Days (start, epoch ms) known to be there for all tables. */
  private readonly ensured = new Set<number>();
  /** Grows with `forget`, so that an `ensure` under way does not remember what was dropped meanwhile. */
  private generation = 0;

  constructor(private readonly database: Database) {}

  /**
   * Makes what lacks of all days that touch `[fromMs, toMs]` and returns the names made now. A detached day that was
   * not dropped yet is attached again with its rows. Any number of callers and processes may do this at once.
   */
  async ensure(fromMs: number, toMs: number, retry: LockRetry = DEFAULT_LOCK_RETRY): Promise<string[]> {
    const days = daysOf(fromMs, toMs).filter((day) => !this.ensured.has(day));
    if (days.length === 0) return [];
    const { generation } = this;
    const wanted = days.flatMap((day) => DAY_PARTITIONED_TABLES.map((table) => dayPartition(table, day)));
    const lacking = await lackingOf(this.database, wanted);
    const created: string[] = [];
    for (let at = 0; at < lacking.length; at += PARTITIONS_PER_TRANSACTION) {
      const chunk = lacking.slice(at, at + PARTITIONS_PER_TRANSACTION);
      created.push(...(await retryOnCollision(() => this.createLacking(chunk, retry.lockTimeoutMs), retry)));
    }
    if (generation === this.generation) for (const day of days) this.ensured.add(day);
    return created;
  }

  /** What `ensure` would make. */
  async lacking(fromMs: number, toMs: number): Promise<DayPartition[]> {
    const days = daysOf(fromMs, toMs);
    const wanted = days.flatMap((day) => DAY_PARTITIONED_TABLES.map((table) => dayPartition(table, day)));
    return (await lackingOf(this.database, wanted)).map(({ partition }) => partition);
  }

  /** Forgets which days are there. For whoever drops some, and for an insert that found no partition for its row. */
  forget(): void {
    this.generation++;
    this.ensured.clear();
  }

  /** All partitions, oldest day first, also those that a detach left behind. */
  async list(): Promise<ListedPartition[]> {
    const rows = await this.database.query<ListedRow>(
      `SELECT c.relname AS name,
              CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS state,
              GREATEST(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0) AS rows_estimate,
              COALESCE(pg_total_relation_size(c.oid), 0) AS bytes
       FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
       WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname ~ $1`,
      [PARTITION_NAME_PATTERN],
    );
    return rows.flatMap(listedPartition).sort((a, b) => a.fromMs - b.fromMs || (a.name < b.name ? -1 : 1));
  }

  /**
   * Takes the partition out of its table, whatever an earlier attempt left: finishes one half done, else detaches
   * concurrently, else plainly. Readers of the table hold it back; then it is tried again, and at last 55P03 is thrown.
   * Nothing happens where it is detached or gone already.
   */
  async detach(partition: DayPartition, retry: LockRetry = DEFAULT_LOCK_RETRY): Promise<void> {
    this.forget();
    await retryOnCollision(() => this.detachOnce(partition, retry.lockTimeoutMs), retry);
  }

  /** Rows of a partition exactly; null where counting them takes longer than `timeoutMs`. */
  async count(partition: DayPartition, timeoutMs: number): Promise<number | null> {
    try {
      return await this.database.transaction(
        async (transaction) => {
          await transaction.query(`SET LOCAL statement_timeout = ${String(timeoutMs)}`);
          const rows = await transaction.query<{ n: string }>(`SELECT count(*) AS n FROM ${partition.name}`);
          return Number(rows[0]?.n ?? 0);
        },
        { timeoutMs: timeoutMs + COUNT_GRACE_MS },
      );
    } catch (error) {
      if (sqlState(error) === '57014') return null;
      throw error;
    }
  }

  /**
   * Drops the partition in the caller's transaction, which may record it. False, and nothing dropped, where it is not
   * detached: an `ensure` has taken it back, or it is gone. A lock in the way ends the transaction with 55P03.
   */
  async drop(
    partition: DayPartition,
    transaction: Transaction,
    { lockTimeoutMs }: LockRetry = DEFAULT_LOCK_RETRY,
  ): Promise<boolean> {
    this.forget();
    await lockPartitions(transaction, lockTimeoutMs);
    if ((await stateOf(transaction, partition)) !== 'detached') return false;
    await transaction.query(`DROP TABLE ${partition.name}`);
    return true;
  }

  private async createLacking(chunk: readonly Lacking[], lockTimeoutMs: number): Promise<string[]> {
    return this.database.transaction(
      async (transaction) => {
        await lockPartitions(transaction, lockTimeoutMs);
        const lacking = await lackingOf(
          transaction,
          chunk.map(({ partition }) => partition),
        );
        for (const { partition, state } of lacking) await attach(partition, state, transaction);
        return lacking.map(({ partition }) => partition.name);
      },
      { timeoutMs: CREATE_TIMEOUT_MS },
    );
  }

  private async detachOnce(partition: DayPartition, lockTimeoutMs: number): Promise<void> {
    const state = await stateOf(this.database, partition);
    if (state === null || state === 'detached') return;
    if (state === 'detaching') return this.detachAs(partition, 'FINALIZE', lockTimeoutMs);
    try {
      await this.detachAs(partition, 'CONCURRENTLY', lockTimeoutMs);
    } catch (error) {
      if (!CONCURRENTLY_REFUSED.has(sqlState(error) ?? '')) throw error;
      await this.detachAs(partition, '', lockTimeoutMs);
    }
  }

  /** Outside a transaction, as `CONCURRENTLY` must be; so the lock timeout is set for the connection and taken back. */
  private async detachAs(
    partition: DayPartition,
    how: 'CONCURRENTLY' | 'FINALIZE' | '',
    lockTimeoutMs: number,
  ): Promise<void> {
    await this.database.withConnection(async (sql) => {
      await sql.query(`SET lock_timeout = ${String(lockTimeoutMs)}`);
      try {
        await sql.query(`ALTER TABLE ${partition.table} DETACH PARTITION ${partition.name} ${how}`);
      } finally {
        await sql.query('RESET lock_timeout').catch(() => undefined);
      }
    });
  }
}

interface ListedRow {
  readonly name: string;
  readonly state: PartitionState;
  readonly rows_estimate: string;
  readonly bytes: string;
}

/** A partition to be made: `state` is null where there is no such table, else what an unfinished detach left. */
interface Lacking {
  readonly partition: DayPartition;
  readonly state: Exclude<PartitionState, 'attached'> | null;
}

function listedPartition(row: ListedRow): ListedPartition[] {
  const partition = parsePartitionName(row.name);
  if (partition === null) return [];
  return [{ ...partition, state: row.state, rowsEstimate: Number(row.rows_estimate), bytes: Number(row.bytes) }];
}

/** Until the transaction ends nobody else makes or drops partitions. */
async function lockPartitions(transaction: Transaction, lockTimeoutMs: number): Promise<void> {
  await transaction.query(`SET LOCAL lock_timeout = ${String(lockTimeoutMs)}`);
  await transaction.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
}

async function lackingOf(sql: Sql, wanted: readonly DayPartition[]): Promise<Lacking[]> {
  const states = await statesOf(
    sql,
    wanted.map(({ name }) => name),
  );
  return wanted.flatMap((partition) => {
    const state = states.get(partition.name) ?? null;
    return state === 'attached' ? [] : [{ partition, state }];
  });
}

async function stateOf(sql: Sql, partition: DayPartition): Promise<PartitionState | null> {
  return (await statesOf(sql, [partition.name])).get(partition.name) ?? null;
}

async function statesOf(sql: Sql, names: readonly string[]): Promise<Map<string, PartitionState>> {
  const rows = await sql.query<{ name: string; state: PartitionState }>(
    `SELECT c.relname AS name,
            CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS state
     FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY($1)`,
    [names],
  );
  return new Map(rows.map((row) => [row.name, row.state]));
}

/**
 * `ATTACH` lets readers and writers of the table go on, where `CREATE TABLE … PARTITION OF` would stop inserts behind
 * any reader. The constraint spares the attach its scan; once attached the bound itself says the same.
 */
async function attach(partition: DayPartition, state: Lacking['state'], sql: Sql): Promise<void> {
  const { name, table } = partition;
  const column = DAY_PARTITIONED[table];
  const [from, to] = [boundLiteral(partition.fromMs), boundLiteral(partition.toMs)];
  if (state === 'detaching') await sql.query(`ALTER TABLE ${table} DETACH PARTITION ${name} FINALIZE`);
  if (state === null) await sql.query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL)`);
  await sql.query(
    `ALTER TABLE ${name} ADD CONSTRAINT ${name}_range CHECK (${column} IS NOT NULL AND ${column} >= ${from} AND ${column} < ${to})`,
  );
  await sql.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`);
  await sql.query(`ALTER TABLE ${name} DROP CONSTRAINT ${name}_range`);
}
