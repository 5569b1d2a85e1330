/** Roles: custom policies of version 1.1, and the roles and policies that come with the service (domain/iam.md §1.1, §3.1). */
import { Injectable } from '@nestjs/common';
import { type Actor, conflict, forbidden, namingConflicts, newId, notFound } from '../identity/index.js';
import type { Sql, Transaction } from '../platform/database/database.js';
import { PolicyChanges } from './policy-changes.service.js';
import { requireValid } from './policy-document.js';
import { type CustomPolicy, PolicyRecordsStore } from './policy-records.store.js';
import { findSystemPolicy, systemPolicies, type SystemPolicy } from './system-policies.js';

export const MOST_ROLES = 200;
const CATALOG = 'CUSTOMED';
const TYPE = 'Policy';

export interface Role {
  readonly id: string;
  /** Null for a system role. */
  readonly domainId: string | null;
  readonly name: string;
  readonly displayName: string;
  readonly catalog: string;
  /** `AX`: global services, `XA`: project services, `AA`: both. */
  readonly type: string;
  readonly description: string;
  readonly descriptionCn: string;
  /** As JSON text. */
  readonly document: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** How often it is granted. */
  readonly uses: number;
}

export interface RoleDraft {
  readonly displayName: string;
  readonly type: string;
  readonly description: string;
  readonly descriptionCn: string;
  readonly policy: unknown;
}

/** What is left out stays as it is. */
export type RoleChange = { readonly [K in keyof RoleDraft]?: RoleDraft[K] | undefined };

export interface RolePage {
  readonly page: number;
  readonly perPage: number;
}

@Injectable()
export class Roles {
  constructor(
    private readonly store: PolicyRecordsStore,
    private readonly changes: PolicyChanges,
  ) {}

  /** The domain's own in the order of their ids, with how many there are; without a page: all. */
  async list(domainId: string, page?: RolePage): Promise<[Role[], number]> {
    const part = page && { limit: page.perPage, offset: (page.page - 1) * page.perPage };
    const [found, count] = await Promise.all([
      this.store.list(domainId, { kind: 'role', ...part }),
      this.store.count(domainId, 'role'),
    ]);
    return [found.map((policy) => ofCustom(domainId, policy)), count];
  }

  async system(domainId: string): Promise<Role[]> {
    const roles = systemPolicies('role');
    const uses = await this.store.uses(
      domainId,
      roles.map(({ id }) => id),
    );
    return roles.map((role) => ofSystem(role, uses.get(role.id) ?? 0));
  }

  /** The domain's own. Throws `IAM.0004`. */
  async custom(domainId: string, id: string, sql?: Sql): Promise<Role> {
    const policy = await this.store.find(domainId, 'role', id, sql);
    if (policy === null) throw notFound('role', id);
    return ofCustom(domainId, policy);
  }

  /** Also one of the system. Throws `IAM.0004`. */
  async find(domainId: string, id: string, sql?: Sql): Promise<Role> {
    const system = findSystemPolicy('role', id);
    if (system === null) return this.custom(domainId, id, sql);
    return ofSystem(system, (await this.store.uses(domainId, [id], sql)).get(id) ?? 0);
  }

  /** Throws `IAM.0005` for a name that is taken and when there are too many, and what the policy is refused with. */
  create(draft: RoleDraft, actor: Actor): Promise<Role> {
    const { domainId } = actor.principal;
    const { displayName, type, description, descriptionCn, policy } = draft;
    requireValid(policy, '1.1', 'body.role.policy');
    return this.changing(displayName, actor, async (transaction) => {
      if ((await this.store.count(domainId, 'role', transaction)) >= MOST_ROLES)
        throw conflict('role', `there are ${String(MOST_ROLES)} custom policies, and there can be no more`);
      const number = await this.store.nextRoleNumber(domainId, transaction);
      const [id, name] = [newId(), `custom_${domainId}_${String(number)}`];
      const texts = { displayName, scopeType: type, path: '', description, descriptionCn };
      const record = { id, name, ...texts, document: JSON.stringify(policy) };
      await this.store.insert(domainId, 'role', record, transaction);
      await this.changes.record('createRole', { type: TYPE, id, name: displayName }, actor, transaction, draft);
      return this.custom(domainId, id, transaction);
    });
  }

  /** Throws `IAM.0004`, `IAM.0003` for a system role, `IAM.0005` for a name that is taken. */
  update(id: string, change: RoleChange, actor: Actor): Promise<Role> {
    const { domainId } = actor.principal;
    if (change.policy !== undefined) requireValid(change.policy, '1.1', 'body.role.policy');
    return this.changing(change.displayName ?? '', actor, async (transaction) => {
      const role = await this.changeable(domainId, id, transaction);
      await this.store.update(domainId, id, { ...role, ...given(change) }, transaction);
      await this.changes.record('updateRole', { type: TYPE, id, name: role.displayName }, actor, transaction, change);
      return this.custom(domainId, id, transaction);
    });
  }

  /** Throws `IAM.0004`, `IAM.0003` for a system role, `IAM.0005` while it is granted. */
  delete(id: string, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    return this.changes.run(actor, async (transaction) => {
      const role = await this.changeable(domainId, id, transaction);
      if (role.uses > 0) throw conflict('role', `it is granted ${String(role.uses)} times; revoke it first`);
      await this.store.delete(domainId, id, transaction);
      await this.changes.record('deleteRole', { type: TYPE, id, name: role.displayName }, actor, transaction);
    });
  }

  private changeable(domainId: string, id: string, transaction: Transaction): Promise<Role> {
    if (findSystemPolicy('role', id) !== null) throw forbidden('a system role cannot be changed');
    return this.custom(domainId, id, transaction);
  }

  private changing<T>(name: string, actor: Actor, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return namingConflicts(
      () => this.changes.run(actor, work),
      (_, cause) => conflict('role', `Duplicate entry found with name ${name}`, cause),
    );
  }
}

function given({ displayName, type, description, descriptionCn, policy }: RoleChange): Partial<Role> {
  return {
    ...(displayName !== undefined && { displayName }),
    ...(type !== undefined && { type }),
    ...(description !== undefined && { description }),
    ...(descriptionCn !== undefined && { descriptionCn }),
    ...(policy !== undefined && { document: JSON.stringify(policy) }),
  };
}

function ofCustom(domainId: string, policy: CustomPolicy): Role {
  return { ...policy, domainId, catalog: CATALOG, type: policy.scopeType ?? '' };
}

function ofSystem({ id, name, role, description, document, since }: SystemPolicy, uses: number): Role {
  const times = { createdAt: since, updatedAt: since };
  return { ...role, ...times, id, domainId: null, displayName: name, description, descriptionCn: '', document, uses };
}
