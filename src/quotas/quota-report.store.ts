/** All counters, one page after the other. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { CounterId } from './counters.store.js';

@Injectable()
export class QuotaReportStore {
  constructor(private readonly database: Database) {}

  /** In the order of their key, after the given one. Those of closed instances are left out: nothing is counted there. */
  async counters(
    { domainId, quotaKey }: { readonly domainId: string | null; readonly quotaKey: string | null },
    after: CounterId | null,
    limit: number,
  ): Promise<CounterId[]> {
    const rows = await this.database.read<{ domain_id: string; quota_key: string; scope: string }>(
      `SELECT domain_id, quota_key, scope FROM quota_counters
       WHERE ($1::text IS NULL OR domain_id = $1) AND ($2::text IS NULL OR quota_key = $2) AND closed_at IS NULL
         AND ($3::text IS NULL OR (domain_id, quota_key, scope) > ($3, $4, $5))
       ORDER BY domain_id, quota_key, scope LIMIT $6`,
      [domainId, quotaKey, after?.domainId ?? null, after?.quotaKey ?? null, after?.scope ?? null, limit],
    );
    return rows.map((row) => ({ domainId: row.domain_id, quotaKey: row.quota_key, scope: row.scope }));
  }
}
