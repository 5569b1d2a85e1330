/** Which specification an instance was bought with. Written under the locks of all groups that it limits. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { Caller } from './reservation.js';

export interface InstanceSpec {
  readonly domainId: string;
  /** As `scopeKey` makes it; of kind instance. */
  readonly scope: string;
  readonly spec: string;
  readonly reason: string;
  readonly version: number;
  readonly setBy: Caller;
  /** Epoch ms. */
  readonly updatedAt: number;
}

interface SpecRow {
  readonly domain_id: string;
  readonly scope: string;
  readonly spec: string;
  readonly reason: string;
  readonly version: number;
  readonly set_by: Caller;
  readonly updated_at: string;
}

const COLUMNS =
  'domain_id, scope, spec, reason, version, set_by, floor(extract(epoch FROM updated_at) * 1000)::bigint AS updated_at';

@Injectable()
export class InstanceSpecsStore {
  async find(sql: Sql, domainId: string, scope: string): Promise<InstanceSpec | null> {
    const [row] = await sql.query<SpecRow & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM quota_specs WHERE domain_id = $1 AND scope = $2`,
      [domainId, scope],
    );
    return row === undefined ? null : specOf(row);
  }

  /** In the order of the scope, those after the given one. */
  async list(sql: Pick<Sql, 'query'>, domainId: string, after: string | null, limit: number): Promise<InstanceSpec[]> {
    const rows = await sql.query<SpecRow & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM quota_specs WHERE domain_id = $1 AND ($2::text IS NULL OR scope > $2) ORDER BY scope LIMIT $3`,
      [domainId, after, limit],
    );
    return rows.map(specOf);
  }

  async set(
    transaction: Transaction,
    { domainId, scope, spec, reason, setBy }: Omit<InstanceSpec, 'version' | 'updatedAt'>,
  ): Promise<InstanceSpec> {
    const [row] = await transaction.query<SpecRow & Record<string, unknown>>(
      `INSERT INTO quota_specs AS s (domain_id, scope, spec, reason, set_by) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (domain_id, scope) DO UPDATE
         SET spec = excluded.spec, reason = excluded.reason, set_by = excluded.set_by, version = s.version + 1,
             updated_at = clock_timestamp()
       RETURNING ${COLUMNS}`,
      [domainId, scope, spec, reason, JSON.stringify(setBy)],
    );
    if (row === undefined) throw new Error('the specification was not written');
    return specOf(row);
  }

  async delete(transaction: Transaction, domainId: string, scope: string): Promise<void> {
    await transaction.query('DELETE FROM quota_specs WHERE domain_id = $1 AND scope = $2', [domainId, scope]);
  }
}

function specOf(row: SpecRow): InstanceSpec {
  return {
    domainId: row.domain_id,
    scope: row.scope,
    spec: row.spec,
    reason: row.reason,
    version: row.version,
    setBy: row.set_by,
    updatedAt: Number(row.updated_at),
  };
}
