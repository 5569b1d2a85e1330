/** Reads counters for requests that come together by one statement: it costs hardly more than for one of them. */
import type { Sql } from '../platform/database/database.js';
import { type CounterId, counterName, type CounterRow, type CountersStore, distinct } from './counters.store.js';

interface Waiter {
  readonly ids: readonly CounterId[];
  readonly resolve: (rows: CounterRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/** More counters than these go with the next statement. */
const MOST_AT_ONCE = 2_000;

export class BatchedStates {
  private waiters: Waiter[] = [];
  private reading = false;

  constructor(
    private readonly counters: Pick<CountersStore, 'states'>,
    private readonly sql: Sql,
  ) {}

  /** As {@link CountersStore.states}, as of an instant after the call. */
  read(ids: readonly CounterId[]): Promise<CounterRow[]> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ ids, resolve, reject });
      if (this.reading) return;
      this.reading = true;
      setImmediate(() => void this.readAll());
    });
  }

  private async readAll(): Promise<void> {
    while (this.waiters.length > 0) await this.readSome(this.take());
    this.reading = false;
  }

  private take(): Waiter[] {
    let size = 0;
    const end = this.waiters.findIndex(({ ids }, index) => (size += ids.length) > MOST_AT_ONCE && index > 0);
    return this.waiters.splice(0, end < 0 ? this.waiters.length : end);
  }

  private async readSome(batch: readonly Waiter[]): Promise<void> {
    try {
      const rows = await this.counters.states(this.sql, distinct(batch.flatMap(({ ids }) => ids)));
      const byName = new Map(rows.map((row) => [counterName(row), row]));
      for (const { ids, resolve } of batch) resolve(ids.flatMap((id) => byName.get(counterName(id)) ?? []));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
