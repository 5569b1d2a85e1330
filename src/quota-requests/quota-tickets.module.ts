/** Quota requests in the shape of tickets (docs/quota-tickets.md). */
import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/index.js';
import { QuotasModule } from '../quotas/index.js';
import { QuotaRequestsModule } from './quota-requests.module.js';
import { QuotaTicketReader } from './quota-ticket-reader.service.js';
import { QuotaTicketsController } from './quota-tickets.controller.js';
import { QuotaTicketsStore } from './quota-tickets.store.js';
import { TicketActions } from './ticket-actions.service.js';
import { TicketConfigurationController } from './ticket-configuration.controller.js';
import { TicketConfiguration } from './ticket-configuration.service.js';
import { TicketFiling } from './ticket-filing.service.js';
import { TicketTalkController } from './ticket-talk.controller.js';
import { TicketTalk } from './ticket-talk.service.js';

@Module({
  imports: [IdentityModule, QuotasModule, QuotaRequestsModule],
  controllers: [QuotaTicketsController, TicketTalkController, TicketConfigurationController],
  providers: [QuotaTicketReader, QuotaTicketsStore, TicketActions, TicketConfiguration, TicketFiling, TicketTalk],
})
export class QuotaTicketsModule {}
