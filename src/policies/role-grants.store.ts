/** Which roles are granted to which groups, and where. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';

/** `inherited`: on every project of the domain, whose id is then `scopeId`. Enterprise projects are kept elsewhere: any id is one. */
export interface GrantTarget {
  readonly groupId: string;
  readonly scopeKind: 'project' | 'domain' | 'inherited' | 'enterprise_project';
  readonly scopeId: string;
}

@Injectable()
export class RoleGrantsStore {
  constructor(private readonly database: Database) {}

  /** Ids of roles, in their order. */
  async list(domainId: string, { groupId, scopeKind, scopeId }: GrantTarget): Promise<string[]> {
    const rows = await this.database.query<{ role_id: string }>(
      `SELECT role_id FROM role_grants
       WHERE domain_id = $1 AND group_id = $2 AND scope_kind = $3 AND scope_id = $4 ORDER BY role_id`,
      [domainId, groupId, scopeKind, scopeId],
    );
    return rows.map((row) => row.role_id);
  }

  /** Whether there was none yet. */
  async grant(domainId: string, roleId: string, target: GrantTarget, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `INSERT INTO role_grants (domain_id, group_id, role_id, scope_kind, scope_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [domainId, target.groupId, roleId, target.scopeKind, target.scopeId],
    );
    return rows.length > 0;
  }

  /** Whether there was one. */
  async revoke(domainId: string, roleId: string, target: GrantTarget, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `DELETE FROM role_grants
       WHERE domain_id = $1 AND group_id = $2 AND role_id = $3 AND scope_kind = $4 AND scope_id = $5 RETURNING 1`,
      [domainId, target.groupId, roleId, target.scopeKind, target.scopeId],
    );
    return rows.length > 0;
  }
}
