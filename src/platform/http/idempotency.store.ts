/** The rows behind `Idempotency-Key`. */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';

export interface IdempotencyOwner {
  readonly domainId: string;
  readonly userId: string;
  readonly key: string;
}

/** Rows a request takes away that nobody may ask for any more; so the table needs no job. */
const SWEPT = 20;

@Injectable()
export class IdempotencyStore {
  /**
   * True where the key was free. Whoever asks for one that another transaction has just taken waits for that one's end:
   * the answer is then there, or the key is free again.
   */
  async take(
    { domainId, userId, key }: IdempotencyOwner,
    fingerprint: Buffer,
    keptSeconds: number,
    transaction: Transaction,
  ): Promise<boolean> {
    const rows = await transaction.query(
      `WITH swept AS (
         DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM idempotency_keys WHERE expires_at <= now() AND NOT (domain_id = $1 AND user_id = $2 AND idempotency_key = $3)
           ORDER BY expires_at LIMIT ${String(SWEPT)} FOR UPDATE SKIP LOCKED)))
       INSERT INTO idempotency_keys (domain_id, user_id, idempotency_key, fingerprint, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (domain_id, user_id, idempotency_key)
       DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL, expires_at = excluded.expires_at
         WHERE idempotency_keys.expires_at <= now()
       RETURNING 1`,
      [domainId, userId, key, fingerprint, keptSeconds],
    );
    return rows.length > 0;
  }

  async find(
    { domainId, userId, key }: IdempotencyOwner,
    transaction: Transaction,
  ): Promise<{ fingerprint: Buffer; answer: string | null } | null> {
    const [row] = await transaction.query<{ fingerprint: Buffer; answer: string | null }>(
      `SELECT fingerprint, answer FROM idempotency_keys WHERE domain_id = $1 AND user_id = $2 AND idempotency_key = $3`,
      [domainId, userId, key],
    );
    return row ?? null;
  }

  async keep({ domainId, userId, key }: IdempotencyOwner, answer: string, transaction: Transaction): Promise<void> {
    await transaction.query(
      `UPDATE idempotency_keys SET answer = $4 WHERE domain_id = $1 AND user_id = $2 AND idempotency_key = $3`,
      [domainId, userId, key, answer],
    );
  }
}
