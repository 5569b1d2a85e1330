/** SQL of the login credentials of the registry. Times are epoch ms. */
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../platform/database/database.js';

export interface NewCredential {
  readonly domainId: string;
  readonly id: string;
  readonly projectId: string;
  /** Empty: of the shared edition. */
  readonly instanceId: string;
  readonly userId: string;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly createdAt: number;
  /** Null: long-term. */
  readonly expiresAt: number | null;
}

export interface ListedCredential {
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  readonly userName: string;
  readonly projectName: string;
  readonly enabled: boolean;
  readonly createdAt: number;
}

/** Which long-term credentials are meant; `userId` null: those of all users. */
export interface CredentialScope {
  readonly domainId: string;
  readonly projectId: string;
  readonly instanceId: string;
  readonly userId: string | null;
}

interface ListedRow {
  id: string;
  name: string;
  user_id: string;
  user_name: string;
  project_name: string;
  enabled: boolean;
  created_at: string;
}

const IN_SCOPE = `c.domain_id = $1 AND c.project_id = $2 AND c.instance_id = $3 AND ($4::text IS NULL OR c.user_id = $4)
  AND c.expires_at IS NULL`;
const MOST_FORGOTTEN = 1_000;

@Injectable()
export class RegistryCredentialsStore {
  constructor(private readonly database: Database) {}

  async insert(credential: NewCredential, transaction: Transaction): Promise<void> {
    await transaction.query(
      `INSERT INTO registry_credentials
         (domain_id, id, project_id, instance_id, user_id, name, secret_hash, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8 / 1000.0), to_timestamp($9 / 1000.0))`,
      [
        credential.domainId,
        credential.id,
        credential.projectId,
        credential.instanceId,
        credential.userId,
        credential.name,
        credential.secretHash,
        credential.createdAt,
        credential.expiresAt,
      ],
    );
  }

  /** Removes some of those that have expired, whosever they were; others may do so at the same time. */
  async forgetExpired(now: number): Promise<void> {
    await this.database.query(
      `DELETE FROM registry_credentials WHERE (domain_id, id) IN (
         SELECT domain_id, id FROM registry_credentials WHERE expires_at < to_timestamp($1 / 1000.0)
         ORDER BY expires_at LIMIT ${String(MOST_FORGOTTEN)} FOR UPDATE SKIP LOCKED)`,
      [now],
    );
  }

  /** In the order of their names. */
  async list(
    scope: CredentialScope,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<{ total: number; credentials: ListedCredential[] }> {
    const values = [scope.domainId, scope.projectId, scope.instanceId, scope.userId];
    const [counted] = await this.database.query<{ total: string }>(
      `SELECT count(*) AS total FROM registry_credentials c WHERE ${IN_SCOPE}`,
      values,
    );
    const rows = await this.database.query<ListedRow>(
      `SELECT c.id, c.name, c.user_id, u.name AS user_name, p.name AS project_name, c.enabled,
              extract(epoch FROM c.created_at) * 1000 AS created_at
       FROM registry_credentials c
       JOIN users u ON u.domain_id = c.domain_id AND u.id = c.user_id
       JOIN projects p ON p.domain_id = c.domain_id AND p.id = c.project_id
       WHERE ${IN_SCOPE} ORDER BY c.name OFFSET $5 LIMIT $6`,
      [...values, offset, limit],
    );
    return { total: Number(counted?.total ?? 0), credentials: rows.map(listed) };
  }

  /** The name of the credential; null where there is none such in the scope. */
  async setEnabled(
    scope: CredentialScope,
    id: string,
    enabled: boolean,
    transaction: Transaction,
  ): Promise<string | null> {
    const rows = await transaction.query<{ name: string }>(
      `UPDATE registry_credentials c SET enabled = $6 WHERE ${IN_SCOPE} AND c.id = $5 RETURNING c.name`,
      [scope.domainId, scope.projectId, scope.instanceId, scope.userId, id, enabled],
    );
    return rows[0]?.name ?? null;
  }

  /** The name of what was deleted; null where there was none such in the scope. */
  async delete(scope: CredentialScope, id: string, transaction: Transaction): Promise<string | null> {
    const rows = await transaction.query<{ name: string }>(
      `DELETE FROM registry_credentials c WHERE ${IN_SCOPE} AND c.id = $5 RETURNING c.name`,
      [scope.domainId, scope.projectId, scope.instanceId, scope.userId, id],
    );
    return rows[0]?.name ?? null;
  }
}

function listed(row: ListedRow): ListedCredential {
  return {
    id: row.id,
    name: row.name,
    userId: row.user_id,
    userName: row.user_name,
    projectName: row.project_name,
    enabled: row.enabled,
    createdAt: Number(row.created_at),
  };
}
