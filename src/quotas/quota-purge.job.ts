/**
 * Every quarter of an hour sweeps what expired on counters that nobody came by, and purges reservations that ended, idempotency
 * keys and tombstones (docs/quotas.md).
 */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { Database } from '../platform/database/database.js';
import { JobScheduler } from '../platform/scheduling/job-scheduler.js';
import { CONFIG } from '../platform/tokens.js';
import { CountersStore } from './counters.store.js';
import { QuotaPurgeStore } from './quota-purge.store.js';

const INTERVAL_MS = 900_000;
const TIMEOUT_MS = 300_000;
/** Busy counters sweep themselves; those left are in nobody's way for this long. */
const UNSWEPT_MS = 60_000;
const SWEEP_TIMEOUT_MS = 10_000;
const RESERVATION_DAYS = 7;
const IDEMPOTENCY_DAYS = 1;
/** A deletion is remembered for as long as its creation may still come. */
const TOMBSTONE_RETENTIONS = 2;

@Injectable()
export class QuotaPurgeJob implements OnModuleInit {
  constructor(
    private readonly store: QuotaPurgeStore,
    private readonly counters: CountersStore,
    private readonly database: Database,
    private readonly scheduler: JobScheduler,
    @Inject(CONFIG) private readonly config: Pick<Config, 'RETENTION_DAYS'>,
  ) {}

  onModuleInit(): void {
    this.scheduler.register({
      name: 'quota-purge',
      intervalMs: INTERVAL_MS,
      timeoutMs: TIMEOUT_MS,
      run: (signal) => this.run(signal),
    });
  }

  /** Until nothing is left to remove, or it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    const ages = {
      reservationDays: RESERVATION_DAYS,
      idempotencyDays: IDEMPOTENCY_DAYS,
      tombstoneDays: TOMBSTONE_RETENTIONS * this.config.RETENTION_DAYS,
    };
    await this.sweep(signal);
    while (!signal.aborted) {
      const { reservations, idempotencyKeys, tombstones } = await this.store.run(ages);
      if (reservations + idempotencyKeys + tombstones === 0) return;
    }
  }

  /** One group at a time, each in a short transaction of its own. */
  private async sweep(signal: AbortSignal): Promise<void> {
    for (;;) {
      const groups = await this.store.unswept(UNSWEPT_MS);
      if (groups.length === 0) return;
      for (const group of groups) {
        if (signal.aborted) return;
        await this.database.transaction(
          async (transaction) => {
            await this.counters.lock(transaction, [group]);
            await this.counters.sweep(transaction, [group]);
          },
          { timeoutMs: SWEEP_TIMEOUT_MS },
        );
      }
    }
  }
}
