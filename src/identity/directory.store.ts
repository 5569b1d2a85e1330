/** The questions asked with every request and login, as SQL over several tables. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

/** A user with what of its domain decides whether it may act. */
export interface UserRecord {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly domainName: string;
  readonly isOperator: boolean;
  readonly isAdministrator: boolean;
  readonly passwordHash: string | null;
  /** User and domain both. */
  readonly enabled: boolean;
  /** Epoch ms; tokens issued before it are refused. */
  readonly tokensValidFrom: number;
}

export interface ProjectRecord {
  readonly id: string;
  readonly name: string;
  readonly region: string;
}

/** A user as of now, whoever asks. */
export interface DirectoryUser {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** User and domain both. */
  readonly enabled: boolean;
  readonly isOperator: boolean;
  readonly isFederated: false;
  /** Ids, sorted. */
  readonly groups: readonly string[];
}

interface SubjectRow {
  ord: number;
  name: string;
  domain_name: string;
  enabled: boolean;
  is_operator: boolean;
  /** JSON text of a list of ids, sorted; null without any. */
  groups: string | null;
}

export interface UserRow {
  id: string;
  name: string;
  domain_id: string;
  domain_name: string;
  is_operator: boolean;
  is_administrator: boolean;
  password_hash: string | null;
  enabled: boolean;
  tokens_valid_from: string;
}

const USER_COLUMNS = `u.id, u.name, u.domain_id, d.name AS domain_name, d.is_operator, u.is_administrator, u.password_hash,
         u.enabled AND d.enabled AS enabled, extract(epoch FROM u.tokens_valid_from) * 1000 AS tokens_valid_from`;

const SELECT_USER = `SELECT ${USER_COLUMNS} FROM users u JOIN domains d ON d.id = u.domain_id`;

/** SQL of the users (`u`, domain `d`) that belong to the rows of `from`, with further columns. */
export function selectUsers(columns: string, from: string, on: string): string {
  return `SELECT ${columns}, ${USER_COLUMNS} FROM ${from} JOIN users u ON ${on} JOIN domains d ON d.id = u.domain_id`;
}

export function userRecord(row: UserRow): UserRecord {
  return {
    id: row.id,
    name: row.name,
    domainId: row.domain_id,
    domainName: row.domain_name,
    isOperator: row.is_operator,
    isAdministrator: row.is_administrator,
    passwordHash: row.password_hash,
    enabled: row.enabled,
    tokensValidFrom: Number(row.tokens_valid_from),
  };
}

const NO_GROUPS: readonly string[] = [];
/** Rows of one statement among many. */
const MOST_TOGETHER = 1_000;

/** Asks for many in statements of bounded size, one after the other. */
export async function inChunks<K, V>(keys: readonly K[], load: (chunk: readonly K[]) => Promise<V[]>): Promise<V[]> {
  const found: V[] = [];
  for (let at = 0; at < keys.length; at += MOST_TOGETHER)
    found.push(...(await load(keys.slice(at, at + MOST_TOGETHER))));
  return found;
}

@Injectable()
export class DirectoryStore {
  constructor(private readonly database: Database) {}

  userById(userId: string): Promise<UserRecord | null> {
    return this.user(`${SELECT_USER} WHERE u.id = $1`, [userId]);
  }

  async userIds(domainId: string, after: string, limit: number): Promise<readonly string[]> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id FROM users WHERE domain_id = $1 AND id > $2 AND enabled ORDER BY id LIMIT $3',
      [domainId, after, limit],
    );
    return rows.map(({ id }) => id);
  }

  async hasGroup(domainId: string, groupId: string): Promise<boolean> {
    const rows = await this.database.query('SELECT FROM groups WHERE domain_id = $1 AND id = $2', [domainId, groupId]);
    return rows.length > 0;
  }

  /** The domain by its id or its name, whichever is given. */
  userByName(
    domain: { id?: string | undefined; name?: string | undefined },
    userName: string,
  ): Promise<UserRecord | null> {
    return this.user(`${SELECT_USER} WHERE (d.id = $1 OR ($1::text IS NULL AND d.name = $2)) AND u.name = $3`, [
      domain.id ?? null,
      domain.name ?? null,
      userName,
    ]);
  }

  async domainIdOf(domain: { id?: string | undefined; name?: string | undefined }): Promise<string | null> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id FROM domains WHERE id = $1 OR ($1::text IS NULL AND name = $2)',
      [domain.id ?? null, domain.name ?? null],
    );
    return rows[0]?.id ?? null;
  }

  /** The domain's enabled project by its id or its name, whichever is given. */
  async project(
    domainId: string,
    project: { id?: string | undefined; name?: string | undefined },
  ): Promise<ProjectRecord | null> {
    const rows = await this.database.query<{ id: string; name: string; region: string }>(
      `SELECT id, name, region FROM projects
       WHERE domain_id = $1 AND enabled AND (id = $2 OR ($2::text IS NULL AND name = $3))`,
      [domainId, project.id ?? null, project.name ?? null],
    );
    return rows[0] ?? null;
  }

  /** The domains' users by id, in the order asked for; null where there is none. On the searching pool. */
  async subjects(
    users: readonly { readonly domainId: string; readonly userId: string }[],
  ): Promise<(DirectoryUser | null)[]> {
    const rows = await this.database.read<SubjectRow>(
      `SELECT q.ord::int, u.name, d.name AS domain_name, u.enabled AND d.enabled AS enabled, d.is_operator,
              (SELECT json_agg(m.group_id ORDER BY m.group_id)::text FROM group_members m
                WHERE m.domain_id = u.domain_id AND m.user_id = u.id) AS groups
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(domain_id, user_id, ord)
       JOIN users u ON u.domain_id = q.domain_id AND u.id = q.user_id JOIN domains d ON d.id = u.domain_id`,
      [users.map(({ domainId }) => domainId), users.map(({ userId }) => userId)],
    );
    const found: (DirectoryUser | null)[] = users.map(() => null);
    for (const { ord, name, domain_name: domainName, enabled, is_operator: isOperator, groups } of rows) {
      const asked = users[ord - 1];
      if (asked === undefined) continue;
      const { domainId, userId } = asked;
      const ids = groups === null ? NO_GROUPS : (JSON.parse(groups) as string[]);
      found[ord - 1] = {
        userId,
        userName: name,
        domainId,
        domainName,
        enabled,
        isOperator,
        isFederated: false,
        groups: ids,
      };
    }
    return found;
  }

  /** The domains' enabled projects by id, in the order asked for; null where there is none. */
  async projects(
    places: readonly { readonly domainId: string; readonly projectId: string }[],
    pool: 'query' | 'read',
  ): Promise<(ProjectRecord | null)[]> {
    const rows = await this.database[pool]<{ ord: string; id: string; name: string; region: string }>(
      `SELECT q.ord, p.id, p.name, p.region
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(domain_id, project_id, ord)
       JOIN projects p ON p.domain_id = q.domain_id AND p.id = q.project_id AND p.enabled`,
      [places.map(({ domainId }) => domainId), places.map(({ projectId }) => projectId)],
    );
    const found = new Map(rows.map(({ ord, id, name, region }) => [Number(ord), { id, name, region }]));
    return places.map((_, index) => found.get(index + 1) ?? null);
  }

  /** The enabled project of the region's own name, else the only enabled one there. */
  async projectOfRegion(domainId: string, region: string): Promise<ProjectRecord | null> {
    const rows = await this.database.query<ProjectRecord & Record<string, string>>(
      `SELECT id, name, region FROM projects WHERE domain_id = $1 AND region = $2 AND enabled
       ORDER BY name = $2 DESC, id LIMIT 2`,
      [domainId, region],
    );
    const [first, second] = rows;
    return first !== undefined && (second === undefined || first.name === region) ? first : null;
  }

  /** The domain's enabled projects of regions, the oldest first, at most two: whether there is a choice is what matters. */
  regionProjects(domainId: string): Promise<ProjectRecord[]> {
    return this.database.query<{ id: string; name: string; region: string }>(
      `SELECT id, name, region FROM projects WHERE domain_id = $1 AND enabled AND parent_id IS NULL
       ORDER BY created_at, id LIMIT 2`,
      [domainId],
    );
  }

  /** The operator domain and its first project; null before the bootstrap. */
  async operator(): Promise<{ domainId: string; projectId: string } | null> {
    const rows = await this.database.query<{ domain_id: string; project_id: string }>(
      `SELECT d.id AS domain_id, p.id AS project_id FROM domains d JOIN projects p ON p.domain_id = d.id
       WHERE d.is_operator ORDER BY p.created_at, p.id LIMIT 1`,
    );
    const [row] = rows;
    return row ? { domainId: row.domain_id, projectId: row.project_id } : null;
  }

  private async user(text: string, values: readonly unknown[]): Promise<UserRecord | null> {
    const [row] = await this.database.query<UserRow>(text, values);
    return row ? userRecord(row) : null;
  }
}
