/**
 * Finds counters that reached a threshold of their limit, and has each crossing told once, by whichever process sees it first.
 *
 * Apart from the transactions that move counters, so that these pay nothing for it: a look takes no lock, and only what it found to
 * change is locked, looked at once more, and written.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { Database, type Sql } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';
import { type Catalogue, CatalogueService } from './catalogue.service.js';
import { type EffectiveLimit, effectiveLimit } from './core/limits.js';
import { parseScopeKey, type Scope } from './core/scope.js';
import { stepThreshold, type ThresholdStep } from './core/thresholds.js';
import { type CounterId, type CounterRow, CountersStore, distinct } from './counters.store.js';
import { readOnly } from './reservations.service.js';
import { type Crossing, ThresholdTeller } from './threshold-teller.service.js';
import { ThresholdsStore } from './thresholds.store.js';

const AT_ONCE = 500;
const MS_PER_MINUTE = 60_000;
const TRANSACTION_TIMEOUT_MS = 10_000;

type ThresholdSettings = Pick<Config, 'QUOTA_THRESHOLD_HYSTERESIS' | 'QUOTA_THRESHOLD_COOLDOWN_MINUTES'>;

/** A counter, and what a look at it came to. */
interface Judged {
  readonly row: CounterRow;
  readonly scope: Scope;
  readonly limit: EffectiveLimit;
  readonly step: ThresholdStep;
}

@Injectable()
export class ThresholdWatch {
  constructor(
    private readonly database: Database,
    private readonly catalogue: CatalogueService,
    private readonly counters: CountersStore,
    private readonly store: ThresholdsStore,
    private readonly teller: ThresholdTeller,
    @Inject(CONFIG) private readonly settings: ThresholdSettings,
  ) {}

  /** Throws database errors; what was told until then is told. */
  async look(ids: readonly CounterId[]): Promise<void> {
    const watched = distinct(ids);
    for (let start = 0; start < watched.length; start += AT_ONCE) {
      const catalogue = await this.catalogue.recent();
      const judged = await this.judge(readOnly(this.database), watched.slice(start, start + AT_ONCE), catalogue);
      for (const { row, step } of judged) if (step.kind !== 'same') await this.settle(row);
    }
  }

  /** All counters of the installation, until it is told to stop: limits also change by time alone. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { definitions } = await this.catalogue.recent();
    const keys = [...definitions.values()].filter(({ thresholds }) => thresholds.length > 0).map(({ key }) => key);
    for (let after: CounterId | null = null; !signal.aborted;) {
      const page: CounterId[] = await this.store.page(readOnly(this.database), keys, after, AT_ONCE);
      await this.look(page);
      after = page.at(-1) ?? null;
      if (after === null) return;
    }
  }

  private async settle(id: CounterId): Promise<void> {
    const crossing = await this.database.transaction(
      async (transaction): Promise<Crossing | null> => {
        const catalogue = await this.catalogue.current(transaction);
        await this.counters.lock(transaction, [id]);
        const [judged] = await this.judge(transaction, [id], catalogue);
        if (judged === undefined || judged.step.kind === 'same') return null;
        const { row, scope, limit, step } = judged;
        await this.store.mark(transaction, row, step.mark);
        if (step.kind === 'rearmed') return null;
        const crossed = { row, scope, limit, threshold: step.threshold };
        await this.teller.tell(transaction, crossed);
        return crossed;
      },
      { timeoutMs: TRANSACTION_TIMEOUT_MS },
    );
    if (crossing !== null) this.teller.count(crossing);
  }

  /** Of those that exist and are not closed. */
  private async judge(
    sql: Pick<Sql, 'query'>,
    ids: readonly CounterId[],
    { definitions }: Catalogue,
  ): Promise<Judged[]> {
    const rows = await this.counters.states(sql, ids);
    const { nowMs, marks } = await this.store.marks(sql, ids);
    return rows.flatMap((row, index) => {
      const mark = marks[index] ?? null;
      const definition = definitions.get(row.quotaKey);
      if (mark === null || row.closed || definition === undefined) return [];
      const scope = parseScopeKey(row.scope, row.domainId);
      const limit = effectiveLimit(definition, scope.kind, row);
      const filling = { taken: row.used + row.reserved, limit: limit.limit };
      const rules = {
        thresholds: definition.thresholds,
        hysteresis: this.settings.QUOTA_THRESHOLD_HYSTERESIS,
        cooldownMs: this.settings.QUOTA_THRESHOLD_COOLDOWN_MINUTES * MS_PER_MINUTE,
      };
      return [{ row, scope, limit, step: stepThreshold(filling, mark, rules, nowMs) }];
    });
  }
}
