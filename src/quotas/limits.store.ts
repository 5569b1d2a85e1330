/** Limits that somebody set, and grants. Written under the lock of their counters' group. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { LevelLimit } from './core/hierarchy.js';
import { parseScopeKey } from './core/scope.js';
import type { CounterId } from './counters.store.js';
import type { Caller } from './reservation.js';

export interface SetLimit extends CounterId {
  readonly limit: number;
  readonly plane: 'operator' | 'tenant';
  readonly reason: string;
  readonly version: number;
  readonly setBy: Caller;
  /** Epoch ms. */
  readonly updatedAt: number;
}

export interface Grant extends CounterId {
  readonly id: string;
  readonly limit: number;
  /** Epoch ms; `untilMs` null: until revoked. */
  readonly fromMs: number;
  readonly untilMs: number | null;
  readonly reason: string;
  readonly grantedBy: Caller;
  readonly revokedAtMs: number | null;
}

interface LimitRow {
  readonly domain_id: string;
  readonly quota_key: string;
  readonly scope: string;
  readonly limit_value: string;
  readonly plane: 'operator' | 'tenant';
  readonly reason: string;
  readonly version: number;
  readonly set_by: Caller;
  readonly updated_at: string;
}

interface GrantRow {
  readonly domain_id: string;
  readonly quota_key: string;
  readonly scope: string;
  readonly id: string;
  readonly limit_value: string;
  readonly from_at: string;
  readonly until_at: string | null;
  readonly reason: string;
  readonly granted_by: Caller;
  readonly revoked_at: string | null;
}

const MS = (column: string, name = column): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint AS ${name}`;
const LIMIT_COLUMNS = `domain_id, quota_key, scope, limit_value, plane, reason, version, set_by, ${MS('updated_at')}`;
const GRANT_COLUMNS = `domain_id, quota_key, scope, id, limit_value, ${MS('from_at')}, ${MS("NULLIF(until_at, 'infinity')", 'until_at')},
  reason, granted_by, ${MS('revoked_at')}`;

@Injectable()
export class LimitsStore {
  async find(sql: Sql, { domainId, quotaKey, scope }: CounterId): Promise<SetLimit | null> {
    const [row] = await sql.query<LimitRow & Record<string, unknown>>(
      `SELECT ${LIMIT_COLUMNS} FROM quota_limits WHERE domain_id = $1 AND quota_key = $2 AND scope = $3`,
      [domainId, quotaKey, scope],
    );
    return row === undefined ? null : limitOf(row);
  }

  async list(sql: Pick<Sql, 'query'>, domainId: string, quotaKey: string | null): Promise<SetLimit[]> {
    const rows = await sql.query<LimitRow & Record<string, unknown>>(
      `SELECT ${LIMIT_COLUMNS} FROM quota_limits WHERE domain_id = $1 AND ($2::text IS NULL OR quota_key = $2)
       ORDER BY quota_key, scope LIMIT 10000`,
      [domainId, quotaKey],
    );
    return rows.map(limitOf);
  }

  async set(
    transaction: Transaction,
    { domainId, quotaKey, scope, limit, plane, reason, setBy }: Omit<SetLimit, 'version' | 'updatedAt'>,
  ): Promise<SetLimit> {
    const [row] = await transaction.query<LimitRow & Record<string, unknown>>(
      `INSERT INTO quota_limits AS l (domain_id, quota_key, scope, limit_value, plane, reason, set_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (domain_id, quota_key, scope) DO UPDATE
         SET limit_value = excluded.limit_value, plane = excluded.plane, reason = excluded.reason, set_by = excluded.set_by,
             version = l.version + 1, updated_at = now()
       RETURNING ${LIMIT_COLUMNS}`,
      [domainId, quotaKey, scope, limit, plane, reason, JSON.stringify(setBy)],
    );
    if (row === undefined) throw new Error('the limit was not written');
    return limitOf(row);
  }

  async delete(transaction: Transaction, { domainId, quotaKey, scope }: CounterId): Promise<void> {
    await transaction.query('DELETE FROM quota_limits WHERE domain_id = $1 AND quota_key = $2 AND scope = $3', [
      domainId,
      quotaKey,
      scope,
    ]);
  }

  /** Limits and grants that hold now or later for scopes below this one. */
  async below(sql: Sql, { domainId, quotaKey, scope }: CounterId): Promise<LevelLimit[]> {
    const rows = await sql.query<{ scope: string; limit_value: string }>(
      `SELECT scope, limit_value FROM (
         SELECT scope, limit_value FROM quota_limits WHERE domain_id = $1 AND quota_key = $2
         UNION ALL SELECT scope, limit_value FROM quota_grants
           WHERE domain_id = $1 AND quota_key = $2 AND revoked_at IS NULL AND until_at > clock_timestamp()) AS known
       WHERE scope <> $3 AND ($3 = 'domain' OR $3 LIKE 'project/%' AND (
         starts_with(scope, 'user/' || substr($3, 9) || '/') OR starts_with(scope, 'instance/' || substr($3, 9) || '/')))
       ORDER BY scope`,
      [domainId, quotaKey, scope],
    );
    return rows.map((row) => ({ scope: row.scope, limit: Number(row.limit_value) }));
  }

  async grant(transaction: Transaction, grant: Omit<Grant, 'revokedAtMs'>): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_grants (domain_id, id, quota_key, scope, limit_value, from_at, until_at, reason, granted_by)
       VALUES ($1, $2, $3, $4, $5, to_timestamp($6 / 1000.0), COALESCE(to_timestamp($7 / 1000.0), 'infinity'), $8, $9)`,
      [
        grant.domainId,
        grant.id,
        grant.quotaKey,
        grant.scope,
        grant.limit,
        grant.fromMs,
        grant.untilMs,
        grant.reason,
        JSON.stringify(grant.grantedBy),
      ],
    );
  }

  async findGrant(sql: Sql, domainId: string, id: string): Promise<Grant | null> {
    const [row] = await sql.query<GrantRow & Record<string, unknown>>(
      `SELECT ${GRANT_COLUMNS} FROM quota_grants WHERE domain_id = $1 AND id = $2`,
      [domainId, id],
    );
    return row === undefined ? null : grantOf(row);
  }

  /** Newest first; at most 1,000. */
  async grants(sql: Pick<Sql, 'query'>, domainId: string, quotaKey: string | null): Promise<Grant[]> {
    const rows = await sql.query<GrantRow & Record<string, unknown>>(
      `SELECT ${GRANT_COLUMNS} FROM quota_grants WHERE domain_id = $1 AND ($2::text IS NULL OR quota_key = $2)
       ORDER BY created_at DESC, id LIMIT 1000`,
      [domainId, quotaKey],
    );
    return rows.map(grantOf);
  }

  /** The most generous grant active at the instant, epoch ms; null where none is. */
  async grantAt(
    sql: Pick<Sql, 'query'>,
    { domainId, quotaKey, scope }: CounterId,
    atMs: number,
  ): Promise<number | null> {
    const [row] = await sql.query<{ limit_value: string | null }>(
      `SELECT CASE WHEN bool_or(limit_value = -1) THEN -1 ELSE max(limit_value) END AS limit_value FROM quota_grants
       WHERE domain_id = $1 AND quota_key = $2 AND scope = $3 AND revoked_at IS NULL
         AND from_at <= to_timestamp($4 / 1000.0) AND until_at > to_timestamp($4 / 1000.0)`,
      [domainId, quotaKey, scope, atMs],
    );
    const value = row?.limit_value ?? null;
    return value === null ? null : Number(value);
  }

  /** When the youngest grant that has begun did so, revoked or not; epoch ms. */
  async lastGrantMs(sql: Pick<Sql, 'query'>, { domainId, quotaKey, scope }: CounterId): Promise<number | null> {
    const [row] = await sql.query<{ from_at: string | null }>(
      `SELECT max(floor(extract(epoch FROM from_at) * 1000)::bigint) AS from_at FROM quota_grants
       WHERE domain_id = $1 AND quota_key = $2 AND scope = $3 AND from_at <= clock_timestamp()`,
      [domainId, quotaKey, scope],
    );
    const value = row?.from_at ?? null;
    return value === null ? null : Number(value);
  }

  async revoke(transaction: Transaction, domainId: string, id: string): Promise<void> {
    await transaction.query(
      'UPDATE quota_grants SET revoked_at = clock_timestamp() WHERE domain_id = $1 AND id = $2 AND revoked_at IS NULL',
      [domainId, id],
    );
  }

  async nowMs(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ now: string }>(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
    );
    return Number(row?.now);
  }
}

/** Of the other scopes of the same kind below a level, what is set for them in all. */
export function othersBelow(level: string, wanted: CounterId, below: readonly LevelLimit[]): number {
  const kind = parseScopeKey(wanted.scope, wanted.domainId).kind;
  const prefix = level === 'domain' ? `${kind}/` : `${kind}/${level.slice('project/'.length)}/`;
  return below
    .filter(({ scope, limit }) => scope !== wanted.scope && scope.startsWith(prefix) && limit > 0)
    .reduce((sum, { limit }) => sum + limit, 0);
}

function limitOf(row: LimitRow): SetLimit {
  return {
    domainId: row.domain_id,
    quotaKey: row.quota_key,
    scope: row.scope,
    limit: Number(row.limit_value),
    plane: row.plane,
    reason: row.reason,
    version: row.version,
    setBy: row.set_by,
    updatedAt: Number(row.updated_at),
  };
}

function grantOf(row: GrantRow): Grant {
  const ms = (value: string | null): number | null => (value === null ? null : Number(value));
  return {
    domainId: row.domain_id,
    quotaKey: row.quota_key,
    scope: row.scope,
    id: row.id,
    limit: Number(row.limit_value),
    fromMs: Number(row.from_at),
    untilMs: ms(row.until_at),
    reason: row.reason,
    grantedBy: row.granted_by,
    revokedAtMs: ms(row.revoked_at),
  };
}
