/** Usage follows the traces: counts what a batch tells of, in the batch's own transaction (design §8). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import { type ProjectedBatch, TraceExtensions, type TraceProjection } from '../traces/index.js';
import { type Catalogue, CatalogueService } from './catalogue.service.js';
import { CLOCK_SKEW_MS } from './core/ledger.js';
import type { InstanceClosure, UsageChange } from './core/trace-effects.js';
import { CountersStore } from './counters.store.js';
import { freed, LedgerBook, type ResourceEvent } from './ledger-book.service.js';
import { type HeldItem, LedgerStore, refName } from './ledger.store.js';
import { type ToldChange, UsageAftermath } from './usage-aftermath.service.js';

@Injectable()
export class UsageProjection implements TraceProjection, OnModuleInit {
  readonly name = 'quota usage';

  constructor(
    private readonly extensions: TraceExtensions,
    private readonly catalogue: CatalogueService,
    private readonly counters: CountersStore,
    private readonly book: LedgerBook,
    private readonly ledger: LedgerStore,
    private readonly after: UsageAftermath,
  ) {}

  onModuleInit(): void {
    this.extensions.addProjection(this);
  }

  /** Traces that came after their window count as well: their resources exist. */
  async apply({ stored, expired }: ProjectedBatch, transaction: Transaction): Promise<void> {
    const catalogue = await this.catalogue.current(transaction);
    const told: ToldChange<UsageChange | InstanceClosure>[] = [];
    for (const traces of [stored, expired])
      for (const one of traces) for (const change of catalogue.effects.of(one.trace)) told.push({ change, told: one });
    if (told.length === 0) return;
    const changes = told.filter(isUsage);
    const closures = told.filter(isClosure);
    const events = changes.map((one) => eventOf(one, catalogue));
    await this.counters.lock(transaction, [
      ...events,
      ...(await this.after.groupsOf(transaction, closures, catalogue)),
    ]);
    const change = await this.book.work(transaction, events);
    const settled = await this.settledBy(transaction, events);
    await this.ledger.settle(transaction, settled);
    const moved = await this.book.apply(transaction, change, freed(settled));
    await this.after.follow(transaction, moved, closures, catalogue);
  }

  /** A creation takes the place of what was held for it; one from long before the reservation is another resource of that name. */
  private async settledBy(transaction: Transaction, events: readonly ResourceEvent[]): Promise<HeldItem[]> {
    const created = new Map<string, number>();
    for (const event of events)
      if (event.event.kind === 'add')
        created.set(refName(event), Math.max(created.get(refName(event)) ?? -Infinity, event.event.order.at));
    const held = await this.ledger.held(
      transaction,
      events.filter((event) => created.has(refName(event))),
    );
    const once = new Map(held.map((item) => [`${item.reservationId}/${String(item.item)}`, item]));
    return [...once.values()].filter(
      (item) => (created.get(refName(item)) ?? -Infinity) >= item.createdAt - CLOCK_SKEW_MS,
    );
  }
}

function isUsage(one: ToldChange<UsageChange | InstanceClosure>): one is ToldChange<UsageChange> {
  return one.change.kind !== 'close';
}

function isClosure(one: ToldChange<UsageChange | InstanceClosure>): one is ToldChange<InstanceClosure> {
  return one.change.kind === 'close';
}

function eventOf({ change, told }: ToldChange<UsageChange>, { definitions }: Catalogue): ResourceEvent {
  const { trace, log, offset } = told;
  const order = { at: trace.recordTime, log, offset };
  return {
    domainId: trace.domainId,
    quotaKey: change.quotaKey,
    space: change.space,
    resourceName: change.resourceName,
    reservationId: null,
    regionOf: definitions.get(change.quotaKey)?.uniqueIn === 'region' ? trace.projectId : null,
    event:
      change.kind === 'add'
        ? { kind: 'add', order, owner: { levels: change.levels, amount: change.amount } }
        : { kind: 'subtract', order },
  };
}
