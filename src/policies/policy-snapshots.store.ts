/** Reads what decides in a domain, and which version of it is in force. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';
import type { SnapshotRecord } from './policy-snapshot.js';

interface SnapshotRow {
  domain_id: string;
  version: string;
  policies: { id: string; name: string; version: string | null; document: string }[];
  attachments: { policyId: string; userId: string | null; groupId: string | null }[];
  role_grants: { groupId: string; roleId: string; scopeKind: string; scopeId: string }[];
  registry_grants: { projectId: string; namespace: string; repository: string; userId: string; auth: number }[];
}

/** One statement sees one state of the database: nothing of it is older or newer than its version. */
const LOAD = `SELECT q.domain_id,
  coalesce((SELECT s.version FROM policy_states s WHERE s.domain_id = q.domain_id), 0) AS version,
  (SELECT coalesce(json_agg(json_build_object('id', p.id, 'document', v.document,
      'name', CASE p.kind WHEN 'role' THEN p.display_name ELSE p.name END,
      'version', CASE p.kind WHEN 'role' THEN NULL ELSE 'v' || v.version END)), '[]')
     FROM policies p JOIN policy_versions v
       ON v.domain_id = p.domain_id AND v.policy_id = p.id AND v.version = p.default_version
     WHERE p.domain_id = q.domain_id) AS policies,
  (SELECT coalesce(json_agg(json_build_object('policyId', a.policy_id, 'userId', a.user_id, 'groupId', a.group_id)), '[]')
     FROM policy_attachments a WHERE a.domain_id = q.domain_id) AS attachments,
  (SELECT coalesce(json_agg(json_build_object('groupId', r.group_id, 'roleId', r.role_id,
      'scopeKind', r.scope_kind, 'scopeId', r.scope_id)), '[]')
     FROM role_grants r WHERE r.domain_id = q.domain_id) AS role_grants,
  (SELECT coalesce(json_agg(json_build_object('projectId', g.project_id, 'namespace', g.namespace,
      'repository', g.repository, 'userId', g.user_id, 'auth', g.auth)), '[]')
     FROM registry_grants g WHERE g.domain_id = q.domain_id) AS registry_grants
  FROM unnest($1::text[]) AS q(domain_id)`;

@Injectable()
export class PolicySnapshotsStore {
  constructor(private readonly database: Database) {}

  /** One of each domain, whether it has policies or not. */
  async load(domainIds: readonly string[], sql: Sql = this.database): Promise<SnapshotRecord[]> {
    const rows = await sql.query<SnapshotRow>(LOAD, [domainIds]);
    return rows.map(({ domain_id: domainId, role_grants: roleGrants, registry_grants: registryGrants, ...row }) => {
      const { version, policies, attachments } = row;
      return { domainId, version, policies, attachments, roleGrants, registryGrants };
    });
  }

  /**
   * Which of these domains are at another version than the one that is known; `0` stands for a domain that never had any policy.
   * Asked twice a second about all that are kept, so only what differs is answered.
   */
  async changed(known: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ domain_id: string }>(
      `SELECT q.domain_id FROM unnest($1::text[], $2::bigint[]) AS q(domain_id, version)
       LEFT JOIN policy_states s ON s.domain_id = q.domain_id WHERE coalesce(s.version, 0) <> q.version`,
      [[...known.keys()], [...known.values()]],
    );
    return new Set(rows.map((row) => row.domain_id));
  }
}
