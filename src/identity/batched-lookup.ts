/** Puts questions that come at the same time to the database as one: strictly fresh answers at the cost of few statements. */

interface Waiting<K, V> {
  readonly key: K;
  readonly resolve: (value: V) => void;
  readonly reject: (reason: unknown) => void;
}

export interface BatchedLookupSettings {
  /** Statements under way at a time; questions that come meanwhile wait for the next one. */
  readonly concurrency: number;
  readonly mostKeys: number;
}

const DEFAULTS: BatchedLookupSettings = { concurrency: 2, mostKeys: 500 };

export class BatchedLookup<K, V> {
  private waiting: Waiting<K, V>[] = [];
  private running = 0;
  private scheduled = false;

  /** @param load answers all keys of a batch, in their order */
  constructor(
    private readonly load: (keys: readonly K[]) => Promise<readonly V[]>,
    private readonly settings: BatchedLookupSettings = DEFAULTS,
  ) {}

  /** An answer that was asked for after this call, never an older one. */
  get(key: K): Promise<V> {
    return new Promise<V>((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      this.schedule();
    });
  }

  /** In the next turn, so that what arrives in this one goes together. */
  private schedule(): void {
    if (this.scheduled || this.running >= this.settings.concurrency) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.run();
    });
  }

  private async run(): Promise<void> {
    const batch = this.waiting.splice(0, this.settings.mostKeys);
    if (batch.length === 0) return;
    this.running += 1;
    if (this.waiting.length > 0) this.schedule();
    try {
      const values = await this.load(batch.map(({ key }) => key));
      if (values.length !== batch.length) throw new RangeError('a batch was not answered key by key');
      // As many values as keys: none is missing.
      batch.forEach(({ resolve }, index) => {
        resolve(values[index] as V);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.running -= 1;
      if (this.waiting.length > 0) this.schedule();
    }
  }
}
