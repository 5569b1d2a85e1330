/** What webhooks were told: lists deliveries, sends one again, and sends a test. */
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../../identity/index.js';
import type { Clock } from '../../kernel/clock.js';
import { AppError } from '../../kernel/errors.js';
import { Database } from '../../platform/database/database.js';
import { badCursor, CursorSigner, cursorScope } from '../../platform/http/cursor-signer.js';
import { CLOCK } from '../../platform/tokens.js';
import { payloadOf } from './notifications.service.js';
import { type Delivery, type DeliveryState, WebhookDeliveriesStore } from './webhook-deliveries.store.js';
import { WebhookRecorder } from './webhook-recorder.service.js';
import { found } from './webhooks.service.js';
import { WebhooksStore } from './webhooks.store.js';

const CURSOR_VERSION = 'webhook-deliveries/1';
const TEST_EVENT = 'webhook.test';

export interface DeliveryPage {
  readonly state: DeliveryState | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

@Injectable()
export class WebhookLedger {
  constructor(
    private readonly database: Database,
    private readonly webhooks: WebhooksStore,
    private readonly deliveries: WebhookDeliveriesStore,
    private readonly recorder: WebhookRecorder,
    private readonly cursors: CursorSigner,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Newest first. Throws `QST.NotFound`, `QST.BadCursor`. */
  async list(
    id: string,
    { state, limit, cursor }: DeliveryPage,
    { principal }: Actor,
  ): Promise<{ deliveries: Delivery[]; next: string | null }> {
    const webhook = found(await this.webhooks.find(this.database, principal.domainId, id));
    const scope = cursorScope(CURSOR_VERSION, principal, { id, state });
    const before = cursor === undefined ? null : placeIn(this.cursors.decode(cursor, scope));
    const rows = await this.deliveries.list(this.database, webhook, state ?? null, before, limit + 1);
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      deliveries: shown,
      next: last === undefined ? null : this.cursors.encode([last.place, last.id], scope),
    };
  }

  /** Throws `QST.NotFound`. */
  async redeliver(id: string, deliveryId: string, actor: Actor): Promise<Delivery> {
    const { domainId } = actor.principal;
    return this.database.transaction(async (transaction) => {
      const webhook = found(await this.webhooks.find(transaction, domainId, id));
      const delivery = await this.deliveries.redeliver(transaction, domainId, id, deliveryId);
      if (delivery === null) throw new AppError('QST.NotFound', 'There is no such delivery.');
      await this.recorder.record('redeliverWebhook', webhook, actor, transaction);
      return delivery;
    });
  }

  /** Enqueues an event of its own, whatever the webhook subscribes to. Throws `QST.NotFound`. */
  async test(id: string, actor: Actor): Promise<Delivery> {
    const { domainId } = actor.principal;
    return this.database.transaction(async (transaction) => {
      const webhook = found(await this.webhooks.find(transaction, domainId, id));
      const notification = { event: TEST_EVENT, subject: id, data: {} };
      const payload = payloadOf(domainId, notification, this.clock.now());
      const delivery = await this.deliveries.add(transaction, webhook, { ...notification, payload });
      await this.recorder.record('testWebhook', webhook, actor, transaction);
      return delivery;
    });
  }
}

function placeIn(payload: unknown): readonly [place: string, id: string] {
  const [place, id, ...more] = Array.isArray(payload) ? (payload as unknown[]) : [];
  if (typeof place !== 'string' || typeof id !== 'string' || more.length > 0) throw badCursor('is not a cursor');
  return [place, id];
}
