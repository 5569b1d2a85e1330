/** Requests for more quota, and their approval. */
import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/index.js';
import { SchedulingModule } from '../platform/scheduling/scheduling.module.js';
import { PoliciesModule } from '../policies/index.js';
import { QuotasModule, WebhooksModule } from '../quotas/index.js';
import { TracesModule } from '../traces/index.js';
import { RequestAccess } from './request-access.service.js';
import { RequestActionsController } from './request-actions.controller.js';
import { RequestActions } from './request-actions.service.js';
import { RequestApprovalEnds } from './request-approval-ends.service.js';
import { RequestApproval } from './request-approval.service.js';
import { RequestChanges } from './request-changes.service.js';
import { RequestComments } from './request-comments.service.js';
import { RequestCreationGuards } from './request-creation-guards.service.js';
import { RequestCreation } from './request-creation.service.js';
import { RequestGrants } from './request-grants.service.js';
import { RequestExport } from './request-export.service.js';
import { RequestLapsesJob } from './request-lapses.job.js';
import { RequestLapses } from './request-lapses.service.js';
import { RequestLapsesStore } from './request-lapses.store.js';
import { RequestNotifier } from './request-notifier.js';
import { RequestListsController } from './request-lists.controller.js';
import { RequestLists } from './request-lists.service.js';
import { RequestListsStore } from './request-lists.store.js';
import { RequestWhatIf } from './request-what-if.service.js';
import { RequestObservers } from './request-observers.js';
import { RequestReader } from './request-reader.service.js';
import { RequestRulesController } from './request-rules.controller.js';
import { RequestRulesService } from './request-rules.service.js';
import { RequestRulesStore } from './request-rules.store.js';
import { RequestSteps } from './request-steps.service.js';
import { RequestThreadsStore } from './request-threads.store.js';
import { RequestView } from './request-view.js';
import { RequestWishes } from './request-wishes.service.js';
import { RequestsController } from './requests.controller.js';
import { RequestsStore } from './requests.store.js';

@Module({
  imports: [SchedulingModule, TracesModule, IdentityModule, PoliciesModule, QuotasModule, WebhooksModule],
  controllers: [RequestsController, RequestListsController, RequestActionsController, RequestRulesController],
  providers: [
    RequestAccess,
    RequestActions,
    RequestApproval,
    RequestApprovalEnds,
    RequestChanges,
    RequestComments,
    RequestCreation,
    RequestCreationGuards,
    RequestGrants,
    RequestLapses,
    RequestLapsesJob,
    RequestLapsesStore,
    RequestNotifier,
    RequestExport,
    RequestLists,
    RequestListsStore,
    RequestWhatIf,
    RequestObservers,
    RequestReader,
    RequestRulesService,
    RequestRulesStore,
    RequestSteps,
    RequestThreadsStore,
    RequestView,
    RequestWishes,
    RequestsStore,
  ],
  exports: [
    RequestAccess,
    RequestActions,
    RequestChanges,
    RequestComments,
    RequestCreation,
    RequestRulesService,
    RequestSteps,
    RequestThreadsStore,
    RequestsStore,
  ],
})
export class QuotaRequestsModule {}
