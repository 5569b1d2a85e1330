/** Limits, usage and reservations. */
import { Module } from '@nestjs/common';
import { TracesModule } from '../traces/index.js';
import { AskReader } from './ask-reader.service.js';
import { CatalogueService } from './catalogue.service.js';
import { CountersStore } from './counters.store.js';
import { DefinitionsStore } from './definitions.store.js';
import { InstanceClosures } from './instance-closures.service.js';
import { InstanceClosuresStore } from './instance-closures.store.js';
import { LedgerBook } from './ledger-book.service.js';
import { LedgerStore } from './ledger.store.js';
import { OverrunWatch } from './overrun-watch.service.js';
import { QuotaErrors } from './quota-errors.service.js';
import { QuotaUsageController } from './quota-usage.controller.js';
import { QuotaUsages } from './quota-usage.service.js';
import { QuotaUsageStore } from './quota-usage.store.js';
import { ReservationBatch } from './reservation-batch.service.js';
import { ReservationEnd } from './reservation-end.service.js';
import { ReservationsController } from './reservations.controller.js';
import { Reservations } from './reservations.service.js';
import { ReservationsStore } from './reservations.store.js';
import { ScopeDirectory } from './scope-directory.store.js';
import { UsageAftermath } from './usage-aftermath.service.js';
import { UsageProjection } from './usage.projection.js';

@Module({
  imports: [TracesModule],
  controllers: [ReservationsController, QuotaUsageController],
  providers: [
    AskReader,
    CatalogueService,
    CountersStore,
    DefinitionsStore,
    InstanceClosures,
    InstanceClosuresStore,
    LedgerBook,
    LedgerStore,
    OverrunWatch,
    QuotaErrors,
    QuotaUsages,
    QuotaUsageStore,
    ReservationBatch,
    ReservationEnd,
    Reservations,
    ReservationsStore,
    ScopeDirectory,
    UsageAftermath,
    UsageProjection,
  ],
})
export class QuotasModule {}
