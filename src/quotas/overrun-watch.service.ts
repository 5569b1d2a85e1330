/** Notices where more is used than allowed: flags the counter, and records it once until it is within its limit again. */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import { TraceRecorder } from '../traces/index.js';
import type { Catalogue } from './catalogue.service.js';
import { UNLIMITED } from './core/definition.js';
import { effectiveLimit } from './core/limits.js';
import { parseScopeKey, type Scope } from './core/scope.js';
import { renderScope } from './quotas.dto.js';
import { ThresholdNotes } from './threshold-notes.js';
import { type CounterId, type CounterRow, CountersStore, distinct } from './counters.store.js';

@Injectable()
export class OverrunWatch {
  constructor(
    private readonly counters: CountersStore,
    private readonly recorder: TraceRecorder,
    private readonly notes: ThresholdNotes,
  ) {}

  /** After the counters moved or their limits changed, under their groups' locks. */
  async look(transaction: Transaction, ids: readonly CounterId[], { definitions }: Catalogue): Promise<void> {
    // What is only observed is told when it is asked for, and costs ingest nothing.
    const limited = ids.filter(({ quotaKey }) => (definitions.get(quotaKey)?.mode ?? 'observe') !== 'observe');
    this.notes.note(limited);
    const rows = await this.counters.states(transaction, distinct(limited));
    const judged = rows.map((row) => {
      const scope = parseScopeKey(row.scope, row.domainId);
      const { limit } = effectiveLimit(definitions.get(row.quotaKey) ?? null, scope.kind, row);
      return { row, scope, limit, isOver: limit !== UNLIMITED && row.used > limit };
    });
    const over = judged.filter(({ row, isOver }) => isOver && !row.exceeded);
    const within = judged.filter(({ row, isOver }) => !isOver && row.exceeded);
    await this.counters.flag(
      transaction,
      over.map(({ row }) => row),
      true,
    );
    await this.counters.flag(
      transaction,
      within.map(({ row }) => row),
      false,
    );
    for (const { row, scope, limit } of over) await this.record(transaction, row, scope, limit);
  }

  private record(transaction: Transaction, row: CounterRow, scope: Scope, limit: number): Promise<void> {
    return this.recorder.record(
      {
        serviceType: 'QUOTA',
        resourceType: 'quota',
        traceName: 'quotaExceeded',
        rating: 'warning',
        domainId: row.domainId,
        // For those who look after the domain: a project's list stays what its services reported.
        projectId: '',
        resourceId: row.scope,
        resourceName: row.quotaKey,
        user: null,
        message: `${String(row.used)} of ${String(limit)} ${row.quotaKey} are used`,
        response: { scope: renderScope(scope), used: row.used, reserved: row.reserved, limit },
      },
      transaction,
    );
  }
}
