/** Turns a finished retention run into a trace of the operator domain. */
import { Inject, Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import type { RetentionRun } from './retention.store.js';
import { TraceRecorder } from './trace-recorder.service.js';
import { OPERATOR_DOMAIN, type OperatorDomain } from './traces.tokens.js';

@Injectable()
export class RetentionTraces {
  constructor(
    private readonly recorder: TraceRecorder,
    @Inject(OPERATOR_DOMAIN) private readonly operatorDomain: () => Promise<OperatorDomain | null>,
  ) {}

  /** Whose trace it is; null before the first administrator exists. Asked outside the transaction that records. */
  async owner(): Promise<OperatorDomain | null> {
    return this.operatorDomain();
  }

  /** A scheduled run that dropped nothing and had no trouble leaves only its row in `retention_runs`. */
  async record(run: RetentionRun, owner: OperatorDomain, transaction: Transaction): Promise<void> {
    if (run.dropped.length === 0 && run.error === null && run.trigger === 'schedule') return;
    await this.recorder.record(
      {
        serviceType: 'CTS',
        resourceType: 'trace',
        traceName: 'retentionRun',
        rating: run.error === null ? 'normal' : 'warning',
        domainId: owner.domainId,
        projectId: owner.projectId,
        resourceId: run.id,
        user: null,
        request: { trigger: run.trigger, retention_days: run.retentionDays },
        response: { dropped: run.dropped, created: run.created, error: run.error },
      },
      transaction,
    );
  }
}
