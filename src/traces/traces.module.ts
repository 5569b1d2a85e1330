/** The trace model: ingest, query, retention, and the recorder of our own operations. */
import { Module, type Provider } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { CONFIG } from '../platform/tokens.js';
import { BatchRecords } from './batch-records.store.js';
import { BatchWriter } from './batch-writer.service.js';
import { ConfigurationController } from './configuration.controller.js';
import { ConfigurationService } from './configuration.service.js';
import { ConfigurationStore } from './configuration.store.js';
import { CoverageController } from './coverage.controller.js';
import { CtsLookupsController } from './cts-lookups.controller.js';
import { CtsLookupsStore } from './cts-lookups.store.js';
import { CtsTracesController } from './cts-traces.controller.js';
import { DayPartitions } from './day-partitions.store.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { DeadLetterRelay } from './dead-letter-relay.service.js';
import { DeadLetterRelayStore } from './dead-letter-relay.store.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLetterMetrics } from './dead-letters.metrics.js';
import { DeadLetters } from './dead-letters.service.js';
import { DeadLettersStore } from './dead-letters.store.js';
import { IngestChecks } from './ingest.check.js';
import { IngestHandler } from './ingest-handler.service.js';
import { IngestLogStore } from './ingest-log.store.js';
import { IngestObserver } from './ingest-observer.service.js';
import { IngestWorker } from './ingest-worker.service.js';
import { LogPositions } from './log-positions.service.js';
import { LogReader } from './log-reader.service.js';
import { NativeCursors } from './native-cursors.service.js';
import { NativeTracesController } from './native-traces.controller.js';
import { NativeTraces } from './native-traces.service.js';
import { NativeTracesStore } from './native-traces.store.js';
import { OutboxRelay } from './outbox-relay.service.js';
import { RecordingStore, RecordingSwitch } from './recording.store.js';
import { RetentionJob } from './retention.job.js';
import { RetentionMetrics } from './retention.metrics.js';
import { RetentionController } from './retention.controller.js';
import { RetentionService } from './retention.service.js';
import { RETENTION_SETTINGS } from './retention-settings.js';
import { RetentionStore } from './retention.store.js';
import { RetentionTraces } from './retention-traces.service.js';
import { RollupStore } from './rollup.store.js';
import { StoredTraces } from './stored-traces.service.js';
import { TraceChangesController } from './trace-changes.controller.js';
import { ChangePoller } from './trace-changes.poller.js';
import { TraceChanges } from './trace-changes.service.js';
import { TraceChangesStore } from './trace-changes.store.js';
import { TraceExportController } from './trace-export.controller.js';
import { TraceExport } from './trace-export.service.js';
import { TraceExtensions } from './trace-projection.js';
import { TraceOutboxStore } from './trace-outbox.store.js';
import { TraceQueryService } from './trace-query.service.js';
import { TraceQueryStore } from './trace-query.store.js';
import { TraceRecorder } from './trace-recorder.service.js';
import { TraceStatsController } from './trace-stats.controller.js';
import { TraceStats } from './trace-stats.service.js';
import { TraceStatsStore } from './trace-stats.store.js';
import { TraceStore } from './trace.store.js';
import { InstallationOwner, OPERATOR_DOMAIN } from './traces.tokens.js';

const ingest: Provider[] = [
  BatchRecords,
  BatchWriter,
  DeadLetterStore,
  IngestChecks,
  IngestHandler,
  IngestLogStore,
  IngestObserver,
  IngestWorker,
  LogPositions,
  LogReader,
  RecordingStore,
  RollupStore,
  TraceStore,
];

const query: Provider[] = [
  ConfigurationService,
  ConfigurationStore,
  CtsLookupsStore,
  TraceQueryService,
  TraceQueryStore,
];

const deadLetters: Provider[] = [
  DeadLetterMetrics,
  DeadLetterRelay,
  DeadLetterRelayStore,
  DeadLetters,
  DeadLettersStore,
];

const search: Provider[] = [
  ChangePoller,
  NativeCursors,
  NativeTraces,
  NativeTracesStore,
  StoredTraces,
  TraceChanges,
  TraceChangesStore,
  TraceExport,
  TraceStats,
  TraceStatsStore,
];

const retention: Provider[] = [
  RetentionJob,
  RetentionMetrics,
  RetentionService,
  RetentionStore,
  RetentionTraces,
  {
    provide: RETENTION_SETTINGS,
    useFactory: (config: Config) => ({ retentionDays: config.RETENTION_DAYS }),
    inject: [CONFIG],
  },
];

@Module({
  controllers: [
    ConfigurationController,
    CoverageController,
    CtsLookupsController,
    CtsTracesController,
    NativeTracesController,
    DeadLettersController,
    RetentionController,
    TraceChangesController,
    TraceExportController,
    TraceStatsController,
  ],
  providers: [
    ...ingest,
    ...query,
    ...search,
    ...deadLetters,
    ...retention,
    DayPartitions,
    InstallationOwner,
    {
      provide: OPERATOR_DOMAIN,
      useFactory: (owner: InstallationOwner) => () => Promise.resolve(owner.get()),
      inject: [InstallationOwner],
    },
    OutboxRelay,
    RecordingSwitch,
    TraceExtensions,
    TraceOutboxStore,
    TraceRecorder,
  ],
  exports: [StoredTraces, InstallationOwner, RecordingSwitch, TraceExtensions, TraceRecorder],
})
export class TracesModule {}
