/** Lets one process at a time make what an installation has once; the others wait and then find it made. */
import type { Transaction } from '../platform/database/database.js';

/** Numbers of advisory locks; no other use of advisory locks in the database may share them. */
const LOCKS = {
  signingKey: 7_421_903_101,
  bootstrap: 7_421_903_102,
  encryptionKey: 7_421_903_103,
} as const;

export type IdentityLock = keyof typeof LOCKS;

/** Waits for the lock, which is held until the transaction ends. */
export async function takeIdentityLock(lock: IdentityLock, transaction: Transaction): Promise<void> {
  await transaction.query('SELECT pg_advisory_xact_lock($1)', [LOCKS[lock]]);
}
