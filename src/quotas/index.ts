/** What other capabilities may know of quotas. */
export { QuotasModule } from './quotas.module.js';
export { QuotaViewsModule } from './quota-views.module.js';
export { type Notification, Notifications } from './webhooks/notifications.service.js';
export { WebhooksModule } from './webhooks/webhooks.module.js';
