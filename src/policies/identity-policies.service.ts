/** Identity policies (5.0) of a domain, with their versions, beside those that come with the service (domain/iam.md §1.3, §3.2). */
import { Injectable } from '@nestjs/common';
import { type Actor, conflict, forbidden, namingConflicts, newId, notFound } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import type { Sql, Transaction } from '../platform/database/database.js';
import { PolicyChanges } from './policy-changes.service.js';
import { requireValid } from './policy-document.js';
import { type CustomPolicy, PolicyRecordsStore, type PolicyVersionRecord } from './policy-records.store.js';
import { findSystemPolicy, systemPolicies, type SystemPolicy } from './system-policies.js';

export const MOST_POLICIES = 1_500;
export const MOST_VERSIONS = 5;
const TYPE = 'policy';

export interface IdentityPolicy {
  readonly type: 'custom' | 'system';
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly urn: string;
  readonly defaultVersion: number;
  readonly uses: number;
  readonly description: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface PolicyPageQuery {
  readonly type: 'custom' | 'system' | null;
  readonly pathPrefix: string;
  readonly onlyAttached: boolean;
  /** The id of the last one before the page. */
  readonly after: string;
  readonly limit: number;
}

export interface PolicyDraft {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  readonly document: string;
}

export interface PolicyVersionView extends PolicyVersionRecord {
  readonly isDefault: boolean;
}

@Injectable()
export class IdentityPolicies {
  constructor(
    private readonly store: PolicyRecordsStore,
    private readonly changes: PolicyChanges,
  ) {}

  /** In the order of their ids; one more than `limit`, if there is one, tells that there are more. */
  async list(domainId: string, query: PolicyPageQuery): Promise<IdentityPolicy[]> {
    const { type, pathPrefix, onlyAttached, after, limit } = query;
    const asked = { kind: 'identity', after, pathPrefix, onlyUsed: onlyAttached, limit: limit + 1 } as const;
    const custom = type === 'system' ? [] : await this.store.list(domainId, asked);
    const system =
      type === 'custom' || pathPrefix !== '' ? [] : await this.systemPolicies(domainId, after, onlyAttached);
    const all = [...custom.map((policy) => ofCustom(domainId, policy)), ...system];
    return all.sort((left, right) => (left.id < right.id ? -1 : 1)).slice(0, limit + 1);
  }

  /** Throws `IAM.0004`. */
  async find(domainId: string, id: string, sql?: Sql): Promise<IdentityPolicy> {
    const system = findSystemPolicy('identity', id);
    if (system !== null) return ofSystem(system, (await this.store.uses(domainId, [id], sql)).get(id) ?? 0);
    const policy = await this.store.find(domainId, 'identity', id, sql);
    if (policy === null) throw notFound('policy', id);
    return ofCustom(domainId, policy);
  }

  /** Throws `IAM.0005` for a name that is taken and when there are too many, and what the document is refused with. */
  create(draft: PolicyDraft, actor: Actor): Promise<IdentityPolicy> {
    const { domainId } = actor.principal;
    const { name, path, description, document } = draft;
    requireValid(document, '5.0', 'body.policy_document');
    const policy = {
      id: newId(),
      name,
      displayName: name,
      scopeType: null,
      path,
      description,
      descriptionCn: '',
      document,
    };
    return namingConflicts(
      () =>
        this.changes.run(actor, async (transaction) => {
          if ((await this.store.count(domainId, 'identity', transaction)) >= MOST_POLICIES)
            throw conflict(TYPE, `there are ${String(MOST_POLICIES)} custom policies, and there can be no more`);
          await this.store.insert(domainId, 'identity', policy, transaction);
          const resource = { type: TYPE, id: policy.id, name };
          await this.changes.record('createPolicyV5', resource, actor, transaction, {
            name,
            path,
            description,
            document,
          });
          return ofCustom(domainId, await this.custom(domainId, policy.id, transaction));
        }),
      (_, cause) => conflict(TYPE, `Duplicate entry found with name ${name}`, cause),
    );
  }

  /** Throws `IAM.0004`, `IAM.0003` for a system policy, `IAM.0005` while it is attached. */
  delete(id: string, actor: Actor): Promise<void> {
    return this.changing(id, actor, async (policy, transaction) => {
      if (policy.uses > 0) throw conflict(TYPE, `it is attached to ${String(policy.uses)} users or groups`);
      await this.store.delete(actor.principal.domainId, id, transaction);
      await this.record('deletePolicyV5', policy, actor, transaction);
    });
  }

  /** Newest first. Throws `IAM.0004`. */
  async versions(domainId: string, id: string): Promise<PolicyVersionView[]> {
    const system = findSystemPolicy('identity', id);
    if (system !== null) return [{ version: 1, document: system.document, createdAt: system.since, isDefault: true }];
    const { defaultVersion } = await this.find(domainId, id);
    const versions = await this.store.versions(domainId, id);
    return versions.map((version) => ({ ...version, isDefault: version.version === defaultVersion }));
  }

  /** @param version null: not of the form of a version's id. Throws `IAM.0004`. */
  async version(domainId: string, id: string, version: number | null): Promise<PolicyVersionView> {
    const found = (await this.versions(domainId, id)).find((known) => known.version === version);
    if (found === undefined) throw versionNotFound(version);
    return found;
  }

  /** Throws `IAM.0004`, `IAM.0003` for a system policy, `PAP5.0028` for a sixth, and what the document is refused with. */
  addVersion(id: string, document: string, isDefault: boolean, actor: Actor): Promise<PolicyVersionView> {
    const { domainId } = actor.principal;
    return this.changing(id, actor, async (policy, transaction) => {
      requireValid(document, '5.0', 'body.policy_document');
      if ((await this.store.versions(domainId, id, transaction)).length >= MOST_VERSIONS)
        throw new AppError('PAP5.0028', `There are ${String(MOST_VERSIONS)} versions of the policy; delete one first.`);
      const added = await this.store.addVersion(domainId, id, document, transaction);
      if (isDefault) await this.store.setDefault(domainId, id, added.version, transaction);
      const request = { version: added.version, document, isDefault };
      await this.record('createPolicyVersionV5', policy, actor, transaction, request);
      return { ...added, isDefault };
    });
  }

  /** Throws `IAM.0004`, `IAM.0003` for a system policy, `IAM.0005` for the default one. */
  deleteVersion(id: string, version: number | null, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    return this.changingVersion(id, version, actor, async (policy, found, transaction) => {
      if (found === policy.defaultVersion) throw conflict('policy version', 'the default version cannot be deleted');
      await this.store.deleteVersion(domainId, id, found, transaction);
      await this.record('deletePolicyVersionV5', policy, actor, transaction, { version: found });
    });
  }

  /** Throws `IAM.0004`, `IAM.0003` for a system policy. */
  setDefault(id: string, version: number | null, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    return this.changingVersion(id, version, actor, async (policy, found, transaction) => {
      await this.store.setDefault(domainId, id, found, transaction);
      await this.record('setDefaultPolicyVersionV5', policy, actor, transaction, { version: found });
    });
  }

  private async systemPolicies(domainId: string, after: string, onlyUsed: boolean): Promise<IdentityPolicy[]> {
    const later = systemPolicies('identity').filter(({ id }) => id > after);
    const uses = await this.store.uses(
      domainId,
      later.map(({ id }) => id),
    );
    return later
      .filter(({ id }) => !onlyUsed || uses.has(id))
      .map((policy) => ofSystem(policy, uses.get(policy.id) ?? 0));
  }

  private async custom(domainId: string, id: string, transaction: Transaction): Promise<CustomPolicy> {
    if (findSystemPolicy('identity', id) !== null) throw forbidden('a system policy cannot be changed');
    const policy = await this.store.find(domainId, 'identity', id, transaction);
    if (policy === null) throw notFound('policy', id);
    return policy;
  }

  private changing<T>(
    id: string,
    actor: Actor,
    work: (policy: CustomPolicy, transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.changes.run(actor, async (transaction) =>
      work(await this.custom(actor.principal.domainId, id, transaction), transaction),
    );
  }

  private changingVersion(
    id: string,
    version: number | null,
    actor: Actor,
    work: (policy: CustomPolicy, version: number, transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    return this.changing(id, actor, async (policy, transaction) => {
      const versions = await this.store.versions(actor.principal.domainId, id, transaction);
      const found = versions.find((known) => known.version === version);
      if (found === undefined) throw versionNotFound(version);
      await work(policy, found.version, transaction);
    });
  }

  private record(
    traceName: string,
    { id, name }: CustomPolicy,
    actor: Actor,
    transaction: Transaction,
    request?: unknown,
  ): Promise<void> {
    return this.changes.record(traceName, { type: TYPE, id, name }, actor, transaction, request);
  }
}

export function policyUrn(owner: string, path: string, name: string): string {
  return `iam::${owner}:policy:${path}${name}`;
}

function versionNotFound(version: number | null) {
  return notFound('policy version', version === null ? 'it is not written v1, v2 …' : `v${String(version)}`);
}

function ofCustom(domainId: string, policy: CustomPolicy): IdentityPolicy {
  return { ...policy, type: 'custom', urn: policyUrn(domainId, policy.path, policy.name) };
}

function ofSystem({ id, name, description, since }: SystemPolicy, uses: number): IdentityPolicy {
  const urn = policyUrn('system', '', name);
  return {
    type: 'system',
    id,
    name,
    path: '',
    urn,
    defaultVersion: 1,
    uses,
    description,
    createdAt: since,
    updatedAt: since,
  };
}
