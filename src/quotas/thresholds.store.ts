/** Which thresholds counters have reached, kept with them, and where to look for others. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { ThresholdMark } from './core/thresholds.js';
import { columns, type CounterId } from './counters.store.js';

export interface Marks {
  /** By the database's clock. */
  readonly nowMs: number;
  /** In the order asked for; null of a counter that does not exist. */
  readonly marks: readonly (ThresholdMark | null)[];
}

interface Row {
  readonly now: string;
  readonly reached: number | null;
  readonly told: number | null;
  readonly told_at: string | null;
}

@Injectable()
export class ThresholdsStore {
  async marks(sql: Pick<Sql, 'query'>, ids: readonly CounterId[]): Promise<Marks> {
    const rows = await sql.query<Row>(
      `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, c.threshold AS reached,
              c.threshold_told AS told, floor(extract(epoch FROM c.threshold_at) * 1000)::bigint AS told_at
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS want(domain_id, quota_key, scope, place)
       LEFT JOIN quota_counters c ON c.domain_id = want.domain_id AND c.quota_key = want.quota_key AND c.scope = want.scope
       ORDER BY want.place`,
      columns(ids),
    );
    return {
      nowMs: Number(rows[0]?.now ?? 0),
      marks: rows.map(({ reached, told, told_at: toldAt }) =>
        reached === null ? null : { reached, told: told ?? 0, toldAt: toldAt === null ? null : Number(toldAt) },
      ),
    };
  }

  /** Under the lock of the counter's group. */
  async mark(transaction: Transaction, id: CounterId, { reached, told, toldAt }: ThresholdMark): Promise<void> {
    await transaction.query(
      `UPDATE quota_counters SET threshold = $4, threshold_told = $5, threshold_at = to_timestamp($6::bigint / 1000.0)
       WHERE domain_id = $1 AND quota_key = $2 AND scope = $3`,
      [id.domainId, id.quotaKey, id.scope, reached, told, toldAt],
    );
  }

  /** Counters of these keys that hold anything, or have reached a threshold, in the order of their key. */
  async page(
    sql: Pick<Sql, 'query'>,
    quotaKeys: readonly string[],
    after: CounterId | null,
    most: number,
  ): Promise<CounterId[]> {
    const rows = await sql.query<{ domain_id: string; quota_key: string; scope: string }>(
      `SELECT domain_id, quota_key, scope FROM quota_counters
       WHERE (domain_id, quota_key, scope) > ($2, $3, $4) AND quota_key = ANY ($1)
         AND (used > 0 OR reserved > 0 OR threshold > 0)
       ORDER BY domain_id, quota_key, scope LIMIT $5`,
      [quotaKeys, after?.domainId ?? '', after?.quotaKey ?? '', after?.scope ?? '', most],
    );
    return rows.map(({ domain_id: domainId, quota_key: quotaKey, scope }) => ({ domainId, quotaKey, scope }));
  }
}
