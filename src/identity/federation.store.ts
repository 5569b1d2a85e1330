/** What the directory knows of a caller whom an external issuer vouches for. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

export interface FederatedScope {
  readonly domainId: string;
  readonly domainName: string;
  /** Null where none was named, or the domain has none such. */
  readonly projectId: string | null;
  /** Ids, sorted, of the named groups that the domain has. */
  readonly groups: readonly string[];
}

@Injectable()
export class FederationStore {
  constructor(private readonly database: Database) {}

  /** As of now. Domain and project by id, else by name. Null where the domain does not exist or is disabled. */
  async scope(domain: string, project: string | null, groupNames: readonly string[]): Promise<FederatedScope | null> {
    const [row] = await this.database.query<{
      id: string;
      name: string;
      project_id: string | null;
      groups: string[];
    }>(
      `SELECT d.id, d.name,
         (SELECT p.id FROM projects p WHERE p.domain_id = d.id AND p.enabled AND (p.id = $2 OR p.name = $2)
          ORDER BY p.id = $2 DESC LIMIT 1) AS project_id,
         ARRAY(SELECT g.id FROM groups g WHERE g.domain_id = d.id AND g.name = ANY ($3) ORDER BY 1) AS groups
       FROM domains d WHERE (d.id = $1 OR d.name = $1) AND d.enabled
       ORDER BY d.id = $1 DESC LIMIT 1`,
      [domain, project, groupNames],
    );
    return row ? { domainId: row.id, domainName: row.name, projectId: row.project_id, groups: row.groups } : null;
  }
}
