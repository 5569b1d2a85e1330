/** Puts retention on its schedule: soon after a start, to catch up, and from then on at its interval. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { JobScheduler } from '../platform/scheduling/job-scheduler.js';
import { CONFIG } from '../platform/tokens.js';
import { RetentionService } from './retention.service.js';

/** A run that drops many days behind long readers; it goes on at the next run. */
const TIMEOUT_MS = 600_000;

@Injectable()
export class RetentionJob implements OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'RETENTION_INTERVAL_S'>,
    private readonly scheduler: JobScheduler,
    private readonly retention: RetentionService,
  ) {}

  onModuleInit(): void {
    this.scheduler.register({
      name: 'retention',
      intervalMs: this.config.RETENTION_INTERVAL_S * 1_000,
      timeoutMs: TIMEOUT_MS,
      runAtStart: true,
      run: async (signal) => {
        await this.retention.run('schedule', signal);
      },
    });
  }
}
