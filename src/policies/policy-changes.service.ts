/** Changes what decides in a domain: one at a time there, each with its trace, in force everywhere within a second. */
import { Injectable } from '@nestjs/common';
import { type Actor, DirectoryRecorder } from '../identity/index.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { bumpPolicies } from './policy-state.store.js';

export interface ChangedResource {
  /** Default: IAM. */
  readonly service?: 'SWR';
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

@Injectable()
export class PolicyChanges {
  constructor(
    private readonly database: Database,
    private readonly recorder: DirectoryRecorder,
  ) {}

  /** The version is raised first: its row is what keeps another change of the domain waiting, so that counted limits hold. */
  run<T>({ principal }: Actor, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(async (transaction) => {
      await bumpPolicies(principal.domainId, transaction);
      return work(transaction);
    });
  }

  record(
    traceName: string,
    resource: ChangedResource,
    actor: Actor,
    transaction: Transaction,
    request?: unknown,
  ): Promise<void> {
    return this.recorder.record(traceName, resource, actor, transaction, request);
  }
}
