/** Reports on all quotas of the installation or of one domain: short statements, one page of counters after the other. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { type Catalogue, CatalogueService } from './catalogue.service.js';
import { QuotaReport, type ReportedCounter } from './core/report.js';
import { parseScopeKey } from './core/scope.js';
import { type CounterId, type CounterRow, CountersStore } from './counters.store.js';
import { QuotaReportStore } from './quota-report.store.js';
import { stateOf } from './reservation-batch.service.js';
import { readOnly } from './reservations.service.js';

export interface ReportWish {
  /** Null: all domains. Those are then the consumers that are ranked; else the scopes that the quota is of. */
  readonly domainId: string | null;
  readonly quotaKey: string | null;
  readonly nearPercent: number;
  readonly most: number;
}

const PAGE = 1_000;

@Injectable()
export class QuotaReports {
  constructor(
    private readonly store: QuotaReportStore,
    private readonly counters: CountersStore,
    private readonly catalogue: CatalogueService,
    private readonly database: Database,
  ) {}

  async make(wish: ReportWish): Promise<QuotaReport> {
    const catalogue = await this.catalogue.current();
    const report = new QuotaReport(wish.nearPercent, wish.most);
    let after: CounterId | null = null;
    for (;;) {
      const ids: CounterId[] = await this.store.counters(wish, after, PAGE);
      const rows = await this.counters.states(readOnly(this.database), ids);
      for (const row of rows) report.add(reported(row, catalogue, wish));
      after = ids.at(-1) ?? null;
      if (ids.length < PAGE || after === null) return report;
    }
  }
}

function reported(row: CounterRow, { definitions }: Catalogue, { domainId }: ReportWish): ReportedCounter {
  const definition = definitions.get(row.quotaKey) ?? null;
  const { kind } = parseScopeKey(row.scope, row.domainId);
  const { limit, origin } = stateOf({ ...row, kind }, definition);
  const isOwn = kind === (definition?.scopeKind ?? 'domain');
  return {
    domainId: row.domainId,
    quotaKey: row.quotaKey,
    scope: row.scope,
    unit: definition?.unit ?? '',
    limit,
    origin,
    used: row.used,
    reserved: row.reserved,
    isOwn,
    isRanked: domainId === null ? kind === 'domain' : isOwn,
  };
}
