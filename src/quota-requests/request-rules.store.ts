/** The one document of rules for the installation, with its version. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { WireRules } from './core/wire-rules.js';

export interface StoredRules {
  readonly version: number;
  readonly document: WireRules;
}

@Injectable()
export class RequestRulesStore {
  /** Null before they are seeded. */
  async find(sql: Sql): Promise<StoredRules | null> {
    const [row] = await sql.query<StoredRules & Record<string, unknown>>(
      'SELECT version, document FROM quota_request_rules',
    );
    return row ?? null;
  }

  async lock(transaction: Transaction): Promise<StoredRules | null> {
    const [row] = await transaction.query<StoredRules & Record<string, unknown>>(
      'SELECT version, document FROM quota_request_rules FOR UPDATE',
    );
    return row ?? null;
  }

  async save(transaction: Transaction, { version, document }: StoredRules): Promise<void> {
    await transaction.query('UPDATE quota_request_rules SET version = $1, document = $2', [
      version,
      JSON.stringify(document),
    ]);
  }

  /** Only where there are none. */
  async seed(sql: Sql, document: WireRules): Promise<void> {
    await sql.query('INSERT INTO quota_request_rules (version, document) VALUES (1, $1) ON CONFLICT DO NOTHING', [
      JSON.stringify(document),
    ]);
  }
}
