/** Seeds the table of regions. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { CatalogueRegion } from './region-catalogue.dto.js';

@Injectable()
export class RegionsStore {
  constructor(private readonly database: Database) {}

  /** Adds what is missing, as general regions; what is there stays as an operator left it. */
  async addMissing(regions: readonly CatalogueRegion[]): Promise<void> {
    await this.database.query(
      `INSERT INTO regions (id, kind, details) SELECT id, 'general', details FROM unnest($1::text[], $2::jsonb[]) AS r(id, details)
       ON CONFLICT DO NOTHING`,
      [regions.map(({ id }) => id), regions.map(({ details }) => JSON.stringify(details))],
    );
  }

  /** Of projects from before there were regions. */
  async regionsOfProjects(): Promise<string[]> {
    const rows = await this.database.query<{ region: string }>('SELECT DISTINCT region FROM projects');
    return rows.map(({ region }) => region);
  }
}
