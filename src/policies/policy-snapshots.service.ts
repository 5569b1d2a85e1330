/**
 * Keeps the policies of the domains that are asked about: loaded at first use, looked after at most every half second, swapped
 * whole, and refused when nobody could look for too long (design §7).
 */
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Config } from '../platform/config/config.schema.js';
import { Notifications } from '../platform/database/notifications.js';
import { Readiness } from '../platform/health/readiness.js';
import { within } from '../platform/kafka/bounded.js';
import { Logger } from '../platform/logging/logger.js';
import { RepeatedWork } from '../platform/scheduling/repeated-work.js';
import { CONFIG } from '../platform/tokens.js';
import { DomainSnapshot } from './policy-snapshot.js';
import { PolicySnapshotsStore } from './policy-snapshots.store.js';

/** What the transaction that changes policies notifies; only to be faster than the next look. */
export const POLICIES_CHANNEL = 'quaestor_policies';
const POLL_MS = 400;
const POLL_LIMIT_MS = 2_000;
/** Policies that nobody could look after for so long decide nothing. */
const STALE_AFTER_MS = 5_000;
const MOST_DOMAINS = 500;

interface Entry {
  readonly snapshot: DomainSnapshot;
  /** When the read that made it began. All instants are of the monotonic clock. */
  readonly loadedAt: number;
  /** The last instant at which it was known to be in force. */
  confirmedAt: number;
}

@Injectable()
export class PolicySnapshots implements OnModuleInit, OnModuleDestroy {
  private readonly entries = new Map<string, Entry>();
  private readonly loading = new Map<string, Promise<Entry>>();
  private contactAt = performance.now();
  private running: Promise<void> = Promise.resolve();
  private queued: Promise<void> | null = null;
  private readonly polls: RepeatedWork;
  private unlisten: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly store: PolicySnapshotsStore,
    private readonly notifications: Notifications,
    private readonly readiness: Readiness,
    private readonly log: Logger,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.polls = new RepeatedWork({
      work: () => this.poll().then(() => false),
      idleMs: POLL_MS,
      backoff: { baseMs: POLL_MS / 2, maxMs: POLL_MS },
      onFailure: (error) => this.log.warn('the versions of policies could not be read', { error }),
    });
  }

  onModuleInit(): void {
    // Commands decide nothing.
    if (this.config.ROLES.length === 0) return;
    this.polls.start();
    this.unlisten = this.notifications.listen(POLICIES_CHANNEL, () => {
      // A failure is the next look's to report.
      void this.poll().catch(() => undefined);
    });
    this.readiness.add({
      name: 'policies',
      check: () =>
        this.isStale(this.contactAt)
          ? Promise.reject(new Error('policies could not be looked after'))
          : Promise.resolve(),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.unlisten();
    await this.polls.stop(POLL_LIMIT_MS);
  }

  /** The policies in force. Throws `QST.Unavailable` when that cannot be known. */
  async of(domainId: string): Promise<DomainSnapshot> {
    const known = this.entries.get(domainId);
    if (known === undefined || this.isStale(known.confirmedAt)) return (await this.loadNow(domainId)).snapshot;
    this.entries.delete(domainId);
    this.entries.set(domainId, known);
    return known.snapshot;
  }

  private isStale(instant: number): boolean {
    return performance.now() - instant > STALE_AFTER_MS;
  }

  /** A look at the versions that begins after the call; those who ask while one is under way share the next. */
  private poll(): Promise<void> {
    this.queued ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.running = this.look();
        this.queued = null;
        return this.running;
      });
    return this.queued;
  }

  private async look(): Promise<void> {
    const startedAt = performance.now();
    const domains = [...this.entries.keys()];
    const versions = await within(this.store.versions(domains), POLL_LIMIT_MS, 'reading the versions of policies');
    this.contactAt = startedAt;
    const changed = domains.filter((domainId) => {
      const entry = this.entries.get(domainId);
      if (entry === undefined || entry.loadedAt > startedAt) return false;
      if (entry.snapshot.version !== versions.get(domainId)) return true;
      entry.confirmedAt = startedAt;
      return false;
    });
    const outcomes = await Promise.allSettled(changed.map((domainId) => this.load(domainId)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async loadNow(domainId: string): Promise<Entry> {
    try {
      return await this.load(domainId);
    } catch (cause) {
      throw new AppError('QST.Unavailable', 'Access cannot be decided at this moment. Try again later.', { cause });
    }
  }

  /** Callers who come while it is under way share it. */
  private load(domainId: string): Promise<Entry> {
    const pending = this.loading.get(domainId);
    if (pending !== undefined) return pending;
    const started = this.read(domainId).finally(() => this.loading.delete(domainId));
    this.loading.set(domainId, started);
    return started;
  }

  private async read(domainId: string): Promise<Entry> {
    const startedAt = performance.now();
    const record = await within(this.store.load(domainId), POLL_LIMIT_MS, 'reading policies');
    const former = this.entries.get(domainId)?.snapshot ?? null;
    const snapshot = new DomainSnapshot(record, former);
    const entry: Entry = { snapshot, loadedAt: startedAt, confirmedAt: startedAt };
    this.entries.delete(domainId);
    this.entries.set(domainId, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > MOST_DOMAINS && oldest !== undefined) this.entries.delete(oldest);
    return entry;
  }
}
