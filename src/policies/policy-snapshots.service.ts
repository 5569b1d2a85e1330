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
import { DomainSnapshot, type SnapshotRecord } from './policy-snapshot.js';
import { PolicySnapshotsStore } from './policy-snapshots.store.js';
import { POLICIES_CHANNEL } from './policy-state.store.js';

const POLL_MS = 400;
const POLL_LIMIT_MS = 2_000;
/** Policies that nobody could look after for so long decide nothing. */
const STALE_AFTER_MS = 5_000;
/** More active domains than this, and each is read and compiled again and again; one takes some 20 KB. */
const MOST_DOMAINS = 2_000;
/** Domains that are read in one statement. */
const MOST_TOGETHER = 200;

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
    const known = this.known(domainId);
    if (known !== null) return known;
    const [entry] = await this.loadNow([domainId]);
    if (entry === undefined) throw new RangeError('one domain was asked for and none answered');
    return entry.snapshot;
  }

  /** Reads what is not {@link known} of these domains. Throws as {@link of}. */
  async learn(domainIds: readonly string[]): Promise<void> {
    await this.loadNow(domainIds.filter((domainId) => this.known(domainId) === null));
  }

  /** As {@link of}, without waiting; null where they must be read first. */
  known(domainId: string): DomainSnapshot | null {
    const known = this.entries.get(domainId);
    if (known === undefined || this.isStale(known.confirmedAt)) return null;
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
    const asked = [...this.entries];
    const versions = new Map(asked.map(([domainId, { snapshot }]) => [domainId, snapshot.version]));
    const others = await within(this.store.changed(versions), POLL_LIMIT_MS, 'reading the versions of policies');
    this.contactAt = startedAt;
    const changed: string[] = [];
    for (const [domainId, entry] of asked) {
      // Gone or read again meanwhile: what was asked is no news of it.
      if (this.entries.get(domainId) !== entry) continue;
      if (others.has(domainId)) changed.push(domainId);
      else entry.confirmedAt = startedAt;
    }
    const outcomes = await Promise.allSettled(this.load(changed));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async loadNow(domainIds: readonly string[]): Promise<readonly Entry[]> {
    try {
      return await Promise.all(this.load(domainIds));
    } catch (cause) {
      throw new AppError('QST.Unavailable', 'Access cannot be decided at this moment. Try again later.', { cause });
    }
  }

  /** In few statements. Callers who come while it is under way share it. */
  private load(domainIds: readonly string[]): Promise<Entry>[] {
    const started = new Map<string, Promise<Entry>>();
    const asked = domainIds.filter((domainId) => !this.loading.has(domainId));
    for (let at = 0; at < asked.length; at += MOST_TOGETHER) {
      const together = asked.slice(at, at + MOST_TOGETHER);
      const read = within(this.read(together), POLL_LIMIT_MS, 'reading policies');
      for (const domainId of together)
        started.set(
          domainId,
          read.then((entries) => entryOf(entries, domainId)),
        );
    }
    for (const [domainId, entry] of started) {
      const shared = entry.finally(() => this.loading.delete(domainId));
      this.loading.set(domainId, shared);
    }
    return domainIds.flatMap((domainId) => this.loading.get(domainId) ?? []);
  }

  /** Fills in what it finds also where nobody waits for it any more. */
  private async read(domainIds: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
    const startedAt = performance.now();
    const records = await this.store.load(domainIds);
    const entries = new Map<string, Entry>();
    for (const record of records) {
      const former = this.entries.get(record.domainId);
      const isLate = former !== undefined && former.loadedAt > startedAt;
      const entry = isLate ? former : entryFrom(record, startedAt, former?.snapshot ?? null);
      entries.set(record.domainId, entry);
      this.entries.delete(record.domainId);
      this.entries.set(record.domainId, entry);
    }
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= MOST_DOMAINS) break;
      this.entries.delete(oldest);
    }
    return entries;
  }
}

function entryFrom(record: SnapshotRecord, startedAt: number, former: DomainSnapshot | null): Entry {
  return { snapshot: new DomainSnapshot(record, former), loadedAt: startedAt, confirmedAt: startedAt };
}

function entryOf(entries: ReadonlyMap<string, Entry>, domainId: string): Entry {
  const entry = entries.get(domainId);
  if (entry === undefined) throw new RangeError('the policies of a domain were asked for and not answered');
  return entry;
}
