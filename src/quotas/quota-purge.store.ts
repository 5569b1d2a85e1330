/** Removes what nobody asks for any more, a little at a time (design §5, table of what is kept). */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { CounterGroup } from './counters.store.js';

/** How old a row must be, in days. */
export interface PurgeAges {
  readonly reservationDays: number;
  readonly idempotencyDays: number;
  readonly tombstoneDays: number;
}

export interface Purged {
  readonly reservations: number;
  readonly idempotencyKeys: number;
  readonly tombstones: number;
}

const MOST_AT_ONCE = 5_000;
const MOST_GROUPS = 100;

@Injectable()
export class QuotaPurgeStore {
  constructor(private readonly database: Database) {}

  /** At most 5,000 of each; rows that are being worked on are left for the next time. */
  async run({ reservationDays, idempotencyDays, tombstoneDays }: PurgeAges): Promise<Purged> {
    return {
      reservations: await this.count(
        // One whose items are still held, though expired, is left to the sweep: its units are on the counters.
        `WITH old AS (
           SELECT domain_id, id FROM quota_reservations r WHERE expires_at < now() - $1 * interval '1 day'
             AND NOT EXISTS (SELECT FROM quota_reservation_items i
                             WHERE i.domain_id = r.domain_id AND i.reservation_id = r.id AND i.state = 'held')
           ORDER BY expires_at LIMIT ${String(MOST_AT_ONCE)} FOR UPDATE SKIP LOCKED)
         DELETE FROM quota_reservations r USING old WHERE r.domain_id = old.domain_id AND r.id = old.id RETURNING r.id`,
        reservationDays,
      ),
      idempotencyKeys: await this.count(
        `WITH old AS (
           SELECT domain_id, caller, idempotency_key FROM quota_idempotency
           WHERE created_at < now() - $1 * interval '1 day' LIMIT ${String(MOST_AT_ONCE)} FOR UPDATE SKIP LOCKED)
         DELETE FROM quota_idempotency k USING old
         WHERE (k.domain_id, k.caller, k.idempotency_key) = (old.domain_id, old.caller, old.idempotency_key)
         RETURNING k.domain_id`,
        idempotencyDays,
      ),
      tombstones: await this.count(
        `WITH old AS (
           SELECT domain_id, quota_key, space, resource_name FROM quota_ledger
           WHERE NOT live AND updated_at < now() - $1 * interval '1 day' LIMIT ${String(MOST_AT_ONCE)} FOR UPDATE SKIP LOCKED)
         DELETE FROM quota_ledger l USING old
         WHERE (l.domain_id, l.quota_key, l.space, l.resource_name) = (old.domain_id, old.quota_key, old.space, old.resource_name)
           AND NOT l.live
         RETURNING l.domain_id`,
        tombstoneDays,
      ),
    };
  }

  /** Groups with items that expired this long ago and that nobody came by to sweep since; at most 100. */
  async unswept(afterMs: number): Promise<CounterGroup[]> {
    const rows = await this.database.query<{ domain_id: string; quota_key: string }>(
      `SELECT DISTINCT domain_id, quota_key FROM quota_reservation_items
       WHERE state = 'held' AND expires_at < clock_timestamp() - $1 * interval '1 millisecond'
       ORDER BY domain_id, quota_key LIMIT ${String(MOST_GROUPS)}`,
      [afterMs],
    );
    return rows.map((row) => ({ domainId: row.domain_id, quotaKey: row.quota_key }));
  }

  private async count(statement: string, days: number): Promise<number> {
    return (await this.database.query(statement, [days])).length;
  }
}
