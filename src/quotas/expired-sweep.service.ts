/** Sweeps reservations that expired on counters that nobody came by since. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { CountersStore } from './counters.store.js';
import { QuotaPurgeStore } from './quota-purge.store.js';

/** Busy counters sweep themselves; those left are in nobody's way for this long. */
const UNSWEPT_MS = 60_000;
const SWEEP_TIMEOUT_MS = 10_000;

@Injectable()
export class ExpiredSweep {
  constructor(
    private readonly store: QuotaPurgeStore,
    private readonly counters: CountersStore,
    private readonly database: Database,
  ) {}

  /** One group at a time, each in a short transaction of its own, until none is left or it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
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
