/** Purges, every quarter of an hour, what quotas keep only for a while: see docs/quotas.md, "What is kept". */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { JobScheduler } from '../platform/scheduling/job-scheduler.js';
import { CONFIG } from '../platform/tokens.js';
import { ExpiredSweep } from './expired-sweep.service.js';
import { QuotaPurgeStore } from './quota-purge.store.js';
import { RateStatesStore } from './rate-states.store.js';
import { WebhookDeliveriesStore } from './webhooks/webhook-deliveries.store.js';

const INTERVAL_MS = 900_000;
const TIMEOUT_MS = 300_000;
const RESERVATION_DAYS = 7;
const IDEMPOTENCY_DAYS = 1;
/** A deletion is remembered for as long as its creation may still come. */
const TOMBSTONE_RETENTIONS = 2;
/** Long enough to be looked at after a test. */
const DELIVERED_MINUTES = 60;
const DELIVERY_DAYS = 7;
const MOST_DELIVERIES = 5_000;

@Injectable()
export class QuotaPurgeJob implements OnModuleInit {
  constructor(
    private readonly store: QuotaPurgeStore,
    private readonly rates: RateStatesStore,
    private readonly deliveries: WebhookDeliveriesStore,
    private readonly expired: ExpiredSweep,
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
    await this.expired.run(signal);
    while (!signal.aborted) {
      const { reservations, idempotencyKeys, tombstones } = await this.store.run(ages);
      const deliveries = await this.deliveries.purge(DELIVERED_MINUTES, DELIVERY_DAYS, MOST_DELIVERIES);
      if (reservations + idempotencyKeys + tombstones + deliveries + (await this.rates.purge()) === 0) return;
    }
  }
}
