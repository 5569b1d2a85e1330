/** What other capabilities may know of quotas. */
export { QuotasModule } from './quotas.module.js';
export { QuotaViewsModule } from './quota-views.module.js';
