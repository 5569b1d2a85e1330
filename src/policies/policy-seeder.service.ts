/** Gives the administrators of a domain the policy that allows everything there: a policy like any other, not a bypass. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ChangedAdministrator, DirectoryExtensions, type NewDomain } from '../identity/index.js';
import type { Transaction } from '../platform/database/database.js';
import { attachToUser, bumpPolicies, detachFromUser } from './policy-state.store.js';
import { ADMINISTRATOR_POLICY_ID } from './system-policies.js';

@Injectable()
export class PolicySeeder implements OnModuleInit {
  constructor(private readonly extensions: DirectoryExtensions) {}

  onModuleInit(): void {
    this.extensions.addDomainObserver(this);
  }

  async created({ id, administratorId }: NewDomain, transaction: Transaction): Promise<void> {
    await attachToUser(id, ADMINISTRATOR_POLICY_ID, administratorId, transaction);
    await bumpPolicies(id, transaction);
  }

  async administratorChanged(
    { domainId, userId, isAdministrator }: ChangedAdministrator,
    transaction: Transaction,
  ): Promise<void> {
    const change = isAdministrator ? attachToUser : detachFromUser;
    await change(domainId, ADMINISTRATOR_POLICY_ID, userId, transaction);
    await bumpPolicies(domainId, transaction);
  }
}
