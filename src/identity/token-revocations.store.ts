/** Tokens that were given back before their time; asked for with every request in `callers.store.ts`. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';
import type { TokenClaims } from './token.service.js';

const MOST_PURGED = 10_000;

@Injectable()
export class TokenRevocationsStore {
  constructor(private readonly database: Database) {}

  /** False where the token was revoked before. */
  async add({ domainId, tokenId, expiresAt }: TokenClaims, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `INSERT INTO token_revocations (domain_id, token_id, expires_at)
       VALUES ($1, $2, to_timestamp($3::double precision / 1000))
       ON CONFLICT DO NOTHING RETURNING 1`,
      [domainId, tokenId, expiresAt],
    );
    return rows.length > 0;
  }

  /** Removes those of tokens that expired by themselves, an hour later for clocks that differ. Resolves with the number. */
  async purge(): Promise<number> {
    const rows = await this.database.query(
      `DELETE FROM token_revocations WHERE (domain_id, token_id) IN (
         SELECT domain_id, token_id FROM token_revocations
         WHERE expires_at < now() - interval '1 hour' LIMIT $1)
       RETURNING 1`,
      [MOST_PURGED],
    );
    return rows.length;
  }
}
