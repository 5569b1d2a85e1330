/**
 * The keys that sign tokens, as they stand in the database. When a key may sign is said by its age alone, by the
 * database's clock, so that all replicas and readers of the JWKS agree without being told.
 */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';

/** A key is published for so long before it signs; longer than anybody keeps a copy of the JWKS. */
export const LEAD_MINUTES = 15;
/** A retired key still verifies for so long: the longest life of a token, and an hour for clocks and logins in hand. */
export const VERIFIES_HOURS = 25;

export interface StoredSigningKey {
  readonly kid: string;
  /** PEM, SPKI. */
  readonly publicKey: string;
  /** PEM, PKCS #8, sealed. */
  readonly privateKeySealed: Buffer;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly retiredAt: number | null;
  readonly signs: boolean;
}

interface KeyRow {
  kid: string;
  public_key: string;
  private_key_sealed: Buffer;
  created_at: string;
  retired_at: string | null;
  signs: boolean;
}

/** The newest of those that were published for long enough, else the one published longest: the first of all. */
const SIGNER = `(SELECT s.kid FROM signing_keys s
   WHERE s.retired_at IS NULL
   ORDER BY s.created_at <= now() - interval '${String(LEAD_MINUTES)} minutes' DESC,
            CASE WHEN s.created_at <= now() - interval '${String(LEAD_MINUTES)} minutes' THEN s.created_at END DESC,
            s.created_at, s.kid
   LIMIT 1)`;
const SELECT_KEYS = `SELECT kid, public_key, private_key_sealed, extract(epoch FROM created_at) * 1000 AS created_at,
         extract(epoch FROM retired_at) * 1000 AS retired_at, kid = ${SIGNER} AS signs
  FROM signing_keys`;

@Injectable()
export class SigningKeysStore {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async all(sql: Sql = this.database): Promise<StoredSigningKey[]> {
    return (await sql.query<KeyRow>(`${SELECT_KEYS} ORDER BY created_at DESC, kid`)).map(toKey);
  }

  /** The one that signs now; null before the first. */
  async signer(sql: Sql = this.database): Promise<StoredSigningKey | null> {
    const [row] = await sql.query<KeyRow>(`${SELECT_KEYS} WHERE kid = ${SIGNER}`);
    return row ? toKey(row) : null;
  }

  async add(
    key: Pick<StoredSigningKey, 'kid' | 'publicKey' | 'privateKeySealed'> & { readonly algorithm: string },
    sql: Sql,
  ): Promise<void> {
    await sql.query(
      'INSERT INTO signing_keys (kid, algorithm, public_key, private_key_sealed) VALUES ($1, $2, $3, $4)',
      [key.kid, key.algorithm, key.publicKey, key.privateKeySealed],
    );
  }

  /** Whether the newest key is older than so many days. */
  async isDue(rotationDays: number, sql: Sql): Promise<boolean> {
    const [row] = await sql.query<{ due: boolean }>(
      `SELECT coalesce(max(created_at) <= now() - $1 * interval '1 day', false) AS due FROM signing_keys`,
      [rotationDays],
    );
    return row?.due ?? false;
  }

  /** Retires what is older than the key that signs. Resolves with the ids. */
  async retire(sql: Sql): Promise<string[]> {
    const rows = await sql.query<{ kid: string }>(
      `UPDATE signing_keys SET retired_at = now()
       WHERE retired_at IS NULL AND created_at < (SELECT created_at FROM signing_keys WHERE kid = ${SIGNER})
       RETURNING kid`,
    );
    return rows.map(({ kid }) => kid);
  }

  /** Deletes what can have signed no token that still lives; with `exceptFor`, everything but that key. */
  async discard(sql: Sql, exceptFor: string | null = null): Promise<string[]> {
    const rows = await sql.query<{ kid: string }>(
      `DELETE FROM signing_keys
       WHERE kid <> $1 OR ($1::text IS NULL AND retired_at < now() - interval '${String(VERIFIES_HOURS)} hours')
       RETURNING kid`,
      [exceptFor],
    );
    return rows.map(({ kid }) => kid);
  }
}

function toKey(row: KeyRow): StoredSigningKey {
  return {
    kid: row.kid,
    publicKey: row.public_key,
    privateKeySealed: row.private_key_sealed,
    createdAt: Math.trunc(Number(row.created_at)),
    retiredAt: row.retired_at === null ? null : Math.trunc(Number(row.retired_at)),
    signs: row.signs,
  };
}
