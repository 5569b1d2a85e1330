/** Leases in Postgres: of all processes that may run a job, one holds its lease. Time is the database's alone. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../database/database.js';

/** A lease in hand. `fence` grows with every acquisition, so a later holder always shows a larger one. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: bigint;
}

/** Bound of one statement; a holder must hear of a lost lease well before its lease ends. */
const STATEMENT_TIMEOUT_MS = 5_000;

@Injectable()
export class LeaseStore {
  constructor(private readonly database: Database) {}

  /** Takes a lease that nobody holds, or whose time is over; null where another holder has it. */
  async acquire(name: string, holder: string, durationMs: number): Promise<Lease | null> {
    const [row] = await this.run<{ fence: string }>(
      `INSERT INTO job_leases AS lease (name, holder, fence, expires_at)
       VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE
         SET holder = excluded.holder, fence = lease.fence + 1, expires_at = excluded.expires_at
         WHERE lease.expires_at <= clock_timestamp()
       RETURNING fence`,
      [name, holder, durationMs],
    );
    return row === undefined ? null : { name, holder, fence: BigInt(row.fence) };
  }

  /** Prolongs the lease from now on; false when it is no longer ours, whoever has it. */
  async renew(lease: Lease, durationMs: number): Promise<boolean> {
    const rows = await this.run(
      `UPDATE job_leases SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE name = $1 AND holder = $2 AND fence = $3 AND expires_at > clock_timestamp()
       RETURNING fence`,
      [lease.name, lease.holder, lease.fence, durationMs],
    );
    return rows.length > 0;
  }

  /** Ends the lease at once. Its row stays, so that the fence goes on growing. */
  async release(lease: Lease): Promise<void> {
    await this.run(`UPDATE job_leases SET expires_at = '-infinity' WHERE name = $1 AND holder = $2 AND fence = $3`, [
      lease.name,
      lease.holder,
      lease.fence,
    ]);
  }

  private async run<Row extends object>(...[text, values]: Parameters<Sql['query']>): Promise<Row[]> {
    return this.database.transaction((transaction) => transaction.query<Row>(text, values), {
      timeoutMs: STATEMENT_TIMEOUT_MS,
    });
  }
}
