/** Whether the domains and projects that scopes name exist, and in which region a project lies. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

export interface KnownProject {
  readonly region: string;
}

const REMEMBERED = 50_000;
/** A project may be disabled, yet neither leaves its domain nor its region; only what exists is remembered. */
const REMEMBERED_MS = 60_000;

@Injectable()
export class ScopeDirectory {
  private readonly projects = new Map<string, { readonly region: string; readonly until: number }>();
  private readonly domains = new Map<string, number>();

  constructor(private readonly database: Database) {}

  /** Null where the domain has no such project: a foreign one looks like none. */
  async project(domainId: string, id: string): Promise<KnownProject | null> {
    const name = `${domainId}\0${id}`;
    const now = performance.now();
    const known = this.projects.get(name);
    if (known !== undefined && known.until > now) return known;
    const [row] = await this.database.read<{ region: string }>(
      'SELECT region FROM projects WHERE domain_id = $1 AND id = $2',
      [domainId, id],
    );
    if (row === undefined) return null;
    if (this.projects.size >= REMEMBERED) this.projects.clear();
    const found = { region: row.region, until: now + REMEMBERED_MS };
    this.projects.set(name, found);
    return found;
  }

  async hasDomain(id: string): Promise<boolean> {
    const now = performance.now();
    if ((this.domains.get(id) ?? 0) > now) return true;
    const rows = await this.database.read('SELECT id FROM domains WHERE id = $1', [id]);
    if (rows.length === 0) return false;
    if (this.domains.size >= REMEMBERED) this.domains.clear();
    this.domains.set(id, now + REMEMBERED_MS);
    return true;
  }
}
