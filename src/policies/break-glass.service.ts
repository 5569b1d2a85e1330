/** Gives an operator's user full access back, for whoever is on the machine: by the policies, not around them. */
import { Injectable } from '@nestjs/common';
import { OperatorDirectory } from '../identity/index.js';
import { Database } from '../platform/database/database.js';
import { TraceRecorder } from '../traces/index.js';
import { leaveGroups, userToRestore } from './break-glass.store.js';
import { DomainSnapshot } from './policy-snapshot.js';
import { PolicySnapshotsStore } from './policy-snapshots.store.js';
import { attachToUser, bumpPolicies, detachFromUser } from './policy-state.store.js';
import { ADMINISTRATOR_POLICY_ID } from './system-policies.js';

export interface Restored {
  readonly userName: string;
  /** Policies with a Deny that were attached to the user itself. */
  readonly detached: readonly string[];
  /** Groups through which the user had a policy with a Deny. */
  readonly left: readonly string[];
}

@Injectable()
export class BreakGlass {
  constructor(
    private readonly database: Database,
    private readonly operators: OperatorDirectory,
    private readonly store: PolicySnapshotsStore,
    private readonly recorder: TraceRecorder,
  ) {}

  /**
   * Attaches the administrator's policy, and takes away whatever denies the user anything: its own policies that hold a Deny, and
   * its membership in groups that have one. Nobody else's access changes.
   *
   * Throws, saying why, when the operator domain has no such enabled user.
   */
  async restore(userName: string): Promise<Restored> {
    const operator = await this.operators.find();
    if (operator === null)
      throw new Error('there is no operator domain yet: has the service been started once (npm start)?');
    const { domainId, projectId } = operator;
    return this.database.transaction(async (transaction) => {
      const user = await userToRestore(domainId, userName, transaction);
      if (user === null) throw new Error(`the operator domain has no user named ${userName}`);
      if (!user.enabled) throw new Error(`the user ${userName} is disabled`);
      // Raised first: the row it locks keeps every other change of policies out until this one is done.
      await bumpPolicies(domainId, transaction);
      const [record] = await this.store.load([domainId], transaction);
      if (record === undefined) throw new RangeError('one domain was asked for and none answered');
      const snapshot = new DomainSnapshot(record);
      const { policies: detached, groups: left } = snapshot.deniersOf({ userId: user.id, groups: user.groups });
      await detachFromUser(domainId, detached, user.id, transaction);
      await leaveGroups(domainId, user.id, left, transaction);
      await attachToUser(domainId, ADMINISTRATOR_POLICY_ID, user.id, transaction);
      await this.recorder.record(
        {
          serviceType: 'IAM',
          resourceType: 'user',
          traceName: 'breakGlass',
          rating: 'warning',
          domainId,
          projectId,
          resourceId: user.id,
          resourceName: user.name,
          user: null,
          message: 'full access was given back on the machine, by npm run break-glass',
          request: { attached: ADMINISTRATOR_POLICY_ID, detached, left_groups: left },
        },
        transaction,
      );
      return { userName: user.name, detached, left };
    });
  }
}
