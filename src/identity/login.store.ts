/** What a login leaves in the user's row, and decides by it. */
import { Injectable } from '@nestjs/common';
import type { Sql } from '../platform/database/database.js';
import type { UserRecord } from './directory.store.js';

@Injectable()
export class LoginStore {
  /**
   * Notes the login while the row is still what the password was checked against: a change of the password, of the
   * user or of its domain comes wholly before it or wholly after it.
   *
   * Resolves with the instant of the login, epoch ms with fractions, by the clock that also tells when tokens became
   * void; null where the user has changed meanwhile.
   */
  async note({ domainId, id, passwordHash }: UserRecord, sql: Sql): Promise<number | null> {
    const [row] = await sql.query<{ at: string }>(
      `UPDATE users u SET last_login_at = clock_timestamp()
       FROM domains d
       WHERE d.id = u.domain_id AND d.enabled AND u.domain_id = $1 AND u.id = $2 AND u.enabled AND u.password_hash = $3
       RETURNING extract(epoch FROM clock_timestamp()) * 1000 AS at`,
      [domainId, id, passwordHash],
    );
    return row ? Number(row.at) : null;
  }
}
