/** Whom an access key stands for at this instant, with all that decides whether its signature counts, in few statements. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { BatchedLookup } from './batched-lookup.js';
import { GROUPS_OF_USER } from './callers.store.js';
import { selectUsers, type UserRecord, type UserRow, userRecord } from './directory.store.js';

export interface Signer {
  readonly user: UserRecord;
  /** Ids, sorted. */
  readonly groups: readonly string[];
  /** False for users who are to sign in at a console only. */
  readonly isProgrammatic: boolean;
  /** The project that was asked for, where it is an enabled one of the user's domain. */
  readonly projectId: string | null;
}

export interface KeyHolder extends Signer {
  readonly secretSealed: Buffer;
  readonly keyEnabled: boolean;
}

export interface SessionHolder extends Signer {
  /** Whether the temporary key was revoked by itself. */
  readonly revoked: boolean;
}

interface Session {
  readonly accessKey: string;
  readonly domainId: string;
  readonly userId: string;
  readonly projectId: string | null;
}

interface SignerRow extends UserRow {
  ord: string;
  groups: string[];
  is_programmatic: boolean;
  project_id: string | null;
}

interface KeyRow extends SignerRow {
  secret_sealed: Buffer;
  key_enabled: boolean;
}

const SIGNER_COLUMNS = `q.ord, ${GROUPS_OF_USER} AS groups, u.access_mode <> 'console' AS is_programmatic, p.id AS project_id`;

@Injectable()
export class SignersStore {
  private readonly keys = new BatchedLookup<Pick<Session, 'accessKey' | 'projectId'>, KeyHolder | null>((wanted) =>
    this.loadKeys(wanted),
  );
  private readonly sessions = new BatchedLookup<Session, SessionHolder | null>((wanted) => this.loadSessions(wanted));

  constructor(private readonly database: Database) {}

  /** Null where there is no such key. As of now: a change that was committed before the call is seen. */
  byKey(accessKey: string, projectId: string | null): Promise<KeyHolder | null> {
    return this.keys.get({ accessKey, projectId });
  }

  /** The user of a temporary key; null where it is gone. */
  bySession(session: Session): Promise<SessionHolder | null> {
    return this.sessions.get(session);
  }

  /** Tells the key's use, unless that was told within the last minute. */
  async touchKey(domainId: string, accessKey: string, at: number): Promise<void> {
    await this.database.query(
      `UPDATE access_keys SET last_used_at = to_timestamp($3 / 1000.0)
       WHERE domain_id = $1 AND access_key = $2
         AND (last_used_at IS NULL OR last_used_at < to_timestamp($3 / 1000.0) - interval '1 minute')`,
      [domainId, accessKey, at],
    );
  }

  private async loadKeys(wanted: readonly Pick<Session, 'accessKey' | 'projectId'>[]): Promise<(KeyHolder | null)[]> {
    const rows = await this.database.query<KeyRow>(
      selectUsers(
        `${SIGNER_COLUMNS}, k.secret_sealed, k.enabled AS key_enabled`,
        `unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(access_key, project_id, ord)
         JOIN access_keys k ON k.access_key = q.access_key
         LEFT JOIN projects p ON p.domain_id = k.domain_id AND p.id = q.project_id AND p.enabled`,
        'u.domain_id = k.domain_id AND u.id = k.user_id',
      ),
      [wanted.map(({ accessKey }) => accessKey), wanted.map(({ projectId }) => projectId)],
    );
    return inOrder(wanted, rows, (row) => ({
      ...signer(row),
      secretSealed: row.secret_sealed,
      keyEnabled: row.key_enabled,
    }));
  }

  private async loadSessions(wanted: readonly Session[]): Promise<(SessionHolder | null)[]> {
    const rows = await this.database.query<SignerRow & { revoked: boolean }>(
      selectUsers(
        `${SIGNER_COLUMNS},
         EXISTS (SELECT 1 FROM token_revocations r WHERE r.domain_id = q.domain_id AND r.token_id = q.access_key) AS revoked`,
        `unnest($1::text[], $2::text[], $3::text[], $4::text[])
           WITH ORDINALITY AS q(access_key, domain_id, user_id, project_id, ord)
         LEFT JOIN projects p ON p.domain_id = q.domain_id AND p.id = q.project_id AND p.enabled`,
        'u.domain_id = q.domain_id AND u.id = q.user_id',
      ),
      [
        wanted.map(({ accessKey }) => accessKey),
        wanted.map(({ domainId }) => domainId),
        wanted.map(({ userId }) => userId),
        wanted.map(({ projectId }) => projectId),
      ],
    );
    return inOrder(wanted, rows, (row) => ({ ...signer(row), revoked: row.revoked }));
  }
}

function inOrder<Row extends SignerRow, V>(
  wanted: readonly unknown[],
  rows: readonly Row[],
  read: (row: Row) => V,
): (V | null)[] {
  const found = new Map(rows.map((row) => [Number(row.ord), row]));
  return wanted.map((_, index) => {
    const row = found.get(index + 1);
    return row ? read(row) : null;
  });
}

function signer(row: SignerRow): Signer {
  return {
    user: userRecord(row),
    groups: row.groups,
    isProgrammatic: row.is_programmatic,
    projectId: row.project_id,
  };
}
