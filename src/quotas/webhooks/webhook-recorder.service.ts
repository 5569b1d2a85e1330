/** Records what is done to webhooks, in the transaction that does it; never a secret, nor the path of a URL. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../../identity/index.js';
import type { Transaction } from '../../platform/database/database.js';
import { operationUser, TraceRecorder } from '../../traces/index.js';
import { originOf } from './webhook-url.js';
import type { Webhook } from './webhooks.store.js';

export type WebhookOperation =
  'createWebhook' | 'updateWebhook' | 'deleteWebhook' | 'rotateWebhookSecret' | 'testWebhook' | 'redeliverWebhook';

@Injectable()
export class WebhookRecorder {
  constructor(private readonly recorder: TraceRecorder) {}

  record(
    traceName: WebhookOperation,
    { domainId, id, url, events, enabled, everyDomain }: Webhook,
    { principal, origin }: Actor,
    transaction: Transaction,
  ): Promise<void> {
    return this.recorder.record(
      {
        serviceType: 'QUOTA',
        resourceType: 'webhook',
        traceName,
        rating: 'normal',
        domainId,
        projectId: '',
        resourceId: id,
        resourceName: originOf(url),
        user: operationUser(principal),
        request: { events, enabled, every_domain: everyDomain },
        ...origin,
      },
      transaction,
    );
  }
}
