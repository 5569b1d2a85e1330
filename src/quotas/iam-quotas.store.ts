/** What a domain has of IAM, counted where it is kept rather than from traces. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

@Injectable()
export class IamQuotasStore {
  constructor(private readonly database: Database) {}

  /**
   * By the types of IAM; those that are absent have nothing here. Of assignments the greatest number that one group has, in one
   * project or in one enterprise project: that is what is limited.
   */
  async ofDomain(domainId: string): Promise<Readonly<Record<string, number>>> {
    const [row] = await this.database.read<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM users WHERE domain_id = $1) AS "user",
              (SELECT count(*)::int FROM groups WHERE domain_id = $1) AS "group",
              (SELECT count(*)::int FROM policies WHERE domain_id = $1 AND kind = 'role') AS policy,
              ${mostGranted('project')} AS assigment_group_mp,
              ${mostGranted('enterprise_project')} AS assigment_group_ep`,
      [domainId],
    );
    return row ?? {};
  }

  /** Projects below the project. */
  async ofProject(domainId: string, projectId: string): Promise<Readonly<Record<string, number>>> {
    const [row] = await this.database.read<Record<string, number>>(
      'SELECT count(*)::int AS project FROM projects WHERE domain_id = $1 AND parent_id = $2',
      [domainId, projectId],
    );
    return row ?? {};
  }
}

function mostGranted(kind: 'project' | 'enterprise_project'): string {
  return `(SELECT COALESCE(max(roles), 0)::int FROM (
    SELECT count(*) AS roles FROM role_grants WHERE domain_id = $1 AND scope_kind = '${kind}' GROUP BY group_id, scope_id) AS held)`;
}
