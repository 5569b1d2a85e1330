/** Puts jobs on their schedule in processes that have the role `jobs`, and takes them off at a stop. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../config/config.schema.js';
import { CONFIG } from '../tokens.js';
import type { JobDescriptor } from './job.js';
import { JobMetrics } from './job-metrics.js';
import { type JobTiming, LeasedJob } from './leased-job.js';
import { LeaseStore } from './lease.store.js';

export const JOB_TIMING = Symbol('JOB_TIMING');
export const DEFAULT_JOB_TIMING: JobTiming = { leaseMs: 30_000, stopWaitMs: 5_000 };

/** The first beat comes at a random instant of this span, so that processes started together do not collide. */
const START_JITTER_MS = 500;

@Injectable()
export class JobScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly jobs = new Map<string, LeasedJob>();
  private readonly holder = `${hostname()}:${String(process.pid)}:${randomUUID()}`;
  private started = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLES'>,
    @Inject(JOB_TIMING) private readonly timing: JobTiming,
    private readonly registry: SchedulerRegistry,
    private readonly leases: LeaseStore,
    private readonly metrics: JobMetrics,
  ) {}

  /** For `onModuleInit` of the capability that owns the job. In a process without the role `jobs` nothing happens. */
  register(descriptor: JobDescriptor): void {
    if (!this.config.ROLES.includes('jobs')) return;
    if (this.jobs.has(descriptor.name)) throw new Error(`two jobs are named ${descriptor.name}`);
    const job = new LeasedJob(descriptor, this.holder, this.leases, this.metrics, this.timing);
    this.jobs.set(descriptor.name, job);
    if (this.started) this.schedule(descriptor.name, job);
  }

  onApplicationBootstrap(): void {
    this.started = true;
    for (const [name, job] of this.jobs) this.schedule(name, job);
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const name of this.jobs.keys()) this.unschedule(name);
    await Promise.all([...this.jobs.values()].map((job) => job.stop()));
    this.jobs.clear();
  }

  private schedule(name: string, job: LeasedJob): void {
    const first = setTimeout(
      () => {
        this.registry.deleteTimeout(name);
        job.beat();
        const interval = setInterval(() => {
          job.beat();
        }, job.beatMs);
        this.registry.addInterval(name, interval);
      },
      Math.random() * Math.min(START_JITTER_MS, job.beatMs),
    );
    this.registry.addTimeout(name, first);
  }

  private unschedule(name: string): void {
    if (this.registry.doesExist('timeout', name)) this.registry.deleteTimeout(name);
    if (this.registry.doesExist('interval', name)) this.registry.deleteInterval(name);
  }
}
