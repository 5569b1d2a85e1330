/** Ends what was counted in an instance that is gone: resources, counters, reservations and grants. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import { BASELINE_LOG, type EventOrder } from './core/ledger.js';
import { levelsOf, parseScopeKey } from './core/scope.js';
import type { CounterDelta, CounterGroup } from './counters.store.js';

/** An instance that was deleted, by the trace at this place. */
export interface ClosedInstance {
  readonly domainId: string;
  readonly scope: string;
  readonly order: EventOrder;
}

export interface ClosureCounts {
  readonly resources: number;
  readonly reservations: number;
  readonly grants: number;
}

export interface Closure {
  /** What comes off the counters. */
  readonly deltas: readonly CounterDelta[];
  readonly counts: ClosureCounts;
}

@Injectable()
export class InstanceClosuresStore {
  /** The keys that are counted in the instances by now. */
  async groups(sql: Sql, closed: readonly Omit<ClosedInstance, 'order'>[]): Promise<CounterGroup[]> {
    const rows = await sql.query<{ domain_id: string; quota_key: string }>(
      `SELECT DISTINCT domain_id, quota_key FROM quota_counters
       JOIN unnest($1::text[], $2::text[]) AS want(domain_id, scope) USING (domain_id, scope)`,
      [closed.map(({ domainId }) => domainId), closed.map(({ scope }) => scope)],
    );
    return rows.map((row) => ({ domainId: row.domain_id, quotaKey: row.quota_key }));
  }

  /** Under the locks of the instance's groups. Null where it was closed already; then the later of the two places holds. */
  async close(transaction: Transaction, closed: ClosedInstance): Promise<Closure | null> {
    const { domainId, scope, order } = closed;
    const place = [domainId, scope, order.at, order.log, order.offset.toString()];
    const fresh = await transaction.query<{ fresh: boolean }>(
      `INSERT INTO quota_closures AS c (domain_id, scope, event_at, event_log, event_offset) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (domain_id, scope) DO UPDATE
         SET event_at = excluded.event_at, event_log = excluded.event_log, event_offset = excluded.event_offset
         WHERE (c.event_at, c.event_log, c.event_offset) < (excluded.event_at, excluded.event_log, excluded.event_offset)
       RETURNING (xmax = 0) AS fresh`,
      place,
    );
    if (fresh.length === 0) return null;
    const used = await this.buryResources(transaction, place);
    const corrected = await this.takeBackAdjustments(transaction, domainId, scope);
    const reserved = await this.releaseItems(transaction, domainId, scope);
    const grants = await this.endGrants(transaction, domainId, scope);
    const counts = { resources: used.count, reservations: reserved.count, grants };
    const isNew = fresh[0]?.fresh === true;
    return isNew || used.count + corrected.length + reserved.count + grants > 0
      ? { deltas: [...used.deltas, ...corrected, ...reserved.deltas], counts }
      : null;
  }

  /** What came before the closure is a tombstone as of it. Nothing is left where a correction had counted more than was named. */
  private async buryResources(transaction: Transaction, place: readonly unknown[]) {
    const rows = await transaction.query<{ quota_key: string; level: string; amount: string; resources: string }>(
      `WITH gone AS (
         UPDATE quota_ledger SET live = false, event_at = $3, event_log = $4, event_offset = $5, updated_at = now(),
           live_since = CASE WHEN event_log = ${String(BASELINE_LOG)} THEN 0 ELSE event_at END
         WHERE domain_id = $1 AND space = $2 AND live
           AND (event_at, event_log, event_offset) < ($3::bigint, $4::int, $5::bigint)
         RETURNING quota_key, scope, levels, amount),
       closed AS (
         UPDATE quota_counters SET closed_at = COALESCE(closed_at, clock_timestamp()) WHERE domain_id = $1 AND scope = $2)
       SELECT quota_key, level, sum(amount) AS amount, count(*) FILTER (WHERE level = scope) AS resources
       FROM gone, unnest(levels) AS level GROUP BY 1, 2`,
      place,
    );
    return {
      count: rows.reduce((sum, { resources }) => sum + Number(resources), 0),
      deltas: rows.map((row) => ({
        domainId: String(place[0]),
        quotaKey: row.quota_key,
        scope: row.level,
        used: -Number(row.amount),
        reserved: 0,
      })),
    };
  }

  /** What an authoritative count had beyond the ledger is gone with the instance, on every level it counted on. */
  private async takeBackAdjustments(
    transaction: Transaction,
    domainId: string,
    scope: string,
  ): Promise<CounterDelta[]> {
    const rows = await transaction.query<{ quota_key: string; level: string; adjustment: string }>(
      `WITH corrected AS (
         SELECT quota_key, adjustment FROM quota_counters WHERE domain_id = $1 AND scope = $2 AND adjustment <> 0),
       lowered AS (
         UPDATE quota_counters c SET adjustment = c.adjustment - corrected.adjustment FROM corrected
         WHERE c.domain_id = $1 AND c.quota_key = corrected.quota_key AND c.scope = ANY ($3::text[]))
       SELECT quota_key, level, adjustment FROM corrected, unnest($3::text[]) AS level`,
      [domainId, scope, levelsOf(parseScopeKey(scope, domainId))],
    );
    return rows.map((row) => ({
      domainId,
      quotaKey: row.quota_key,
      scope: row.level,
      used: -Number(row.adjustment),
      reserved: 0,
    }));
  }

  private async releaseItems(transaction: Transaction, domainId: string, scope: string) {
    const rows = await transaction.query<{ quota_key: string; level: string; amount: string; items: string }>(
      `WITH freed AS (
         UPDATE quota_reservation_items SET state = 'released'
         WHERE domain_id = $1 AND space = $2 AND state = 'held' RETURNING reservation_id, quota_key, scope, levels, amount),
       ended AS (
         UPDATE quota_reservations SET state = 'released', ended_at = clock_timestamp()
         WHERE domain_id = $1 AND state = 'held' AND id IN (SELECT reservation_id FROM freed)
           AND NOT EXISTS (SELECT FROM quota_reservation_items i WHERE i.domain_id = $1 AND i.reservation_id = quota_reservations.id
                           AND i.space <> $2 AND i.state = 'held'))
       SELECT quota_key, level, sum(amount) AS amount, count(*) FILTER (WHERE level = scope) AS items
       FROM freed, unnest(levels) AS level GROUP BY 1, 2`,
      [domainId, scope],
    );
    return {
      count: rows.reduce((sum, { items }) => sum + Number(items), 0),
      deltas: rows.map((row) => ({
        domainId,
        quotaKey: row.quota_key,
        scope: row.level,
        used: 0,
        reserved: -Number(row.amount),
      })),
    };
  }

  private async endGrants(transaction: Transaction, domainId: string, scope: string): Promise<number> {
    const rows = await transaction.query(
      `UPDATE quota_grants SET revoked_at = clock_timestamp()
       WHERE domain_id = $1 AND scope = $2 AND revoked_at IS NULL AND until_at > clock_timestamp() RETURNING id`,
      [domainId, scope],
    );
    return rows.length;
  }
}
