/** Attaches identity policies to users and groups; agencies are not kept here, so none is ever found (domain/iam.md §3.2). */
import { Injectable } from '@nestjs/common';
import { type Actor, conflict, groupOf, notFound, userOf } from '../identity/index.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { IdentityPolicies, policyUrn } from './identity-policies.service.js';
import { type AttachedTo, type Holding, PolicyAttachmentsStore } from './policy-attachments.store.js';
import { PolicyChanges } from './policy-changes.service.js';
import { findSystemPolicy } from './system-policies.js';

export const MOST_ATTACHED = 10;

export interface AttachedPolicy {
  readonly id: string;
  readonly name: string;
  readonly urn: string;
  readonly attachedAt: Date;
}

export interface HoldersQuery {
  readonly kind: 'user' | 'group' | 'agency' | null;
  /** `kind-id` of the last one before the page. */
  readonly after: string;
  readonly limit: number;
}

@Injectable()
export class PolicyAttachments {
  constructor(
    private readonly policies: IdentityPolicies,
    private readonly store: PolicyAttachmentsStore,
    private readonly changes: PolicyChanges,
    private readonly database: Database,
  ) {}

  /** Being attached already is no fault, and no change. Throws `IAM.0004`, and `IAM.0005` for an eleventh. */
  attach(policyId: string, holding: Holding, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    return this.changes.run(actor, async (transaction) => {
      const policy = await this.policies.find(domainId, policyId, transaction);
      const holder = await holderOf(domainId, holding, transaction);
      if (await this.store.isAttached(domainId, policyId, holding, transaction)) return;
      if ((await this.store.count(domainId, holding, transaction)) >= MOST_ATTACHED)
        throw conflict('attachment', `${String(MOST_ATTACHED)} policies are attached to the ${holding.kind}`);
      await this.store.attach(domainId, policyId, holding, transaction);
      const name = holding.kind === 'user' ? 'attachUserPolicyV5' : 'attachGroupPolicyV5';
      await this.changes.record(name, holder, actor, transaction, { policyId, policyName: policy.name });
    });
  }

  /** Throws `IAM.0004`, also for a policy that is not attached. */
  detach(policyId: string, holding: Holding, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    return this.changes.run(actor, async (transaction) => {
      const policy = await this.policies.find(domainId, policyId, transaction);
      const holder = await holderOf(domainId, holding, transaction);
      if (!(await this.store.isAttached(domainId, policyId, holding, transaction)))
        throw notFound('attachment of policy', policyId);
      await this.store.detach(domainId, policyId, holding, transaction);
      const name = holding.kind === 'user' ? 'detachUserPolicyV5' : 'detachGroupPolicyV5';
      await this.changes.record(name, holder, actor, transaction, { policyId, policyName: policy.name });
    });
  }

  /** Always throws `IAM.0004`: of the policy, or else of the agency. */
  async refuseAgency(domainId: string, policyId: string, agencyId: string): Promise<never> {
    await this.policies.find(domainId, policyId);
    throw notFound('agency', agencyId);
  }

  /** In the order of the policies' ids; one more than `limit` tells that there are more. Throws `IAM.0004`. */
  async attachedTo(domainId: string, holding: Holding, after: string, limit: number): Promise<AttachedPolicy[]> {
    await (holding.kind === 'user' ? userOf : groupOf)(this.database.dataSource.manager, domainId, holding.id);
    const records = await this.store.attachedTo(domainId, holding, after, limit + 1);
    return records.flatMap(({ policyId: id, name, path, attachedAt }) => {
      if (name !== null) return [{ id, name, urn: policyUrn(domainId, path ?? '', name), attachedAt }];
      const system = findSystemPolicy('identity', id);
      return system === null ? [] : [{ id, name: system.name, urn: policyUrn('system', '', system.name), attachedAt }];
    });
  }

  /** One more than `limit` tells that there are more. Throws `IAM.0004`. */
  async holdersOf(domainId: string, policyId: string, query: HoldersQuery): Promise<AttachedTo[]> {
    await this.policies.find(domainId, policyId);
    return this.store.holdersOf(domainId, policyId, { ...query, limit: query.limit + 1 });
  }
}

/** Kept from being deleted until the transaction ends. */
async function holderOf(domainId: string, { kind, id }: Holding, { manager }: Transaction) {
  const { name } = await (kind === 'user' ? userOf : groupOf)(manager, domainId, id, true);
  return { type: kind, id, name };
}
