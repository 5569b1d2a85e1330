/** The history of limits, grants and definitions: what was before, what is, who changed it and why. */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { Caller } from './reservation.js';

export interface Change {
  /** '' for what belongs to the installation. */
  readonly domainId: string;
  /** '' for what concerns all keys of a scope. */
  readonly quotaKey: string;
  /** '' for what has none. */
  readonly scope: string;
  /** `setLimit`, `deleteLimit`, `createGrant` … */
  readonly change: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string;
  readonly by: Caller;
}

export interface PastChange extends Change {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
}

interface ChangeRow {
  readonly domain_id: string;
  readonly id: string;
  readonly quota_key: string;
  readonly scope: string;
  readonly change: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string;
  readonly changed_by: Caller;
  readonly changed_at: string;
}

@Injectable()
export class ChangesStore {
  async add(transaction: Transaction, change: Change): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_history (domain_id, id, quota_key, scope, change, before, after, reason, changed_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        change.domainId,
        randomBytes(8).toString('hex'),
        change.quotaKey,
        change.scope,
        change.change,
        json(change.before),
        json(change.after),
        change.reason,
        JSON.stringify(change.by),
      ],
    );
  }

  /** Newest first. */
  async list(
    sql: Pick<Sql, 'query'>,
    {
      domainId,
      quotaKey,
      beforeMs,
      limit,
    }: { domainId: string; quotaKey: string | null; beforeMs: number | null; limit: number },
  ): Promise<PastChange[]> {
    const rows = await sql.query<ChangeRow & Record<string, unknown>>(
      `SELECT domain_id, id, quota_key, scope, change, before, after, reason, changed_by,
              floor(extract(epoch FROM changed_at) * 1000)::bigint AS changed_at
       FROM quota_history
       WHERE domain_id = $1 AND ($2::text IS NULL OR quota_key = $2)
         AND ($3::bigint IS NULL OR changed_at < to_timestamp($3 / 1000.0))
       ORDER BY changed_at DESC, id DESC LIMIT $4`,
      [domainId, quotaKey, beforeMs, limit],
    );
    return rows.map((row) => ({
      domainId: row.domain_id,
      id: row.id,
      quotaKey: row.quota_key,
      scope: row.scope,
      change: row.change,
      before: row.before,
      after: row.after,
      reason: row.reason,
      by: row.changed_by,
      at: Number(row.changed_at),
    }));
  }
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
