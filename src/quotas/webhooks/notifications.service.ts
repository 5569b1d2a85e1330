/** Tells webhooks of what happened: in the transaction in which it happens, sent afterwards by a job. */
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../../identity/index.js';
import type { Clock } from '../../kernel/clock.js';
import type { Transaction } from '../../platform/database/database.js';
import { CLOCK } from '../../platform/tokens.js';
import { isEventName, subscriptionsOf } from '../core/webhook-events.js';
import { WebhookDeliveriesStore } from './webhook-deliveries.store.js';

export interface Notification {
  /** Name of the kind, e.g. `quota.threshold`: lower-case parts, separated by dots. */
  readonly event: string;
  /** What it is about, for the ledger, e.g. the id of a request. */
  readonly subject: string;
  /** As the wire spells it (snake_case), without secrets. */
  readonly data: Readonly<Record<string, unknown>>;
}

@Injectable()
export class Notifications {
  constructor(
    private readonly deliveries: WebhookDeliveriesStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Enqueues one delivery for each webhook of the domain that subscribes to the event, and for each of the operator's that is told
   * of every domain. Sent only if the transaction commits, and then at least once. Returns how many.
   */
  async notify(transaction: Transaction, domainId: string, notification: Notification): Promise<number> {
    const { event, subject } = notification;
    if (!isEventName(event)) throw new Error(`${event} is no name of an event`);
    const payload = payloadOf(domainId, notification, this.clock.now());
    return this.deliveries.enqueue(transaction, domainId, subscriptionsOf(event), { event, subject, payload });
  }
}

/** The body that is sent. `id` is the event's, the same to every webhook; the header `webhook-id` is the delivery's. */
export function payloadOf(domainId: string, { event, subject, data }: Notification, now: number): string {
  return JSON.stringify({ id: newId(), type: event, at: now, domain_id: domainId, subject, data });
}
