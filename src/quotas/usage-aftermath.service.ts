/** What follows when counters moved by traces: instances that are gone are closed, overruns are flagged. */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import type { ProjectedTrace } from '../traces/index.js';
import type { Catalogue } from './catalogue.service.js';
import type { InstanceClosure } from './core/trace-effects.js';
import type { CounterGroup, CounterId } from './counters.store.js';
import { InstanceClosures, type ToldClosure } from './instance-closures.service.js';
import { OverrunWatch } from './overrun-watch.service.js';

/** A change, and the trace that told of it. */
export interface ToldChange<T> {
  readonly change: T;
  readonly told: ProjectedTrace;
}

@Injectable()
export class UsageAftermath {
  constructor(
    private readonly closures: InstanceClosures,
    private readonly watch: OverrunWatch,
  ) {}

  /** What must be locked besides, for {@link follow}. */
  groupsOf(
    transaction: Transaction,
    told: readonly ToldChange<InstanceClosure>[],
    catalogue: Catalogue,
  ): Promise<CounterGroup[]> {
    return this.closures.groupsOf(transaction, told.map(closureOf), catalogue);
  }

  async follow(
    transaction: Transaction,
    moved: readonly CounterId[],
    told: readonly ToldChange<InstanceClosure>[],
    catalogue: Catalogue,
  ): Promise<void> {
    const closed = await this.closures.close(transaction, told.map(closureOf));
    await this.watch.look(transaction, [...moved, ...closed], catalogue);
  }
}

function closureOf({ change, told: { trace, log, offset } }: ToldChange<InstanceClosure>): ToldClosure {
  return { domainId: trace.domainId, instance: change.instance, order: { at: trace.recordTime, log, offset }, trace };
}
