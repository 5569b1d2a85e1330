/** How a crossing is told: a trace for those who look after the domain, a notification, and after the commit the metric. */
import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { Transaction } from '../platform/database/database.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { TraceRecorder } from '../traces/index.js';
import type { EffectiveLimit } from './core/limits.js';
import type { Scope } from './core/scope.js';
import type { CounterRow } from './counters.store.js';
import { renderScope } from './quotas.dto.js';
import { Notifications } from './webhooks/notifications.service.js';

export interface Crossing {
  readonly row: CounterRow;
  readonly scope: Scope;
  readonly limit: EffectiveLimit;
  /** Percent of the limit. */
  readonly threshold: number;
}

@Injectable()
export class ThresholdTeller {
  private readonly crossings: Counter<'quota_key' | 'threshold'>;

  constructor(
    private readonly recorder: TraceRecorder,
    private readonly notifications: Notifications,
    metrics: Metrics,
  ) {
    this.crossings = metrics.counter({
      name: 'quaestor_quota_thresholds_total',
      help: 'Thresholds of limits that were reached and told, by quota key and percent of the limit.',
      labelNames: ['quota_key', 'threshold'],
    });
  }

  /** In the transaction that marks the counter. */
  async tell(transaction: Transaction, { row, scope, limit, threshold }: Crossing): Promise<void> {
    const { domainId, quotaKey, used, reserved } = row;
    const told = { scope: renderScope(scope), threshold, used, reserved, limit: limit.limit, origin: limit.origin };
    await this.recorder.record(
      {
        serviceType: 'QUOTA',
        resourceType: 'quota',
        traceName: 'quotaThreshold',
        rating: 'warning',
        domainId,
        projectId: '',
        resourceId: row.scope,
        resourceName: quotaKey,
        user: null,
        message: `${String(used + reserved)} of ${String(limit.limit)} ${quotaKey} are used or reserved: ${String(threshold)} % is reached`,
        response: told,
      },
      transaction,
    );
    await this.notifications.notify(transaction, domainId, {
      event: 'quota.threshold',
      subject: `${quotaKey} ${row.scope}`,
      data: { quota_key: quotaKey, ...told },
    });
  }

  /** After the commit, and only then. */
  count({ row: { quotaKey }, threshold }: Crossing): void {
    this.crossings.inc({ quota_key: quotaKey, threshold: String(threshold) });
  }
}
