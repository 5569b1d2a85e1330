/** Gives a new domain's administrator the policy that allows everything there: a policy like any other, not a bypass. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DirectoryExtensions, type NewDomain } from '../identity/index.js';
import type { Transaction } from '../platform/database/database.js';
import { attachToUser, bumpPolicies } from './policy-state.store.js';
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
}
