import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '../identity/index.js';
import { TracesModule } from '../traces/index.js';
import { ACCESS_DECIDER } from './access-decider.js';
import { AccessGuard } from './access.guard.js';
import { AuthzenController } from './authzen.controller.js';
import { AuthzenMetadataController } from './authzen-metadata.controller.js';
import { AuthzenSearch } from './authzen-search.service.js';
import { Authzen } from './authzen.service.js';
import { BreakGlass } from './break-glass.service.js';
import { Decisions } from './decisions.service.js';
import { PolicyDecider } from './policy-decider.js';
import { PolicySeeder } from './policy-seeder.service.js';
import { PolicySnapshots } from './policy-snapshots.service.js';
import { PolicySnapshotsStore } from './policy-snapshots.store.js';
import { SimulationController } from './simulation.controller.js';
import { Simulations } from './simulation.service.js';

/** What callers may do. */
@Module({
  controllers: [SimulationController, AuthzenController, AuthzenMetadataController],
  imports: [IdentityModule, TracesModule],
  providers: [
    PolicySnapshotsStore,
    PolicySnapshots,
    Decisions,
    BreakGlass,
    Simulations,
    Authzen,
    AuthzenSearch,
    PolicySeeder,
    { provide: ACCESS_DECIDER, useClass: PolicyDecider },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
})
export class PoliciesModule {}
