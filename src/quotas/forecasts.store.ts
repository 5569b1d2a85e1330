/** How usage changed in the last days, as the ledger tells: what came and is still there, and what went. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { UsageStep } from './core/forecast.js';
import { BASELINE_LOG } from './core/ledger.js';
import { columns, type CounterId, counterName } from './counters.store.js';

const HOUR_MS = 3_600_000;

@Injectable()
export class ForecastsStore {
  constructor(private readonly database: Database) {}

  /** Steps after the instant by counter, those of one hour as one at its end. Baselines are no growth: what they name was there. */
  async steps(ids: readonly CounterId[], afterMs: number): Promise<Map<string, UsageStep[]>> {
    if (ids.length === 0) return new Map();
    const rows = await this.database.read<{ place: number; hour: string; delta: string; changes: number }>(
      `SELECT want.place::int AS place, (moved.at + ${String(HOUR_MS - 1)}) / ${String(HOUR_MS)} AS hour,
              sum(moved.delta) AS delta, count(*)::int AS changes
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS want(domain_id, quota_key, scope, place)
       JOIN quota_ledger l ON l.domain_id = want.domain_id AND l.quota_key = want.quota_key AND want.scope = ANY (l.levels)
       CROSS JOIN LATERAL (
         VALUES (CASE WHEN l.live THEN l.event_at ELSE l.live_since END, l.amount, NOT l.live OR l.event_log <> ${String(BASELINE_LOG)}),
                (CASE WHEN l.live THEN NULL ELSE l.event_at END, -l.amount, l.live_since IS NOT NULL)) AS moved(at, delta, counts)
       WHERE GREATEST(l.event_at, l.live_since) > $4 AND moved.counts AND moved.at > $4
       GROUP BY 1, 2`,
      [...columns(ids), afterMs],
    );
    const found = new Map<string, UsageStep[]>();
    for (const { place, hour, delta, changes } of rows) {
      const id = ids[place - 1];
      if (id === undefined) continue;
      const steps = found.get(counterName(id)) ?? [];
      steps.push({ at: Number(hour) * HOUR_MS, delta: Number(delta), changes });
      found.set(counterName(id), steps);
    }
    return found;
  }
}
