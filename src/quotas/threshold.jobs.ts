/** When thresholds are looked for: every second at what moved in this process, and every half minute, in one process, at all. */
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { Logger } from '../platform/logging/logger.js';
import { JobScheduler } from '../platform/scheduling/job-scheduler.js';
import { RepeatedWork } from '../platform/scheduling/repeated-work.js';
import { CONFIG } from '../platform/tokens.js';
import { ThresholdNotes } from './threshold-notes.js';
import { ThresholdWatch } from './threshold-watch.service.js';

const NOTED_MS = 1_000;
const STOP_LIMIT_MS = 5_000;
const FAILED = { baseMs: 1_000, maxMs: 30_000 };
const SWEEP_MS = 30_000;
const SWEEP_TIMEOUT_MS = 300_000;

@Injectable()
export class ThresholdJobs implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: RepeatedWork;

  constructor(
    private readonly notes: ThresholdNotes,
    private readonly watch: ThresholdWatch,
    private readonly scheduler: JobScheduler,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLES'>,
    logger: Logger,
  ) {
    this.loop = new RepeatedWork({
      work: () => this.lookAtNoted(),
      idleMs: NOTED_MS,
      backoff: FAILED,
      onFailure: (error, delayMs) => {
        logger.warn('counters could not be compared with their thresholds; it is tried again', { error, delayMs });
      },
    });
  }

  onModuleInit(): void {
    this.scheduler.register({
      name: 'quota-thresholds',
      intervalMs: SWEEP_MS,
      timeoutMs: SWEEP_TIMEOUT_MS,
      run: (signal) => this.watch.sweep(signal),
    });
  }

  onApplicationBootstrap(): void {
    // A command that works on the database only has no role.
    if (this.config.ROLES.length > 0) this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop(STOP_LIMIT_MS);
  }

  private async lookAtNoted(): Promise<boolean> {
    const ids = this.notes.take();
    if (ids.length === 0) return false;
    try {
      await this.watch.look(ids);
    } catch (error) {
      this.notes.note(ids);
      throw error;
    }
    return false;
  }
}
