/** Counters that moved in this process and are to be looked at soon. What is forgotten here, the sweep finds. */
import { Injectable } from '@nestjs/common';
import { type CounterId, counterName } from './counters.store.js';

const MOST_NOTED = 20_000;

@Injectable()
export class ThresholdNotes {
  private noted = new Map<string, CounterId>();

  /** Costs nothing to speak of: called for every movement, also within its transaction. */
  note(ids: readonly CounterId[]): void {
    for (const { domainId, quotaKey, scope } of ids) {
      if (this.noted.size >= MOST_NOTED) return;
      this.noted.set(counterName({ domainId, quotaKey, scope }), { domainId, quotaKey, scope });
    }
  }

  /** All that was noted since the last time, each once. */
  take(): CounterId[] {
    const ids = [...this.noted.values()];
    this.noted = new Map();
    return ids;
  }
}
