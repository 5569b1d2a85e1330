/** Rate quotas kept in the database, so that all processes count on one bucket. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import {
  BURSTS_BELIEVED,
  RATE_ROUNDING,
  type RateDecision,
  rateInterval,
  type RateLimit,
  rateStanding,
  takeRate,
} from './core/gcra.js';

export interface RateKey {
  readonly domainId: string;
  readonly principalId: string;
  readonly rateClass: string;
}

/** Epoch ms of the database: replicas need not agree on the time. */
const NOW = '(SELECT ms FROM clock)';
/** As `takeRate` believes it. */
const ARRIVAL = `CASE WHEN s.arrival_ms - ${NOW} > ${String(BURSTS_BELIEVED)} * $5 THEN ${NOW} ELSE greatest(s.arrival_ms, ${NOW}) END`;
const MOST_PURGED = 5_000;

@Injectable()
export class RateStatesStore {
  constructor(private readonly database: Database) {}

  /** One statement, which is its own transaction: whoever comes at the same time waits for the row, then sees it. */
  async take({ domainId, principalId, rateClass }: RateKey, rate: RateLimit, amount: number): Promise<RateDecision> {
    const interval = rateInterval(rate);
    const [row] = await this.database.query<{ now_ms: number; taken: number | null; before: number | null }>(
      `WITH clock AS MATERIALIZED (SELECT extract(epoch FROM clock_timestamp())::double precision * 1000 AS ms),
       taken AS (
         INSERT INTO rate_states AS s (domain_id, principal_id, class, arrival_ms)
         SELECT $1, $2, $3, ms + $4::double precision FROM clock WHERE $4::double precision <= $5::double precision
         ON CONFLICT (domain_id, principal_id, class) DO UPDATE SET arrival_ms = ${ARRIVAL} + $4
         WHERE ${ARRIVAL} + $4 - ${NOW} <= $5
         RETURNING arrival_ms)
       SELECT ms AS now_ms, (SELECT arrival_ms FROM taken) AS taken,
         (SELECT arrival_ms FROM rate_states WHERE domain_id = $1 AND principal_id = $2 AND class = $3) AS before
       FROM clock`,
      [domainId, principalId, rateClass, interval * amount, interval * (rate.burst + RATE_ROUNDING)],
    );
    if (row === undefined) throw new Error('the database answered nothing');
    const { now_ms: nowMs, taken, before } = row;
    if (taken === null) {
      const refused = takeRate(rate, before, nowMs, amount);
      // Who came in between may have taken what `before` still shows.
      return { ...refused, allowed: false, next: before ?? nowMs, retryAfterMs: Math.max(1, refused.retryAfterMs) };
    }
    return { ...rateStanding(rate, taken, nowMs), allowed: true, retryAfterMs: 0 };
  }

  /** Those that have their whole burst again are as good as absent. Returns how many were removed. */
  async purge(): Promise<number> {
    const rows = await this.database.query(
      `WITH full_again AS (
         SELECT domain_id, principal_id, class FROM rate_states
         WHERE arrival_ms < extract(epoch FROM now()) * 1000 LIMIT ${String(MOST_PURGED)} FOR UPDATE SKIP LOCKED)
       DELETE FROM rate_states s USING full_again f
       WHERE (s.domain_id, s.principal_id, s.class) = (f.domain_id, f.principal_id, f.class) RETURNING s.class`,
    );
    return rows.length;
  }
}
