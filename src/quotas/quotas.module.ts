/** Limits, usage and reservations. */
import { Module } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { SchedulingModule } from '../platform/scheduling/scheduling.module.js';
import { CONFIG } from '../platform/tokens.js';
import { TracesModule } from '../traces/index.js';
import { AskReader } from './ask-reader.service.js';
import { Baseline } from './baseline.service.js';
import { ChangeRecorder } from './change-recorder.service.js';
import { ChangesStore } from './changes.store.js';
import { DefinitionsController } from './definitions.controller.js';
import { Definitions } from './definitions.service.js';
import { GrantsController } from './grants.controller.js';
import { Grants } from './grants.service.js';
import { LimitRules } from './limit-rules.service.js';
import { LimitsController } from './limits.controller.js';
import { Limits } from './limits.service.js';
import { LimitsStore } from './limits.store.js';
import { ReconcileController } from './reconcile.controller.js';
import { Reconcile } from './reconcile.service.js';
import { ReconcileStore } from './reconcile.store.js';
import { CatalogueService } from './catalogue.service.js';
import { CountersStore } from './counters.store.js';
import { DefinitionsStore } from './definitions.store.js';
import { EffectiveLimits } from './effective-limits.service.js';
import { InstanceClosures } from './instance-closures.service.js';
import { InstanceClosuresStore } from './instance-closures.store.js';
import { LedgerBook } from './ledger-book.service.js';
import { LedgerStore } from './ledger.store.js';
import { OverrunWatch } from './overrun-watch.service.js';
import { QuotaErrors } from './quota-errors.service.js';
import { QuotaExtensions } from './quota-extensions.js';
import { QuotaPurgeJob } from './quota-purge.job.js';
import { QuotaPurgeStore } from './quota-purge.store.js';
import { QuotaUsageController } from './quota-usage.controller.js';
import { QuotaUsages } from './quota-usage.service.js';
import { QuotaUsageStore } from './quota-usage.store.js';
import { ReservationBatch } from './reservation-batch.service.js';
import { ReservationEnd } from './reservation-end.service.js';
import { DEFAULT_QUEUE_BOUNDS, ReservationQueue } from './reservation-queue.js';
import { ReservationsController } from './reservations.controller.js';
import { Reservations } from './reservations.service.js';
import { ReservationsStore } from './reservations.store.js';
import { ScopeDirectory } from './scope-directory.store.js';
import { UsageAftermath } from './usage-aftermath.service.js';
import { UsageProjection } from './usage.projection.js';

@Module({
  imports: [SchedulingModule, TracesModule],
  controllers: [
    DefinitionsController,
    GrantsController,
    LimitsController,
    QuotaUsageController,
    ReconcileController,
    ReservationsController,
  ],
  providers: [
    AskReader,
    CatalogueService,
    CountersStore,
    DefinitionsStore,
    EffectiveLimits,
    InstanceClosures,
    InstanceClosuresStore,
    LedgerBook,
    LedgerStore,
    OverrunWatch,
    QuotaErrors,
    QuotaExtensions,
    QuotaPurgeJob,
    QuotaPurgeStore,
    QuotaUsages,
    QuotaUsageStore,
    ReservationBatch,
    ReservationEnd,
    Reservations,
    {
      provide: ReservationQueue,
      // Half of the connections at most: others write, too.
      useFactory: (batch: ReservationBatch, { DATABASE_POOL }: Config) =>
        new ReservationQueue((asks) => batch.run(asks), {
          ...DEFAULT_QUEUE_BOUNDS,
          atOnce: Math.min(DEFAULT_QUEUE_BOUNDS.atOnce, Math.floor(DATABASE_POOL / 2)),
        }),
      inject: [ReservationBatch, CONFIG],
    },
    ReservationsStore,
    ScopeDirectory,
    UsageAftermath,
    Baseline,
    ChangeRecorder,
    ChangesStore,
    Definitions,
    Grants,
    LimitRules,
    Limits,
    LimitsStore,
    Reconcile,
    ReconcileStore,
    UsageProjection,
  ],
  exports: [AskReader, EffectiveLimits, Grants, Limits, QuotaExtensions],
})
export class QuotasModule {}
