/** The version of a domain's policies: raised by every transaction that changes what decides there. */
import type { Sql, Transaction } from '../platform/database/database.js';

/** What the transaction that changes policies notifies; only to be faster than the next look. */
export const POLICIES_CHANNEL = 'quaestor_policies';

/** Tells every process, at the commit, to look; also those that miss it look within half a second. */
export async function bumpPolicies(domainId: string, transaction: Sql): Promise<void> {
  await transaction.query(
    `INSERT INTO policy_states AS s (domain_id) VALUES ($1)
     ON CONFLICT (domain_id) DO UPDATE SET version = s.version + 1`,
    [domainId],
  );
  await transaction.query('SELECT pg_notify($1, $2)', [POLICIES_CHANNEL, domainId]);
}

export async function detachFromUser(
  domainId: string,
  policyIds: readonly string[],
  userId: string,
  transaction: Transaction,
): Promise<void> {
  await transaction.query(
    'DELETE FROM policy_attachments WHERE domain_id = $1 AND user_id = $2 AND policy_id = ANY ($3)',
    [domainId, userId, policyIds],
  );
}

export async function attachToUser(
  domainId: string,
  policyId: string,
  userId: string,
  transaction: Transaction,
): Promise<void> {
  await transaction.query(
    `INSERT INTO policy_attachments (domain_id, policy_id, user_id) VALUES ($1, $2, $3)
     ON CONFLICT ON CONSTRAINT policy_attachments_to_user DO NOTHING`,
    [domainId, policyId, userId],
  );
}
