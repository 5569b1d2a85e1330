/** Definitions as they are stored: each with its version, all with one revision that grows with every change. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';
import type { WireDefinition } from './core/wire-definition.js';

export interface StoredDefinition {
  readonly version: number;
  readonly document: WireDefinition;
}

@Injectable()
export class DefinitionsStore {
  constructor(private readonly database: Database) {}

  async revision(sql: Sql): Promise<string> {
    const [row] = await sql.query<{ revision: string }>('SELECT revision FROM quota_catalogue');
    return row?.revision ?? '0';
  }

  async all(sql: Sql): Promise<StoredDefinition[]> {
    return sql.query<StoredDefinition & Record<string, unknown>>(
      'SELECT version, document FROM quota_definitions WHERE NOT deleted ORDER BY quota_key',
    );
  }

  /** Waits for other changes of definitions. Null where there is none, or it was deleted. */
  async lock(transaction: Transaction, key: string): Promise<StoredDefinition | null> {
    await transaction.query('SELECT FROM quota_catalogue FOR UPDATE');
    const [row] = await transaction.query<StoredDefinition & { deleted: boolean }>(
      'SELECT version, document FROM quota_definitions WHERE quota_key = $1 AND NOT deleted',
      [key],
    );
    return row ?? null;
  }

  /** Under {@link lock}. Returns the new version, which grows also over a deletion. */
  async save(transaction: Transaction, key: string, document: WireDefinition): Promise<number> {
    const [row] = await transaction.query<{ version: number }>(
      `WITH grown AS (UPDATE quota_catalogue SET revision = revision + 1)
       INSERT INTO quota_definitions AS d (quota_key, version, document) VALUES ($1, 1, $2)
       ON CONFLICT (quota_key) DO UPDATE
         SET version = d.version + 1, document = excluded.document, deleted = false, updated_at = now()
       RETURNING version`,
      [key, JSON.stringify(document)],
    );
    return row?.version ?? 1;
  }

  async delete(transaction: Transaction, key: string): Promise<void> {
    await transaction.query(
      `WITH grown AS (UPDATE quota_catalogue SET revision = revision + 1)
       UPDATE quota_definitions SET deleted = true, version = version + 1, updated_at = now() WHERE quota_key = $1`,
      [key],
    );
  }

  /** Adds those whose key was never there; changed and deleted ones stay as they are. */
  async seed(documents: readonly WireDefinition[]): Promise<void> {
    await this.database.query(
      `WITH added AS (
         INSERT INTO quota_definitions (quota_key, version, document)
         SELECT key, 1, document FROM unnest($1::text[], $2::jsonb[]) AS seed(key, document) ORDER BY key
         ON CONFLICT DO NOTHING RETURNING quota_key)
       UPDATE quota_catalogue SET revision = revision + 1 WHERE EXISTS (SELECT FROM added)`,
      [documents.map(({ key }) => key), documents.map((document) => JSON.stringify(document))],
    );
  }
}
