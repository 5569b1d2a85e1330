/** The known text that tells the right `ENCRYPTION_KEY` from any other, and the lock that says who works under it. */
import type { Sql, Transaction } from '../platform/database/database.js';

/** Held shared by every serving process, alone by the rotation of the key. A number no other advisory lock has. */
export const ENCRYPTION_KEY_LOCK = 7_421_903_110;

export async function readCheck(sql: Sql): Promise<Buffer | null> {
  const [row] = await sql.query<{ sealed: Buffer }>('SELECT sealed FROM encryption_check');
  return row?.sealed ?? null;
}

export async function addCheck(sealed: Buffer, sql: Sql): Promise<void> {
  await sql.query('INSERT INTO encryption_check (sealed) VALUES ($1)', [sealed]);
}

export async function noteRotation(sql: Sql): Promise<void> {
  await sql.query('UPDATE encryption_check SET rotated_at = now()');
}

/** For the transaction; false where any process holds it. */
export async function lockKeyAlone(transaction: Transaction): Promise<boolean> {
  const [row] = await transaction.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
    ENCRYPTION_KEY_LOCK,
  ]);
  return row?.taken ?? false;
}
