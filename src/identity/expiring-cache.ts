/** Remembers answers for a moment, so that a question asked with every request reaches the database seldom. */
import type { Clock } from '../kernel/clock.js';

export interface ExpiringCacheSettings {
  readonly ttlMs: number;
  readonly maxEntries: number;
}

interface Entry<V> {
  readonly value: Promise<V>;
  /** When the question was put: an answer is never older than the time to live. */
  readonly askedAt: number;
}

export class ExpiringCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(
    private readonly settings: ExpiringCacheSettings,
    private readonly clock: Clock,
  ) {}

  /** The remembered answer or that of `load`; callers who ask meanwhile share it. Failures are not remembered. */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const now = this.clock.now();
    const known = this.entries.get(key);
    if (known && now - known.askedAt < this.settings.ttlMs && now >= known.askedAt) return known.value;
    const entry: Entry<V> = { value: load(), askedAt: now };
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.evict();
    entry.value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    return entry.value;
  }

  private evict(): void {
    while (this.entries.size > this.settings.maxEntries) {
      const [oldest] = this.entries.keys();
      if (oldest === undefined) return;
      this.entries.delete(oldest);
    }
  }
}
