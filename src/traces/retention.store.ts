/** Rows that retention keeps of its runs, and those of other tables that it deletes by age. */
import { Injectable } from '@nestjs/common';
import { DAY_MS } from '../kernel/clock.js';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';
import type { DayPartition } from './day-partition.js';

/** A partition as a run reports it; instants in epoch ms. `exact` is false where `rows` is an estimate. */
export interface PartitionReport {
  readonly partition: string;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly exact?: boolean;
}

export type RetentionTrigger = 'schedule' | 'command';

export interface RetentionRun {
  readonly id: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly trigger: RetentionTrigger;
  readonly retentionDays: number;
  readonly dropped: readonly PartitionReport[];
  readonly created: readonly PartitionReport[];
  readonly error: string | null;
}

interface RunRow {
  readonly id: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly trigger: RetentionTrigger;
  readonly retention_days: number;
  readonly dropped: PartitionReport[];
  readonly created: PartitionReport[];
  readonly error: string | null;
}

/** Only one run at a time, whoever starts it. Any constant serves that no other advisory lock of this database uses. */
const RUN_LOCK = 7_421_903_003;
/** Names seen are asked for 30 days back (domain/cts.md §2.6). */
const ACTORS_KEPT = '30 days';
const RUNS_KEPT = '400 days';
const CLEANING_TIMEOUT_MS = 60_000;
/** More than the clocks of two machines differ: the age of a cursor is by that of the process that made it. */
const CLOCKS_APART_MS = DAY_MS;

@Injectable()
export class RetentionStore {
  constructor(private readonly database: Database) {}

  /** Runs `work` while no other process runs retention; null where another one does. */
  async exclusively<T>(work: () => Promise<T>): Promise<T | null> {
    return this.database.withConnection(async (sql) => {
      const [row] = await sql.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [RUN_LOCK]);
      if (row?.locked !== true) return null;
      try {
        return await work();
      } finally {
        await sql.query('SELECT pg_advisory_unlock($1)', [RUN_LOCK]).catch(() => undefined);
      }
    });
  }

  /** The database's clock, epoch ms: it alone decides what has ended. */
  async now(): Promise<number> {
    const [row] = await this.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (row === undefined) throw new Error('the database did not tell its time');
    return row.now.getTime();
  }

  async start(trigger: RetentionTrigger, retentionDays: number): Promise<string> {
    const [row] = await this.database.query<{ id: string }>(
      `INSERT INTO retention_runs (started_at, trigger, retention_days) VALUES (clock_timestamp(), $1, $2) RETURNING id`,
      [trigger, retentionDays],
    );
    if (row === undefined) throw new Error('the start of the run was not recorded');
    return row.id;
  }

  /** In the transaction that drops the partition, so that a crash right after it loses no record of it. */
  async addDropped(runId: string, report: PartitionReport, transaction: Transaction): Promise<void> {
    await transaction.query('UPDATE retention_runs SET dropped = dropped || $2::jsonb WHERE id = $1', [
      runId,
      JSON.stringify([report]),
    ]);
  }

  /**
   * Notes how far the rows of a day reach in each domain and log, before nobody can read them any more. Hops from one pair to
   * the next over the index, so that the cost is of the pairs and not of the rows.
   */
  async noteDeparture({ name, toMs }: DayPartition, sql: Sql): Promise<void> {
    await sql.query(
      `WITH RECURSIVE pair AS (
         (SELECT domain_id, log FROM ${name} ORDER BY domain_id, log LIMIT 1)
         UNION ALL
         SELECT found.* FROM pair CROSS JOIN LATERAL (
           SELECT domain_id, log FROM ${name}
           WHERE (domain_id, log) > (pair.domain_id, pair.log) ORDER BY domain_id, log LIMIT 1) AS found),
       reached AS (
         SELECT domain_id, log, (SELECT max(seq) FROM ${name} AS day WHERE day.domain_id = pair.domain_id AND day.log = pair.log) AS last_seq
         FROM pair),
       noted AS (
         INSERT INTO trace_departures AS known (domain_id, log, recorded_before, last_seq)
         SELECT domain_id, log, $1, last_seq FROM reached
         ON CONFLICT (domain_id, log, recorded_before) DO UPDATE
           SET last_seq = GREATEST(known.last_seq, excluded.last_seq), departed_at = clock_timestamp())
       DELETE FROM trace_departures AS older USING reached
       WHERE older.domain_id = reached.domain_id AND older.log = reached.log
         AND older.recorded_before < $1 AND older.last_seq <= reached.last_seq`,
      [new Date(toMs)],
    );
  }

  async finish(
    runId: string,
    result: { created: readonly PartitionReport[]; error: string | null },
    transaction: Transaction,
  ): Promise<RetentionRun> {
    const [row] = await transaction.query<RunRow>(
      `UPDATE retention_runs SET finished_at = clock_timestamp(), created = $2::jsonb, error = $3 WHERE id = $1 RETURNING *`,
      [runId, JSON.stringify(result.created), result.error],
    );
    if (row === undefined) throw new Error('the retention run is gone from its table');
    return toRun(row);
  }

  /** Runs that began and never ended: their process died. Only to be asked while holding {@link exclusively}. */
  async unfinished(): Promise<RetentionRun[]> {
    return (await this.database.query<RunRow>('SELECT * FROM retention_runs WHERE finished_at IS NULL')).map(toRun);
  }

  /** Days kept according to the last run before this one; null where there was none. */
  async formerRetentionDays(): Promise<number | null> {
    const [row] = await this.database.query<{ retention_days: number }>(
      'SELECT retention_days FROM retention_runs ORDER BY started_at DESC LIMIT 1',
    );
    return row?.retention_days ?? null;
  }

  async runs(limit: number): Promise<RetentionRun[]> {
    const rows = await this.database.read<RunRow>('SELECT * FROM retention_runs ORDER BY started_at DESC LIMIT $1', [
      limit,
    ]);
    return rows.map(toRun);
  }

  /** Deletes names not seen for 30 days, logs of which no trace is left, and runs older than 400 days. */
  async clean(windowFromMs: number): Promise<void> {
    const steps: ((sql: Sql) => Promise<unknown>)[] = [
      (sql) => sql.query(`DELETE FROM actors WHERE last_seen < now() - interval '${ACTORS_KEPT}'`),
      (sql) => sql.query(`DELETE FROM retention_runs WHERE started_at < now() - interval '${RUNS_KEPT}'`),
      (sql) => deleteKnownDepartures(sql, windowFromMs),
      (sql) => deleteEmptyLogs(sql, windowFromMs),
    ];
    for (const step of steps) await this.database.transaction(step, { timeoutMs: CLEANING_TIMEOUT_MS });
  }
}

/** Whoever reads after a departure is told of it then, and a cursor made before the window is refused for its age. */
async function deleteKnownDepartures(sql: Sql, windowFromMs: number): Promise<void> {
  await sql.query('DELETE FROM trace_departures WHERE departed_at < $1', [new Date(windowFromMs - CLOCKS_APART_MS)]);
}

/**
 * A log lives as long as any of its traces (design §5), and as long as followers may have to learn that those left: one
 * who has read it to its end would forget so with the log. One that was read since the window began is not even looked at:
 * the search for a trace of a log has no domain to start from, and has to skip through all of them.
 */
async function deleteEmptyLogs(sql: Sql, windowFromMs: number): Promise<void> {
  await sql.query(
    `DELETE FROM ingest_logs AS l WHERE NOT current AND updated_at < $1
       AND NOT EXISTS (SELECT FROM traces AS t WHERE t.log = l.log)`,
    [new Date(windowFromMs)],
  );
}

function toRun(row: RunRow): RetentionRun {
  return {
    id: row.id,
    startedAt: row.started_at.getTime(),
    finishedAt: row.finished_at?.getTime() ?? null,
    trigger: row.trigger,
    retentionDays: row.retention_days,
    dropped: row.dropped,
    created: row.created,
    error: row.error,
  };
}
