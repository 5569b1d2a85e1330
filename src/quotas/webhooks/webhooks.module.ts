/** Webhooks: a leaf that whoever has something to tell imports for `Notifications`. */
import { Module } from '@nestjs/common';
import { SecretBox } from '../../identity/index.js';
import { SchedulingModule } from '../../platform/scheduling/scheduling.module.js';
import { TracesModule } from '../../traces/index.js';
import { Notifications } from './notifications.service.js';
import { WebhookDeliveriesStore } from './webhook-deliveries.store.js';
import { WebhookDeliveryJob } from './webhook-delivery.job.js';
import { WebhookLedger } from './webhook-ledger.service.js';
import { WebhookRecorder } from './webhook-recorder.service.js';
import { WebhookSender } from './webhook-sender.service.js';
import { WebhooksController } from './webhooks.controller.js';
import { Webhooks } from './webhooks.service.js';
import { WebhooksStore } from './webhooks.store.js';

@Module({
  imports: [SchedulingModule, TracesModule],
  controllers: [WebhooksController],
  providers: [
    Notifications,
    SecretBox,
    WebhookDeliveriesStore,
    WebhookDeliveryJob,
    WebhookLedger,
    WebhookRecorder,
    WebhookSender,
    Webhooks,
    WebhooksStore,
  ],
  exports: [Notifications, WebhookDeliveriesStore],
})
export class WebhooksModule {}
