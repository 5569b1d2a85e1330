/** What every request asks of the directory: who its caller is at this instant, in few statements for many requests. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { BatchedLookup } from './batched-lookup.js';
import { selectUsers, type UserRecord, type UserRow, userRecord } from './directory.store.js';

export interface Caller {
  readonly user: UserRecord;
  /** Ids, sorted. */
  readonly groups: readonly string[];
  /** Whether the token that was named is revoked. */
  readonly tokenRevoked: boolean;
}

interface TokenHolder {
  readonly domainId: string;
  readonly userId: string;
  readonly tokenId: string;
}

interface CallerRow extends UserRow {
  ord: string;
  groups: string[];
  token_revoked: boolean;
}

/** SQL of a list of the ids of the groups of user `u`. */
export const GROUPS_OF_USER =
  'ARRAY(SELECT m.group_id FROM group_members m WHERE m.domain_id = u.domain_id AND m.user_id = u.id ORDER BY 1)';

@Injectable()
export class CallersStore {
  private readonly lookup = new BatchedLookup<TokenHolder, Caller | null>((holders) => this.load(holders));

  constructor(private readonly database: Database) {}

  /** As of now: a change that was committed before the call is seen. Null where the user is gone. */
  byToken(holder: TokenHolder): Promise<Caller | null> {
    return this.lookup.get(holder);
  }

  private async load(holders: readonly TokenHolder[]): Promise<(Caller | null)[]> {
    const rows = await this.database.queryPlanned<CallerRow>(
      selectUsers(
        `q.ord, ${GROUPS_OF_USER} AS groups,
         EXISTS (SELECT 1 FROM token_revocations r WHERE r.domain_id = q.domain_id AND r.token_id = q.token_id) AS token_revoked`,
        'unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS q(domain_id, user_id, token_id, ord)',
        'u.domain_id = q.domain_id AND u.id = q.user_id',
      ),
      [
        holders.map(({ domainId }) => domainId),
        holders.map(({ userId }) => userId),
        holders.map(({ tokenId }) => tokenId),
      ],
    );
    const found = new Map(rows.map((row) => [Number(row.ord), row]));
    return holders.map((_, index) => {
      const row = found.get(index + 1);
      return row ? { user: userRecord(row), groups: row.groups, tokenRevoked: row.token_revoked } : null;
    });
  }
}
