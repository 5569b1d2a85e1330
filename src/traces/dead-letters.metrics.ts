/** Gauges of dead letters; refusals by reason are counted by the ingest observer. */
import { Injectable } from '@nestjs/common';
import { Metrics } from '../platform/metrics/metrics.js';
import { DeadLetterRelayStore } from './dead-letter-relay.store.js';
import { DeadLettersStore, MOST_COUNTED } from './dead-letters.store.js';

@Injectable()
export class DeadLetterMetrics {
  constructor(metrics: Metrics, letters: DeadLettersStore, relay: DeadLetterRelayStore) {
    const gauge = (name: string, help: string, ask: () => Promise<number>): void => {
      metrics.gauge({
        name,
        help,
        // A scrape tells what else there is, also while the database is away.
        async collect() {
          const value = await ask().catch(() => null);
          if (value !== null) this.set(value);
        },
      });
    };
    gauge(
      'quaestor_dead_letters_new',
      `Dead letters that nobody has replayed or dropped yet; counted up to ${String(MOST_COUNTED)}.`,
      () => letters.countNew(),
    );
    gauge(
      'quaestor_dead_letters_relay_oldest_seconds',
      'Age of the oldest dead letter that is not in the DLQ topic yet; 0 when all are.',
      () => relay.lagSeconds(),
    );
  }
}
