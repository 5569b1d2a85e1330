/** Who was granted what on organizations and repositories of the registry's shared edition. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';

/** `repository` empty: the organization itself. */
export interface RegistryPlace {
  readonly domainId: string;
  readonly projectId: string;
  readonly namespace: string;
  readonly repository: string;
}

export interface RegistryGrant {
  readonly userId: string;
  readonly userName: string;
  /** 7 manage, 3 edit, 1 read; 0 where nothing is granted. */
  readonly auth: number;
}

const AT = 'domain_id = $1 AND project_id = $2 AND namespace = $3 AND repository = $4';

@Injectable()
export class RegistryGrantsStore {
  constructor(private readonly database: Database) {}

  /** In the order of the users' names. */
  list(place: RegistryPlace): Promise<RegistryGrant[]> {
    return this.database.query<RegistryGrant>(
      `SELECT g.user_id AS "userId", u.name AS "userName", g.auth FROM registry_grants g
       JOIN users u ON u.domain_id = g.domain_id AND u.id = g.user_id
       WHERE g.domain_id = $1 AND g.project_id = $2 AND g.namespace = $3 AND g.repository = $4 ORDER BY u.name`,
      keyOf(place),
    );
  }

  /** Names of those users of the domain that there are, by id; they stay until the transaction ends. */
  async namesOf(domainId: string, userIds: readonly string[], sql: Sql): Promise<ReadonlyMap<string, string>> {
    const rows = await sql.query<{ id: string; name: string }>(
      'SELECT id, name FROM users WHERE domain_id = $1 AND id = ANY($2::text[]) ORDER BY id FOR KEY SHARE',
      [domainId, userIds],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Ids of those users that have a grant there. */
  async granted(place: RegistryPlace, userIds: readonly string[], sql: Sql): Promise<ReadonlySet<string>> {
    const rows = await sql.query<{ user_id: string }>(
      `SELECT user_id FROM registry_grants WHERE ${AT} AND user_id = ANY($5::text[])`,
      [...keyOf(place), userIds],
    );
    return new Set(rows.map((row) => row.user_id));
  }

  /** New ones, and those that are changed. */
  async save(place: RegistryPlace, grants: readonly RegistryGrant[], sql: Sql): Promise<void> {
    await sql.query(
      `INSERT INTO registry_grants (domain_id, project_id, namespace, repository, user_id, auth)
       SELECT $1, $2, $3, $4, q.user_id, q.auth FROM unnest($5::text[], $6::smallint[]) AS q(user_id, auth)
       ON CONFLICT ON CONSTRAINT registry_grants_key DO UPDATE SET auth = excluded.auth, granted_at = now()`,
      [...keyOf(place), grants.map(({ userId }) => userId), grants.map(({ auth }) => auth)],
    );
  }

  async remove(place: RegistryPlace, userIds: readonly string[], sql: Sql): Promise<void> {
    await sql.query(`DELETE FROM registry_grants WHERE ${AT} AND user_id = ANY($5::text[])`, [
      ...keyOf(place),
      userIds,
    ]);
  }
}

function keyOf({ domainId, projectId, namespace, repository }: RegistryPlace): string[] {
  return [domainId, projectId, namespace, repository];
}
