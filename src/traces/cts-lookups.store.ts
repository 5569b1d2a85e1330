/** What a domain's traces name: services with their resource types, and users. */
import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '../kernel/clock.js';
import { Database } from '../platform/database/database.js';

/** Users are asked for 30 days back, although traces live shorter (domain/cts.md §2.6). */
const USERS_SEEN_WITHIN = '30 days';

@Injectable()
export class CtsLookupsStore {
  constructor(private readonly database: Database) {}

  /** Resource types by service, both in order of their letters, of all hours that touch the window. */
  async resourceTypes(
    domainId: string,
    windowFromMs: number,
  ): Promise<{ serviceType: string; resourceTypes: string[] }[]> {
    const rows = await this.database.read<{ service_type: string; resource_types: string[] }>(
      `SELECT service_type, array_agg(DISTINCT resource_type ORDER BY resource_type) AS resource_types
       FROM trace_rollups WHERE domain_id = $1 AND hour >= $2 GROUP BY service_type ORDER BY service_type`,
      [domainId, new Date(Math.floor(windowFromMs / HOUR_MS) * HOUR_MS)],
    );
    return rows.map((row) => ({ serviceType: row.service_type, resourceTypes: row.resource_types }));
  }

  async userNames(domainId: string): Promise<string[]> {
    const rows = await this.database.read<{ user_name: string }>(
      `SELECT user_name FROM actors WHERE domain_id = $1 AND last_seen >= now() - interval '${USERS_SEEN_WITHIN}'
       ORDER BY user_name`,
      [domainId],
    );
    return rows.map((row) => row.user_name);
  }
}
