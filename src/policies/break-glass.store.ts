/** What `npm run break-glass` finds and changes. */
import type { Transaction } from '../platform/database/database.js';

export interface LockedOutUser {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly groups: readonly string[];
}

/** Held until the transaction ends: nobody else changes what is attached to it meanwhile. */
export async function userToRestore(
  domainId: string,
  name: string,
  transaction: Transaction,
): Promise<LockedOutUser | null> {
  const [user] = await transaction.query<{ id: string; name: string; enabled: boolean; groups: string[] }>(
    `SELECT u.id, u.name, u.enabled,
            ARRAY(SELECT m.group_id FROM group_members m WHERE m.domain_id = u.domain_id AND m.user_id = u.id) AS groups
       FROM users u WHERE u.domain_id = $1 AND u.name = $2 FOR UPDATE`,
    [domainId, name],
  );
  return user ?? null;
}

export async function detachFromUser(
  domainId: string,
  userId: string,
  policyIds: readonly string[],
  transaction: Transaction,
): Promise<void> {
  await transaction.query(
    'DELETE FROM policy_attachments WHERE domain_id = $1 AND user_id = $2 AND policy_id = ANY($3::text[])',
    [domainId, userId, policyIds],
  );
}

export async function leaveGroups(
  domainId: string,
  userId: string,
  groupIds: readonly string[],
  transaction: Transaction,
): Promise<void> {
  await transaction.query(
    'DELETE FROM group_members WHERE domain_id = $1 AND user_id = $2 AND group_id = ANY($3::text[])',
    [domainId, userId, groupIds],
  );
}
