/** The custom policies of a domain and their versions. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';
import type { PolicyKind } from './system-policies.js';

export interface CustomPolicy {
  readonly id: string;
  /** `policy_name`, or `custom_<domain>_<n>`. */
  readonly name: string;
  readonly displayName: string;
  /** `AX` or `XA`; null for identity policies. */
  readonly scopeType: string | null;
  readonly path: string;
  readonly description: string;
  readonly descriptionCn: string;
  readonly defaultVersion: number;
  /** Of the default version. */
  readonly document: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** To how many users and groups it is attached, or how often it is granted. */
  readonly uses: number;
}

export interface PolicyVersionRecord {
  readonly version: number;
  readonly document: string;
  readonly createdAt: Date;
}

export type NewPolicy = Pick<
  CustomPolicy,
  'id' | 'name' | 'displayName' | 'scopeType' | 'path' | 'description' | 'descriptionCn' | 'document'
>;

export interface PolicyQuery {
  readonly kind: PolicyKind;
  /** Only one with this id. */
  readonly id?: string;
  /** Only those whose id comes later. */
  readonly after?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly pathPrefix?: string;
  readonly onlyUsed?: boolean;
}

const USES = `(SELECT count(*)::int FROM policy_attachments a WHERE a.domain_id = p.domain_id AND a.policy_id = p.id)
  + (SELECT count(*)::int FROM role_grants g WHERE g.domain_id = p.domain_id AND g.role_id = p.id)`;

const SELECT = `SELECT p.id, p.name, p.display_name AS "displayName", p.scope_type AS "scopeType", p.path, p.description,
    p.description_cn AS "descriptionCn", p.default_version AS "defaultVersion", v.document,
    p.created_at AS "createdAt", p.updated_at AS "updatedAt", ${USES} AS uses
  FROM policies p JOIN policy_versions v
    ON v.domain_id = p.domain_id AND v.policy_id = p.id AND v.version = p.default_version
  WHERE p.domain_id = $1 AND p.kind = $2 AND ($3::text IS NULL OR p.id = $3) AND p.id > $4
    AND starts_with(p.path, $5) AND (NOT $6 OR ${USES} > 0)
  ORDER BY p.id LIMIT $7 OFFSET $8`;

@Injectable()
export class PolicyRecordsStore {
  constructor(private readonly database: Database) {}

  /** In the order of their ids. */
  list(domainId: string, query: PolicyQuery, sql: Sql = this.database): Promise<CustomPolicy[]> {
    const { kind, id = null, after = '', pathPrefix = '', onlyUsed = false, limit = null, offset = 0 } = query;
    return sql.query<CustomPolicy>(SELECT, [domainId, kind, id, after, pathPrefix, onlyUsed, limit, offset]);
  }

  async find(domainId: string, kind: PolicyKind, id: string, sql: Sql = this.database): Promise<CustomPolicy | null> {
    const [policy = null] = await this.list(domainId, { kind, id }, sql);
    return policy;
  }

  async count(domainId: string, kind: PolicyKind, sql: Sql = this.database): Promise<number> {
    const [row] = await sql.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM policies WHERE domain_id = $1 AND kind = $2',
      [domainId, kind],
    );
    return row?.count ?? 0;
  }

  /** Of system policies, whose rows are nowhere: how often each is attached or granted. */
  async uses(domainId: string, ids: readonly string[], sql: Sql = this.database): Promise<ReadonlyMap<string, number>> {
    const rows = await sql.query<{ id: string; uses: number }>(
      `SELECT id, count(*)::int AS uses FROM (
         SELECT policy_id AS id FROM policy_attachments WHERE domain_id = $1 AND policy_id = ANY($2::text[])
         UNION ALL SELECT role_id FROM role_grants WHERE domain_id = $1 AND role_id = ANY($2::text[])) used
       GROUP BY id`,
      [domainId, ids],
    );
    return new Map(rows.map(({ id, uses }) => [id, uses]));
  }

  async insert(domainId: string, kind: PolicyKind, policy: NewPolicy, sql: Sql): Promise<void> {
    const { id, name, displayName, scopeType, path, description, descriptionCn, document } = policy;
    await sql.query(
      `INSERT INTO policies (domain_id, id, kind, name, display_name, scope_type, path, description, description_cn)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [domainId, id, kind, name, displayName, scopeType, path, description, descriptionCn],
    );
    await sql.query('INSERT INTO policy_versions (domain_id, policy_id, version, document) VALUES ($1, $2, 1, $3)', [
      domainId,
      id,
      document,
    ]);
  }

  /** For `custom_<domain>_<n>`: one more than the highest in use. */
  async nextRoleNumber(domainId: string, sql: Sql): Promise<number> {
    const [row] = await sql.query<{ next: number }>(
      `SELECT coalesce(max(substring(name FROM '_([0-9]+)$')::int), -1) + 1 AS next
       FROM policies WHERE domain_id = $1 AND kind = 'role'`,
      [domainId],
    );
    return row?.next ?? 0;
  }

  /** A role has one version, whose document is changed in place. */
  async update(
    domainId: string,
    id: string,
    role: Pick<CustomPolicy, 'displayName' | 'description' | 'descriptionCn' | 'document'> & { readonly type: string },
    sql: Sql,
  ): Promise<void> {
    const { displayName, type, description, descriptionCn, document } = role;
    await sql.query(
      `UPDATE policies SET display_name = $3, scope_type = $4, description = $5, description_cn = $6, updated_at = now()
       WHERE domain_id = $1 AND id = $2`,
      [domainId, id, displayName, type, description, descriptionCn],
    );
    await sql.query('UPDATE policy_versions SET document = $3 WHERE domain_id = $1 AND policy_id = $2', [
      domainId,
      id,
      document,
    ]);
  }

  async delete(domainId: string, id: string, sql: Sql): Promise<void> {
    await sql.query('DELETE FROM policies WHERE domain_id = $1 AND id = $2', [domainId, id]);
  }

  /** Newest first. */
  versions(domainId: string, policyId: string, sql: Sql = this.database): Promise<PolicyVersionRecord[]> {
    return sql.query<PolicyVersionRecord>(
      `SELECT version, document, created_at AS "createdAt" FROM policy_versions
       WHERE domain_id = $1 AND policy_id = $2 ORDER BY version DESC`,
      [domainId, policyId],
    );
  }

  /** With a number that no version of the policy ever had. */
  async addVersion(domainId: string, policyId: string, document: string, sql: Sql): Promise<PolicyVersionRecord> {
    const [row] = await sql.query<PolicyVersionRecord>(
      `WITH numbered AS (
         UPDATE policies SET last_version = last_version + 1, updated_at = now()
         WHERE domain_id = $1 AND id = $2 RETURNING last_version)
       INSERT INTO policy_versions (domain_id, policy_id, version, document)
       SELECT $1, $2, last_version, $3 FROM numbered RETURNING version, document, created_at AS "createdAt"`,
      [domainId, policyId, document],
    );
    if (row === undefined) throw new RangeError('a policy that was found is gone');
    return row;
  }

  async deleteVersion(domainId: string, policyId: string, version: number, sql: Sql): Promise<void> {
    await sql.query('DELETE FROM policy_versions WHERE domain_id = $1 AND policy_id = $2 AND version = $3', [
      domainId,
      policyId,
      version,
    ]);
  }

  async setDefault(domainId: string, policyId: string, version: number, sql: Sql): Promise<void> {
    await sql.query('UPDATE policies SET default_version = $3, updated_at = now() WHERE domain_id = $1 AND id = $2', [
      domainId,
      policyId,
      version,
    ]);
  }
}
