/** Scheduled jobs: `JobScheduler.register` is all that a capability needs. The application provides `Metrics`, `CONFIG` and `Database`. */
import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { JobMetrics } from './job-metrics.js';
import { DEFAULT_JOB_TIMING, JOB_TIMING, JobScheduler } from './job-scheduler.js';
import { LeaseStore } from './lease.store.js';

@Global()
@Module({
  imports: [ScheduleModule.forRoot()],
  providers: [JobScheduler, LeaseStore, JobMetrics, { provide: JOB_TIMING, useValue: DEFAULT_JOB_TIMING }],
  exports: [JobScheduler],
})
export class SchedulingModule {}
