/** Closes an enterprise instance that was deleted, and says so in a trace (design §8). */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import { type Trace, TraceRecorder } from '../traces/index.js';
import type { Catalogue } from './catalogue.service.js';
import type { EventOrder } from './core/ledger.js';
import { type Scope, scopeKey } from './core/scope.js';
import { type CounterDelta, type CounterGroup, CountersStore } from './counters.store.js';
import { InstanceClosuresStore } from './instance-closures.store.js';
import { QuotaExtensions } from './quota-extensions.js';
import { sumDeltas } from './ledger-book.service.js';

export interface ToldClosure {
  readonly domainId: string;
  readonly instance: Scope;
  readonly order: EventOrder;
  readonly trace: Trace;
}

@Injectable()
export class InstanceClosures {
  constructor(
    private readonly store: InstanceClosuresStore,
    private readonly counters: CountersStore,
    private readonly recorder: TraceRecorder,
    private readonly extensions: QuotaExtensions,
  ) {}

  /** All that may be counted in the instances: what is defined for instances, and what is counted there without a definition. */
  async groupsOf(
    transaction: Transaction,
    closures: readonly ToldClosure[],
    { definitions }: Catalogue,
  ): Promise<CounterGroup[]> {
    if (closures.length === 0) return [];
    const keys = [...definitions.values()].filter(({ scopeKind }) => scopeKind === 'instance').map(({ key }) => key);
    const counted = await this.store.groups(
      transaction,
      closures.map(({ domainId, instance }) => ({ domainId, scope: scopeKey(instance) })),
    );
    return [...closures.flatMap(({ domainId }) => keys.map((quotaKey) => ({ domainId, quotaKey }))), ...counted];
  }

  /** Under those groups' locks. Returns how counters moved. */
  async close(transaction: Transaction, closures: readonly ToldClosure[]): Promise<CounterDelta[]> {
    const deltas: CounterDelta[] = [];
    for (const { domainId, instance, order, trace } of closures) {
      const closed = await this.store.close(transaction, { domainId, scope: scopeKey(instance), order });
      if (closed === null) continue;
      deltas.push(...closed.deltas);
      await this.extensions.scopeClosed({ domainId, scope: scopeKey(instance), traceId: trace.traceId }, transaction);
      await this.recorder.record(
        {
          serviceType: 'QUOTA',
          resourceType: 'quota',
          traceName: 'closeInstanceQuotas',
          rating: 'normal',
          domainId,
          projectId: instance.projectId,
          resourceId: instance.id,
          resourceName: trace.resourceName ?? instance.id,
          user: null,
          message: `the instance was deleted, as trace ${trace.traceId} tells`,
          response: closed.counts,
        },
        transaction,
      );
    }
    const moves = sumDeltas(deltas);
    await this.counters.move(transaction, moves);
    return moves;
  }
}
