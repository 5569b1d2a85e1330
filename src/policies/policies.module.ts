import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '../identity/index.js';
import { TracesModule } from '../traces/index.js';
import { ACCESS_DECIDER } from './access-decider.js';
import { AccessGuard } from './access.guard.js';
import { BreakGlass } from './break-glass.service.js';
import { Decisions } from './decisions.service.js';
import { PolicyDecider } from './policy-decider.js';
import { PolicyReplayController } from './policy-replay.controller.js';
import { PolicyReplays } from './policy-replay.service.js';
import { PolicySeeder } from './policy-seeder.service.js';
import { PolicySnapshots } from './policy-snapshots.service.js';
import { PolicySnapshotsStore } from './policy-snapshots.store.js';
import { TraceQuestions } from './trace-questions.service.js';
import { VerdictAnnotator } from './verdict-annotator.service.js';
import { VerdictMetrics } from './verdict.metrics.js';

/** What callers may do. */
@Module({
  imports: [IdentityModule, TracesModule],
  controllers: [PolicyReplayController],
  providers: [
    PolicySnapshotsStore,
    PolicySnapshots,
    Decisions,
    BreakGlass,
    PolicySeeder,
    PolicyReplays,
    TraceQuestions,
    VerdictAnnotator,
    VerdictMetrics,
    { provide: ACCESS_DECIDER, useClass: PolicyDecider },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
})
export class PoliciesModule {}
