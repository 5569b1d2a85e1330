/** Grants roles to groups on a project, on an enterprise project, on the domain, and on all projects of the domain (domain/iam.md §3.1). */
import { Injectable } from '@nestjs/common';
import { type Actor, groupOf, notFound, ProjectDirectory, requireOwnDomain } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { PolicyChanges } from './policy-changes.service.js';
import { type GrantTarget, RoleGrantsStore } from './role-grants.store.js';
import { type Role, Roles } from './roles.service.js';

const TYPE = 'assignment';

@Injectable()
export class RoleGrants {
  constructor(
    private readonly roles: Roles,
    private readonly store: RoleGrantsStore,
    private readonly changes: PolicyChanges,
    private readonly projects: ProjectDirectory,
    private readonly database: Database,
  ) {}

  /** In the order of their ids. Throws `IAM.0003` for another domain, `IAM.0004`. */
  async list(principal: Principal, target: GrantTarget): Promise<Role[]> {
    const { domainId } = principal;
    await this.requireScope(principal, target);
    await groupOf(this.database.dataSource.manager, domainId, target.groupId);
    const ids = await this.store.list(domainId, target);
    return Promise.all(ids.map((id) => this.roles.find(domainId, id)));
  }

  /** Throws `IAM.0003` for another domain, `IAM.0004`, also where it is not granted. */
  async requireGranted(principal: Principal, roleId: string, target: GrantTarget): Promise<void> {
    await this.requireScope(principal, target);
    await groupOf(this.database.dataSource.manager, principal.domainId, target.groupId);
    if (!(await this.store.list(principal.domainId, target)).includes(roleId)) throw notFound('role', roleId);
  }

  /** Being granted already is no fault, and no change. Throws `IAM.0003` for another domain, `IAM.0004`. */
  grant(roleId: string, target: GrantTarget, actor: Actor): Promise<void> {
    return this.changing(target, actor, async (transaction) => {
      const role = await this.roles.find(actor.principal.domainId, roleId, transaction);
      if (await this.store.grant(actor.principal.domainId, roleId, target, transaction))
        await this.record('createAssignment', role, target, actor, transaction);
    });
  }

  /** Throws `IAM.0003` for another domain, `IAM.0004`, also where it is not granted. */
  revoke(roleId: string, target: GrantTarget, actor: Actor): Promise<void> {
    return this.changing(target, actor, async (transaction) => {
      const role = await this.roles.find(actor.principal.domainId, roleId, transaction);
      if (!(await this.store.revoke(actor.principal.domainId, roleId, target, transaction)))
        throw notFound('role', roleId);
      await this.record('deleteAssignment', role, target, actor, transaction);
    });
  }

  private async changing(
    target: GrantTarget,
    actor: Actor,
    work: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    await this.requireScope(actor.principal, target);
    await this.changes.run(actor, async (transaction) => {
      await groupOf(transaction.manager, actor.principal.domainId, target.groupId, true);
      await work(transaction);
    });
  }

  private async requireScope(principal: Principal, { scopeKind, scopeId }: GrantTarget): Promise<void> {
    if (scopeKind === 'enterprise_project') return;
    if (scopeKind !== 'project') requireOwnDomain(principal, scopeId);
    else if (!(await this.projects.belongs(principal.domainId, scopeId))) throw notFound('project', scopeId);
  }

  private record(
    traceName: string,
    { id, displayName }: Role,
    target: GrantTarget,
    actor: Actor,
    transaction: Transaction,
  ): Promise<void> {
    return this.changes.record(traceName, { type: TYPE, id, name: displayName }, actor, transaction, target);
  }
}
