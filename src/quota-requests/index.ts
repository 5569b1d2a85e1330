/** What others may know of quota requests. */
export { QuotaRequestsModule } from './quota-requests.module.js';
