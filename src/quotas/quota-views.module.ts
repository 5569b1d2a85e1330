/** What is told of quotas beyond how they stand: reports, what-if, and the shapes of other APIs. Nothing here changes a quota. */
import { Module } from '@nestjs/common';
import { TracesModule } from '../traces/index.js';
import { IamQuotasController } from './iam-quotas.controller.js';
import { IamQuotasStore } from './iam-quotas.store.js';
import { InstanceStatisticsController } from './instance-statistics.controller.js';
import { LimitReplayController } from './limit-replay.controller.js';
import { LimitReplayStore } from './limit-replay.store.js';
import { LimitReplays } from './limit-replays.service.js';
import { QuotaReportController } from './quota-report.controller.js';
import { QuotaReportStore } from './quota-report.store.js';
import { QuotaReports } from './quota-reports.service.js';
import { QuotasModule } from './quotas.module.js';

@Module({
  imports: [QuotasModule, TracesModule],
  controllers: [IamQuotasController, InstanceStatisticsController, LimitReplayController, QuotaReportController],
  providers: [IamQuotasStore, LimitReplays, LimitReplayStore, QuotaReports, QuotaReportStore],
})
export class QuotaViewsModule {}
