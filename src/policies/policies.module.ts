import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '../identity/index.js';
import { TracesModule } from '../traces/index.js';
import { ACCESS_DECIDER } from './access-decider.js';
import { AccessGuard } from './access.guard.js';
import { AccountSummaryController } from './account-summary.controller.js';
import { AccountSummaryStore } from './account-summary.store.js';
import { AuthzenController } from './authzen.controller.js';
import { AuthzenMetadataController } from './authzen-metadata.controller.js';
import { AuthzenSearch } from './authzen-search.service.js';
import { Authzen } from './authzen.service.js';
import { AuthorizationSchemasController } from './authorization-schemas.controller.js';
import { BreakGlass } from './break-glass.service.js';
import { Decisions } from './decisions.service.js';
import { EnterpriseGrantsController } from './enterprise-grants.controller.js';
import { IdentityPoliciesController } from './identity-policies.controller.js';
import { IdentityPolicies } from './identity-policies.service.js';
import { PolicyAttachmentsController } from './policy-attachments.controller.js';
import { PolicyAttachments } from './policy-attachments.service.js';
import { PolicyAttachmentsStore } from './policy-attachments.store.js';
import { PolicyChanges } from './policy-changes.service.js';
import { PolicyDecider } from './policy-decider.js';
import { PolicyRecordsStore } from './policy-records.store.js';
import { PolicySeeder } from './policy-seeder.service.js';
import { PolicySnapshots } from './policy-snapshots.service.js';
import { PolicySnapshotsStore } from './policy-snapshots.store.js';
import { RegistryGrantsController } from './registry-grants.controller.js';
import { RegistryGrants } from './registry-grants.service.js';
import { RegistryGrantsStore } from './registry-grants.store.js';
import { SimulationController } from './simulation.controller.js';
import { Simulations } from './simulation.service.js';
import { RoleGrantsController } from './role-grants.controller.js';
import { RoleGrants } from './role-grants.service.js';
import { RoleGrantsStore } from './role-grants.store.js';
import { RolesController } from './roles.controller.js';
import { Roles } from './roles.service.js';
import { PolicyReplayController } from './policy-replay.controller.js';
import { PolicyReplays } from './policy-replay.service.js';
import { TraceQuestions } from './trace-questions.service.js';
import { VerdictAnnotator } from './verdict-annotator.service.js';
import { VerdictMetrics } from './verdict.metrics.js';

/** What callers may do. */
@Module({
  imports: [IdentityModule, TracesModule],
  controllers: [
    IdentityPoliciesController,
    PolicyAttachmentsController,
    RolesController,
    RoleGrantsController,
    EnterpriseGrantsController,
    AccountSummaryController,
    RegistryGrantsController,
    AuthorizationSchemasController,
    SimulationController,
    AuthzenController,
    AuthzenMetadataController,
    PolicyReplayController,
  ],
  providers: [
    PolicyRecordsStore,
    PolicyAttachmentsStore,
    PolicyChanges,
    IdentityPolicies,
    PolicyAttachments,
    Roles,
    RoleGrantsStore,
    RoleGrants,
    AccountSummaryStore,
    RegistryGrantsStore,
    RegistryGrants,
    PolicySnapshotsStore,
    PolicySnapshots,
    Decisions,
    BreakGlass,
    Simulations,
    Authzen,
    AuthzenSearch,
    PolicySeeder,
    PolicyReplays,
    TraceQuestions,
    VerdictAnnotator,
    VerdictMetrics,
    { provide: ACCESS_DECIDER, useClass: PolicyDecider },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [ACCESS_DECIDER],
})
export class PoliciesModule {}
