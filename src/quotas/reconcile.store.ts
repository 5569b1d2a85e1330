/** Counts again: what the ledger and the reservations say beside what the counters say. Under the locks of the groups. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { CounterGroup, CounterId } from './counters.store.js';
import type { LedgerRef } from './ledger.store.js';

export interface Recount extends CounterId {
  readonly used: number;
  readonly reserved: number;
  readonly adjustment: number;
  /** Live units of the ledger. */
  readonly counted: number;
  /** Units of items held. */
  readonly held: number;
}

export interface Unconfirmed extends LedgerRef {
  readonly reservationId: string | null;
  /** Epoch ms. */
  readonly since: number;
}

const MOST_UNCONFIRMED = 1_000;

@Injectable()
export class ReconcileStore {
  /** Groups in the order of their key, after the given one. */
  async groups(sql: Sql, domainId: string | null, after: CounterGroup | null, limit: number): Promise<CounterGroup[]> {
    const rows = await sql.query<{ domain_id: string; quota_key: string }>(
      `SELECT domain_id, quota_key FROM quota_counters
       WHERE scope = 'domain' AND ($1::text IS NULL OR domain_id = $1)
         AND ($2::text IS NULL OR (domain_id, quota_key) > ($2, $3))
       ORDER BY domain_id, quota_key LIMIT $4`,
      [domainId, after?.domainId ?? null, after?.quotaKey ?? null, limit],
    );
    return rows.map((row) => ({ domainId: row.domain_id, quotaKey: row.quota_key }));
  }

  async recount(transaction: Transaction, { domainId, quotaKey }: CounterGroup): Promise<Recount[]> {
    const rows = await transaction.query<{
      scope: string;
      used: string;
      reserved: string;
      adjustment: string;
      counted: string;
      held: string;
    }>(
      `WITH counted AS (
         SELECT level AS scope, sum(amount) AS units FROM quota_ledger, unnest(levels) AS level
         WHERE domain_id = $1 AND quota_key = $2 AND live GROUP BY 1),
       held AS (
         SELECT level AS scope, sum(amount) AS units FROM quota_reservation_items, unnest(levels) AS level
         WHERE domain_id = $1 AND quota_key = $2 AND state = 'held' GROUP BY 1)
       SELECT scope, COALESCE(c.used, 0) AS used, COALESCE(c.reserved, 0) AS reserved, COALESCE(c.adjustment, 0) AS adjustment,
              COALESCE(counted.units, 0) AS counted, COALESCE(held.units, 0) AS held
       FROM (SELECT scope, used, reserved, adjustment FROM quota_counters WHERE domain_id = $1 AND quota_key = $2) c
       FULL JOIN counted USING (scope) FULL JOIN held USING (scope) ORDER BY scope`,
      [domainId, quotaKey],
    );
    return rows.map((row) => ({
      domainId,
      quotaKey,
      scope: row.scope,
      used: Number(row.used),
      reserved: Number(row.reserved),
      adjustment: Number(row.adjustment),
      counted: Number(row.counted),
      held: Number(row.held),
    }));
  }

  /** The counters must exist. */
  async repair(
    transaction: Transaction,
    rows: readonly (CounterId & { readonly used: number; readonly reserved: number; readonly adjustment: number })[],
  ): Promise<void> {
    if (rows.length === 0) return;
    await transaction.query(
      `UPDATE quota_counters c SET used = r.used, reserved = r.reserved, adjustment = r.adjustment
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
         AS r(domain_id, quota_key, scope, used, reserved, adjustment)
       WHERE c.domain_id = r.domain_id AND c.quota_key = r.quota_key AND c.scope = r.scope`,
      [
        rows.map(({ domainId }) => domainId),
        rows.map(({ quotaKey }) => quotaKey),
        rows.map(({ scope }) => scope),
        rows.map(({ used }) => used),
        rows.map(({ reserved }) => reserved),
        rows.map(({ adjustment }) => adjustment),
      ],
    );
  }

  async noteReconciled(transaction: Transaction, { domainId, quotaKey }: CounterGroup): Promise<void> {
    await transaction.query(
      'UPDATE quota_counters SET reconciled_at = clock_timestamp() WHERE domain_id = $1 AND quota_key = $2',
      [domainId, quotaKey],
    );
  }

  /** Commits of names no trace told of within the time; at most 1,000. */
  async unconfirmed(sql: Sql, domainId: string | null, olderThanMs: number): Promise<Unconfirmed[]> {
    const rows = await sql.query<{
      domain_id: string;
      quota_key: string;
      space: string;
      resource_name: string;
      reservation_id: string | null;
      since: string;
    }>(
      `SELECT domain_id, quota_key, space, resource_name, reservation_id,
              floor(extract(epoch FROM updated_at) * 1000)::bigint AS since
       FROM quota_ledger
       WHERE ($1::text IS NULL OR domain_id = $1) AND live AND NOT confirmed
         AND updated_at < clock_timestamp() - $2 * interval '1 millisecond'
       ORDER BY updated_at LIMIT ${String(MOST_UNCONFIRMED)}`,
      [domainId, olderThanMs],
    );
    return rows.map((row) => ({
      domainId: row.domain_id,
      quotaKey: row.quota_key,
      space: row.space,
      resourceName: row.resource_name,
      reservationId: row.reservation_id,
      since: Number(row.since),
    }));
  }
}
