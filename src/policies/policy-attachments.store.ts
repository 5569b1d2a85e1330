/** To whom identity policies are attached. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';

/** `user` or `group`, with its id. */
export interface Holding {
  readonly kind: 'user' | 'group';
  readonly id: string;
}

export interface AttachedTo extends Holding {
  readonly attachedAt: Date;
}

export interface AttachedPolicyRecord {
  readonly policyId: string;
  /** Null for a system policy. */
  readonly name: string | null;
  readonly path: string | null;
  readonly attachedAt: Date;
}

const COLUMN = { user: 'user_id', group: 'group_id' } as const;

@Injectable()
export class PolicyAttachmentsStore {
  constructor(private readonly database: Database) {}

  /** Of a user or group, in the order of the policies' ids, those after one. */
  attachedTo(domainId: string, { kind, id }: Holding, after: string, limit: number): Promise<AttachedPolicyRecord[]> {
    return this.database.query<AttachedPolicyRecord>(
      `SELECT a.policy_id AS "policyId", p.name, p.path, a.attached_at AS "attachedAt"
       FROM policy_attachments a LEFT JOIN policies p ON p.domain_id = a.domain_id AND p.id = a.policy_id
       WHERE a.domain_id = $1 AND a.${COLUMN[kind]} = $2 AND a.policy_id > $3 ORDER BY a.policy_id LIMIT $4`,
      [domainId, id, after, limit],
    );
  }

  /** Groups before users, each in the order of their ids; those after `kind-id`. */
  holdersOf(
    domainId: string,
    policyId: string,
    { kind, after, limit }: { readonly kind: string | null; readonly after: string; readonly limit: number },
  ): Promise<AttachedTo[]> {
    return this.database.query<AttachedTo>(
      `SELECT kind, id, "attachedAt" FROM (
         SELECT CASE WHEN user_id IS NULL THEN 'group' ELSE 'user' END AS kind, coalesce(user_id, group_id) AS id,
                attached_at AS "attachedAt"
         FROM policy_attachments WHERE domain_id = $1 AND policy_id = $2) held
       WHERE ($3::text IS NULL OR kind = $3) AND (kind || '-' || id) COLLATE "C" > $4
       ORDER BY (kind || '-' || id) COLLATE "C" LIMIT $5`,
      [domainId, policyId, kind, after, limit],
    );
  }

  async isAttached(domainId: string, policyId: string, { kind, id }: Holding, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `SELECT 1 FROM policy_attachments WHERE domain_id = $1 AND policy_id = $2 AND ${COLUMN[kind]} = $3`,
      [domainId, policyId, id],
    );
    return rows.length > 0;
  }

  async count(domainId: string, { kind, id }: Holding, sql: Sql): Promise<number> {
    const [row] = await sql.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM policy_attachments WHERE domain_id = $1 AND ${COLUMN[kind]} = $2`,
      [domainId, id],
    );
    return row?.count ?? 0;
  }

  async attach(domainId: string, policyId: string, { kind, id }: Holding, sql: Sql): Promise<void> {
    await sql.query(`INSERT INTO policy_attachments (domain_id, policy_id, ${COLUMN[kind]}) VALUES ($1, $2, $3)`, [
      domainId,
      policyId,
      id,
    ]);
  }

  async detach(domainId: string, policyId: string, { kind, id }: Holding, sql: Sql): Promise<void> {
    await sql.query(`DELETE FROM policy_attachments WHERE domain_id = $1 AND policy_id = $2 AND ${COLUMN[kind]} = $3`, [
      domainId,
      policyId,
      id,
    ]);
  }
}
