/** Which quotas of a domain there is something to say about: what is counted, limited or granted. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { DOMAIN_SCOPE, type ScopeKind } from './core/scope.js';
import type { CounterId } from './counters.store.js';

export interface UsageFilter {
  readonly domainId: string;
  readonly quotaKey: string | null;
  readonly kind: ScopeKind | null;
}

/** Where a page goes on. */
export interface UsagePlace {
  readonly quotaKey: string;
  readonly scope: string;
}

@Injectable()
export class QuotaUsageStore {
  constructor(private readonly database: Database) {}

  /** In the order of key and scope. */
  async list({ domainId, quotaKey, kind }: UsageFilter, after: UsagePlace | null, limit: number): Promise<CounterId[]> {
    const rows = await this.database.read<{ quota_key: string; scope: string }>(
      `SELECT quota_key, scope FROM (
         SELECT quota_key, scope FROM quota_counters WHERE domain_id = $1
         UNION SELECT quota_key, scope FROM quota_limits WHERE domain_id = $1
         UNION SELECT quota_key, scope FROM quota_grants
               WHERE domain_id = $1 AND revoked_at IS NULL AND until_at > clock_timestamp()) AS known
       WHERE ($2::text IS NULL OR quota_key = $2) AND ($3::text IS NULL OR starts_with(scope, $3))
         AND ($4::text IS NULL OR (quota_key, scope) > ($4, $5))
       ORDER BY quota_key, scope LIMIT $6`,
      [domainId, quotaKey, kind === null ? null : prefixOf(kind), after?.quotaKey ?? null, after?.scope ?? null, limit],
    );
    return rows.map((row) => ({ domainId, quotaKey: row.quota_key, scope: row.scope }));
  }
}

function prefixOf(kind: ScopeKind): string {
  return kind === 'domain' ? DOMAIN_SCOPE : `${kind}/`;
}
