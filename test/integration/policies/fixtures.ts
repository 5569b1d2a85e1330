/** Users, groups and policies written straight into the tables, as the APIs for them would. */
import { randomBytes } from 'node:crypto';
import type { Sql } from '../../../src/platform/database/database.js';
import { bumpPolicies } from '../../../src/policies/policy-state.store.js';

export type Effect = 'Allow' | 'Deny';

export function document(...statements: Record<string, unknown>[]): Record<string, unknown> {
  return { Version: '5.0', Statement: statements };
}

export function statement(effect: Effect, action: string | string[], resource: string | string[] = '*', more = {}) {
  return { Effect: effect, Action: [action].flat(), Resource: [resource].flat(), ...more };
}

export class PolicyFixtures {
  constructor(
    private readonly sql: Sql,
    readonly domainId: string,
  ) {}

  async user(id: string = randomBytes(16).toString('hex')): Promise<string> {
    await this.sql.query('INSERT INTO users (domain_id, id, name) VALUES ($1, $2, $2)', [this.domainId, id]);
    return id;
  }

  async group(...members: string[]): Promise<string> {
    const id = randomBytes(16).toString('hex');
    await this.sql.query('INSERT INTO groups (domain_id, id, name) VALUES ($1, $2, $2)', [this.domainId, id]);
    await this.sql.query('INSERT INTO group_members (domain_id, user_id, group_id) SELECT $1, unnest($2::text[]), $3', [
      this.domainId,
      members,
      id,
    ]);
    return id;
  }

  /** Its id; it is nobody's yet. */
  async policy(name: string, content: unknown, kind: 'identity' | 'role' = 'identity'): Promise<string> {
    const id = randomBytes(16).toString('hex');
    await this.sql.query('INSERT INTO policies (domain_id, id, kind, name, display_name) VALUES ($1, $2, $3, $4, $4)', [
      this.domainId,
      id,
      kind,
      name,
    ]);
    await this.sql.query(
      'INSERT INTO policy_versions (domain_id, policy_id, version, document) VALUES ($1, $2, 1, $3)',
      [this.domainId, id, JSON.stringify(content)],
    );
    return id;
  }

  async attach(policyId: string, holder: { user?: string; group?: string }): Promise<void> {
    await this.sql.query(
      'INSERT INTO policy_attachments (domain_id, policy_id, user_id, group_id) VALUES ($1, $2, $3, $4)',
      [this.domainId, policyId, holder.user ?? null, holder.group ?? null],
    );
    await bumpPolicies(this.domainId, this.sql);
  }

  async grant(roleId: string, groupId: string, scopeKind: string, scopeId: string): Promise<void> {
    await this.sql.query(
      'INSERT INTO role_grants (domain_id, group_id, role_id, scope_kind, scope_id) VALUES ($1, $2, $3, $4, $5)',
      [this.domainId, groupId, roleId, scopeKind, scopeId],
    );
    await bumpPolicies(this.domainId, this.sql);
  }
}
