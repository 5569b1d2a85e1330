/** What is not to be recorded: domains whose recording is switched off, and read-only events by project and service. */
import { Injectable } from '@nestjs/common';
import type { RecordingSettings } from './core/recording.js';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';

/** Everything is recorded unless somebody said otherwise (docs/adr: read-only events). */
const DEFAULT_SETTINGS: RecordingSettings = { recording: true, supportReadOnly: true, readOnlyServices: [] };

/** Settings of the domains of one batch, read in its transaction. */
export class BatchSettings {
  constructor(
    private readonly switchedOff: ReadonlySet<string>,
    private readonly configurations: ReadonlyMap<
      string,
      Pick<RecordingSettings, 'supportReadOnly' | 'readOnlyServices'>
    >,
  ) {}

  of(domainId: string, projectId: string): RecordingSettings {
    if (this.switchedOff.size === 0 && this.configurations.size === 0) return DEFAULT_SETTINGS;
    const configuration = this.configurations.get(`${domainId}\0${projectId}`);
    if (!this.switchedOff.has(domainId) && configuration === undefined) return DEFAULT_SETTINGS;
    return { ...DEFAULT_SETTINGS, ...configuration, recording: !this.switchedOff.has(domainId) };
  }
}

@Injectable()
export class RecordingStore {
  async settingsFor(domainIds: readonly string[], sql: Sql): Promise<BatchSettings> {
    const [off, configured] = [
      await sql.query<{ domain_id: string }>(
        'SELECT domain_id FROM trace_recording WHERE NOT enabled AND domain_id = ANY($1)',
        [domainIds],
      ),
      await sql.query<{ domain_id: string; project_id: string; read_only: boolean; services: string[] }>(
        `SELECT domain_id, project_id, is_support_read_only AS read_only, support_read_only_services AS services
         FROM trace_configurations WHERE domain_id = ANY($1)`,
        [domainIds],
      ),
    ];
    return new BatchSettings(
      new Set(off.map((row) => row.domain_id)),
      new Map(
        configured.map((row) => [
          `${row.domain_id}\0${row.project_id}`,
          { supportReadOnly: row.read_only, readOnlyServices: row.services },
        ]),
      ),
    );
  }
}

/** Whether a domain's operations are recorded at all. Asked and set by the owner of domains, `identity`. */
@Injectable()
export class RecordingSwitch {
  constructor(private readonly database: Database) {}

  async set(domainId: string, enabled: boolean, transaction: Transaction): Promise<void> {
    await transaction.query(
      `INSERT INTO trace_recording (domain_id, enabled) VALUES ($1, $2)
       ON CONFLICT (domain_id) DO UPDATE SET enabled = excluded.enabled, updated_at = now()`,
      [domainId, enabled],
    );
  }

  /** Domains that are not in the answer were never switched: they are recorded. */
  async get(domainIds: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const rows = await this.database.query<{ domain_id: string; enabled: boolean }>(
      'SELECT domain_id, enabled FROM trace_recording WHERE domain_id = ANY($1)',
      [domainIds],
    );
    return new Map(rows.map((row) => [row.domain_id, row.enabled]));
  }
}
