/** Imports what existed before anything was counted, by name; what traces told of since stands above it (issue 7 §3). */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { CatalogueService } from './catalogue.service.js';
import { type Actor, ChangeRecorder } from './change-recorder.service.js';
import { BASELINE_LOG } from './core/ledger.js';
import { levelsOf, projectOf, type Scope, scopeKey, spaceOf } from './core/scope.js';
import { CountersStore } from './counters.store.js';
import { LedgerBook, type ResourceEvent } from './ledger-book.service.js';
import { OverrunWatch } from './overrun-watch.service.js';

export interface BaselineScope {
  readonly quotaKey: string;
  readonly scope: Scope;
  readonly resourceNames: readonly string[];
}

export interface BaselineRequest {
  readonly items: readonly BaselineScope[];
  /** As of when these existed, epoch ms: what a trace tells of later holds. */
  readonly asOfMs: number;
  readonly reason: string;
  readonly validateOnly: boolean;
}

export interface BaselineResult {
  readonly imported: number;
  /** Known already, or told of by a later trace. */
  readonly unchanged: number;
}

@Injectable()
export class Baseline {
  constructor(
    private readonly database: Database,
    private readonly catalogue: CatalogueService,
    private readonly counters: CountersStore,
    private readonly book: LedgerBook,
    private readonly watch: OverrunWatch,
    private readonly recorder: ChangeRecorder,
  ) {}

  /** All in one transaction. Importing the same again changes nothing. */
  async import(domainId: string, request: BaselineRequest, actor: Actor): Promise<BaselineResult> {
    return this.database.transaction(async (transaction) => {
      const catalogue = await this.catalogue.current(transaction);
      const events = request.items.flatMap((item) =>
        eventsOf(domainId, item, request.asOfMs, catalogue.definitions.get(item.quotaKey)?.uniqueIn === 'region'),
      );
      await this.counters.lock(transaction, events);
      // What is known to exist keeps the owner that its creation's trace named.
      const change = await this.book.work(transaction, await this.book.absent(transaction, events));
      const result = { imported: change.rows.length, unchanged: events.length - change.rows.length };
      if (request.validateOnly) return result;
      const moved = await this.book.apply(transaction, change);
      await this.watch.look(transaction, moved, catalogue);
      for (const { quotaKey, scope, resourceNames } of request.items)
        await this.recorder.record(
          transaction,
          {
            domainId,
            quotaKey,
            scope: scopeKey(scope),
            change: 'importQuotaBaseline',
            before: null,
            after: { names: resourceNames.length, as_of: request.asOfMs },
            reason: request.reason,
          },
          actor,
        );
      return result;
    });
  }
}

function eventsOf(
  domainId: string,
  { quotaKey, scope, resourceNames }: BaselineScope,
  asOfMs: number,
  isRegional: boolean,
): ResourceEvent[] {
  return [...new Set(resourceNames)].map((resourceName) => ({
    domainId,
    quotaKey,
    space: spaceOf(scope),
    resourceName,
    reservationId: null,
    regionOf: isRegional ? projectOf(scope) : null,
    event: {
      kind: 'add',
      order: { at: asOfMs, log: BASELINE_LOG, offset: 0n },
      owner: { levels: levelsOf(scope), amount: 1 },
    },
  }));
}
