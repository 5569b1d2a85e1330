/** What identity does by itself, by lease in one process: tends the signing keys, and forgets what says nothing any more. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobScheduler } from '../platform/scheduling/job-scheduler.js';
import { KeyRotation } from './key-rotation.service.js';
import { LoginThrottleStore } from './login-throttle.store.js';
import { TokenRevocationsStore } from './token-revocations.store.js';

const KEYS = { name: 'signing-keys', intervalMs: 60_000, timeoutMs: 30_000, runAtStart: true };
const RECORDS = { name: 'login-records', intervalMs: 600_000, timeoutMs: 120_000, runAtStart: true };

@Injectable()
export class IdentityJobs implements OnModuleInit {
  constructor(
    private readonly scheduler: JobScheduler,
    private readonly rotation: KeyRotation,
    private readonly throttle: LoginThrottleStore,
    private readonly revocations: TokenRevocationsStore,
  ) {}

  onModuleInit(): void {
    this.scheduler.register({ ...KEYS, run: () => this.rotation.tend() });
    this.scheduler.register({ ...RECORDS, run: (signal) => this.forget(signal) });
  }

  /** Revocations of tokens that have expired, and failed logins of a day ago; in portions, so that no statement is long. */
  async forget(signal: AbortSignal): Promise<void> {
    for (const purge of [() => this.revocations.purge(), () => this.throttle.purge()])
      while (!signal.aborted && (await purge()) > 0);
  }
}
