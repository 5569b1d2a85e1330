/** What a registry's login may stand for: an access key or a login credential, each with its user as of now. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { GROUPS_OF_USER } from './callers.store.js';
import { selectUsers, type UserRecord, type UserRow, userRecord } from './directory.store.js';

interface LoginHolder {
  readonly user: UserRecord;
  /** Ids, sorted. */
  readonly groups: readonly string[];
  /** The project that was named, where it is an enabled one of the user's domain. */
  readonly project: { readonly id: string; readonly name: string } | null;
  /** False also for temporary ones from before the user's tokens became invalid. */
  readonly enabled: boolean;
}

export interface KeyLogin extends LoginHolder {
  readonly secretSealed: Buffer;
  readonly isProgrammatic: boolean;
}

export interface CredentialLogin extends LoginHolder {
  readonly id: string;
  /** Empty: of the shared edition. */
  readonly instanceId: string;
  readonly secretHash: Buffer;
  /** Epoch ms; null: long-term. */
  readonly expiresAt: number | null;
}

interface HolderRow extends UserRow {
  groups: string[];
  project_id: string | null;
  project_name: string | null;
  login_enabled: boolean;
}

interface KeyRow extends HolderRow {
  secret_sealed: Buffer;
  is_programmatic: boolean;
}

interface CredentialRow extends HolderRow {
  credential_id: string;
  instance_id: string;
  secret_hash: Buffer;
  expires_at: string | null;
}

const PROJECT_COLUMNS = `p.id AS project_id, p.name AS project_name, ${GROUPS_OF_USER} AS groups`;

@Injectable()
export class RegistryLoginsStore {
  constructor(private readonly database: Database) {}

  /** @param project the name of a project of the key's domain, or its id */
  async key(accessKey: string, project: string): Promise<KeyLogin | null> {
    const rows = await this.database.query<KeyRow>(
      selectUsers(
        `${PROJECT_COLUMNS}, k.secret_sealed, k.enabled AS login_enabled, u.access_mode <> 'console' AS is_programmatic`,
        `access_keys k
         LEFT JOIN projects p ON p.domain_id = k.domain_id AND (p.name = $2 OR p.id = $2) AND p.enabled`,
        'k.access_key = $1 AND u.domain_id = k.domain_id AND u.id = k.user_id',
      ),
      [accessKey, project],
    );
    // One project may be named as another's id reads.
    const row = rows.find(({ project_name: name }) => name === project) ?? rows[0];
    return row ? { ...holder(row), secretSealed: row.secret_sealed, isProgrammatic: row.is_programmatic } : null;
  }

  async credential(id: string): Promise<CredentialLogin | null> {
    const [row] = await this.database.query<CredentialRow>(
      selectUsers(
        `${PROJECT_COLUMNS}, c.id AS credential_id, c.instance_id, c.secret_hash, c.enabled AND (c.expires_at IS NULL OR c.created_at >= u.tokens_valid_from) AS login_enabled,
         extract(epoch FROM c.expires_at) * 1000 AS expires_at`,
        `registry_credentials c
         LEFT JOIN projects p ON p.domain_id = c.domain_id AND p.id = c.project_id AND p.enabled`,
        'c.id = $1 AND u.domain_id = c.domain_id AND u.id = c.user_id',
      ),
      [id],
    );
    return row
      ? {
          ...holder(row),
          id: row.credential_id,
          instanceId: row.instance_id,
          secretHash: row.secret_hash,
          expiresAt: row.expires_at === null ? null : Math.round(Number(row.expires_at)),
        }
      : null;
  }

  /** Tells the credential's use, unless that was told within the last minute. */
  async touch(domainId: string, id: string, at: number): Promise<void> {
    await this.database.query(
      `UPDATE registry_credentials SET last_used_at = to_timestamp($3 / 1000.0)
       WHERE domain_id = $1 AND id = $2
         AND (last_used_at IS NULL OR last_used_at < to_timestamp($3 / 1000.0) - interval '1 minute')`,
      [domainId, id, at],
    );
  }
}

function holder(row: HolderRow): LoginHolder {
  return {
    user: userRecord(row),
    groups: row.groups,
    project: row.project_id === null ? null : { id: row.project_id, name: row.project_name ?? '' },
    enabled: row.login_enabled,
  };
}
