/** What was used, and what was there, at an earlier instant: as the ledger tells, with the corrections that hold now. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { BASELINE_LOG } from './core/ledger.js';
import { type CountedResource, counterOf } from './core/limit-replay.js';
import { type LedgerRef, refColumns, refName } from './ledger.store.js';

/** Baselines name what was there before any trace. `$1`: epoch ms. */
const THERE_BEFORE = `(l.live AND (l.event_at < $1 OR l.event_log = ${String(BASELINE_LOG)})
  OR NOT l.live AND l.event_at >= $1 AND l.live_since < $1)`;

@Injectable()
export class LimitReplayStore {
  constructor(private readonly database: Database) {}

  /** By `counterOf`. */
  async usedAt(domainId: string, quotaKeys: readonly string[], atMs: number): Promise<Map<string, number>> {
    const rows = await this.database.read<{ quota_key: string; scope: string; used: string }>(
      `SELECT quota_key, scope, GREATEST(0, sum(units)) AS used FROM (
         SELECT l.quota_key, level AS scope, l.amount AS units FROM quota_ledger l, unnest(l.levels) AS level
         WHERE l.domain_id = $2 AND l.quota_key = ANY ($3::text[]) AND ${THERE_BEFORE}
         UNION ALL SELECT quota_key, scope, adjustment FROM quota_counters
         WHERE domain_id = $2 AND quota_key = ANY ($3::text[]) AND adjustment <> 0) AS known
       GROUP BY 1, 2`,
      [atMs, domainId, quotaKeys],
    );
    return new Map(rows.map((row) => [counterOf(row.quota_key, row.scope), Number(row.used)]));
  }

  /** Those of the resources that were there, by `refName`. */
  async thereAt(refs: readonly LedgerRef[], atMs: number): Promise<Map<string, CountedResource>> {
    if (refs.length === 0) return new Map();
    const rows = await this.database.read<{ place: number; levels: string[]; amount: string }>(
      `SELECT want.place::int AS place, l.levels, l.amount
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])
         WITH ORDINALITY AS want(domain_id, quota_key, space, resource_name, place)
       JOIN quota_ledger l USING (domain_id, quota_key, space, resource_name) WHERE ${THERE_BEFORE}`,
      [atMs, ...refColumns(refs)],
    );
    const found = new Map<string, CountedResource>();
    for (const { place, levels, amount } of rows) {
      const ref = refs[place - 1];
      if (ref !== undefined) found.set(refName(ref), { levels, amount: Number(amount) });
    }
    return found;
  }
}
