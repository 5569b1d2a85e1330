/** A project's configuration as it was set; ingest reads the same rows (`recording.store.ts`). */
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../platform/database/database.js';
import type { ProjectOfDomain } from './trace-query.store.js';

export interface TraceConfiguration {
  readonly syncGlobalTrace: boolean;
  readonly supportReadOnly: boolean;
  readonly readOnlyServices: readonly string[];
}

interface ConfigurationRow {
  readonly is_sync_global_trace: boolean;
  readonly is_support_read_only: boolean;
  readonly support_read_only_services: string[];
}

@Injectable()
export class ConfigurationStore {
  constructor(private readonly database: Database) {}

  /** Null where nobody set one. */
  async find({ domainId, projectId }: ProjectOfDomain): Promise<TraceConfiguration | null> {
    const [row] = await this.database.read<ConfigurationRow>(
      `SELECT is_sync_global_trace, is_support_read_only, support_read_only_services
       FROM trace_configurations WHERE domain_id = $1 AND project_id = $2`,
      [domainId, projectId],
    );
    if (row === undefined) return null;
    return {
      syncGlobalTrace: row.is_sync_global_trace,
      supportReadOnly: row.is_support_read_only,
      readOnlyServices: row.support_read_only_services,
    };
  }

  async save(owner: ProjectOfDomain, configuration: TraceConfiguration, transaction: Transaction): Promise<void> {
    await transaction.query(
      `INSERT INTO trace_configurations (domain_id, project_id, is_sync_global_trace, is_support_read_only, support_read_only_services)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (domain_id, project_id) DO UPDATE SET is_sync_global_trace = excluded.is_sync_global_trace,
         is_support_read_only = excluded.is_support_read_only,
         support_read_only_services = excluded.support_read_only_services, updated_at = now()`,
      [
        owner.domainId,
        owner.projectId,
        configuration.syncGlobalTrace,
        configuration.supportReadOnly,
        configuration.readOnlyServices,
      ],
    );
  }
}
