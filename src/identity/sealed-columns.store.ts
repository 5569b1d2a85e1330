/** Every column that is sealed under `ENCRYPTION_KEY`, with what binds its values to their rows; read and written as a whole. */
import type { Sql } from '../platform/database/database.js';
import { accessKeyPurpose } from './access-key.entity.js';
import { mfaSeedPurpose } from './mfa-seeds.service.js';
import { signingKeyPurpose } from './signing-keys.service.js';

export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The primary key. */
  readonly key: readonly string[];
  /** @param key values of the key columns, as text */
  readonly purpose: (key: readonly string[]) => string;
}

export const ENCRYPTION_CHECK_PURPOSE = 'encryption_check';

export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    table: 'access_keys',
    column: 'secret_sealed',
    key: ['domain_id', 'access_key'],
    purpose: ([, accessKey = '']) => accessKeyPurpose(accessKey),
  },
  {
    table: 'signing_keys',
    column: 'private_key_sealed',
    key: ['kid'],
    purpose: ([kid = '']) => signingKeyPurpose(kid),
  },
  {
    table: 'mfa_devices',
    column: 'seed_sealed',
    key: ['domain_id', 'user_id'],
    purpose: ([domainId = '', userId = '']) => mfaSeedPurpose(domainId, userId),
  },
  // Of a capability that this one does not know; the exchange of the key must know all.
  ...(['secret_sealed', 'previous_secret_sealed'] as const).map((column) => ({
    table: 'webhooks',
    column,
    key: ['domain_id', 'id'],
    purpose: ([domainId = '', id = '']: readonly string[]) => webhookSecretPurpose(domainId, id),
  })),
  {
    table: 'encryption_check',
    column: 'sealed',
    key: ['singleton'],
    purpose: () => ENCRYPTION_CHECK_PURPOSE,
  },
];

/** Binds the secret of a webhook to its row, also the one before it. */
export function webhookSecretPurpose(domainId: string, id: string): string {
  return `webhooks:${domainId}:${id}`;
}

export interface SealedValue {
  readonly key: readonly string[];
  readonly sealed: Buffer;
}

const CHUNK = 1_000;

/** All, or as many as wanted. */
export function readSealed({ table, column, key }: SealedColumn, sql: Sql, limit?: number): Promise<SealedValue[]> {
  const texts = key.map((name) => `${name}::text`).join(', ');
  return sql.query<{ key: string[]; sealed: Buffer }>(
    `SELECT ARRAY[${texts}] AS key, ${column} AS sealed FROM ${table}
     WHERE ${column} IS NOT NULL ORDER BY ${key.join(', ')} LIMIT $1`,
    [limit ?? null],
  );
}

export async function writeSealed(
  { table, column, key }: SealedColumn,
  values: readonly SealedValue[],
  sql: Sql,
): Promise<void> {
  const keys = key.map((_, index) => `$${String(index + 2)}::text[]`).join(', ');
  const names = key.map((name) => `k_${name}`);
  const same = key.map((name) => `t.${name}::text = q.k_${name}`).join(' AND ');
  for (let start = 0; start < values.length; start += CHUNK) {
    const chunk = values.slice(start, start + CHUNK);
    await sql.query(
      `UPDATE ${table} t SET ${column} = q.sealed
       FROM unnest($1::bytea[], ${keys}) AS q(sealed, ${names.join(', ')}) WHERE ${same}`,
      [chunk.map(({ sealed }) => sealed), ...key.map((_, index) => chunk.map((value) => value.key[index]))],
    );
  }
}
