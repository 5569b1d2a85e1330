/** Looks every minute for requests whose time has come, under a lease. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobScheduler } from '../platform/scheduling/job-scheduler.js';
import { RequestLapses } from './request-lapses.service.js';

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 300_000;

@Injectable()
export class RequestLapsesJob implements OnModuleInit {
  constructor(
    private readonly lapses: RequestLapses,
    private readonly scheduler: JobScheduler,
  ) {}

  onModuleInit(): void {
    this.scheduler.register({
      name: 'quota-request-lapses',
      intervalMs: INTERVAL_MS,
      timeoutMs: TIMEOUT_MS,
      run: async (signal) => {
        await this.lapses.run(signal);
      },
    });
  }
}
