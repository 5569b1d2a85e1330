/** Counts what a domain has of IAM. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

export interface AccountCounts {
  readonly users: number;
  readonly groups: number;
  readonly policies: number;
  /** Whether every administrator that is enabled has a second factor. */
  readonly administratorsHaveMfa: boolean;
}

@Injectable()
export class AccountSummaryStore {
  constructor(private readonly database: Database) {}

  async counts(domainId: string): Promise<AccountCounts> {
    const [row] = await this.database.query<AccountCounts>(
      `SELECT (SELECT count(*)::int FROM users WHERE domain_id = $1) AS users,
              (SELECT count(*)::int FROM groups WHERE domain_id = $1) AS groups,
              (SELECT count(*)::int FROM policies WHERE domain_id = $1 AND kind = 'identity') AS policies,
              NOT EXISTS (SELECT FROM users u WHERE u.domain_id = $1 AND u.is_administrator AND u.enabled AND NOT EXISTS
                (SELECT FROM mfa_devices m WHERE m.domain_id = u.domain_id AND m.user_id = u.id AND m.enabled))
                AS "administratorsHaveMfa"`,
      [domainId],
    );
    if (row === undefined) throw new RangeError('a statement without FROM answered no row');
    return row;
  }
}
