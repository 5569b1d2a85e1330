/** A shared advisory lock on a connection of its own, held for as long as the process lives: says that it is there. */
import pg from 'pg';
import { backoffDelayMs } from '../../kernel/backoff.js';
import type { DatabaseSettings } from './data-source.js';

export interface HeldLockOptions {
  readonly lock: number;
  /** Called whenever the lock was taken, the first time and after a lost connection; what it throws gives the lock up. */
  readonly onTaken: () => Promise<void>;
  /** `onTaken` threw after a lost connection. Nothing is tried any more. */
  readonly onGivenUp: (error: unknown) => void;
}

const BACKOFF = { baseMs: 200, maxMs: 10_000 };
/** Whoever holds the lock alone is waited for so long. */
const LOCK_TIMEOUT_MS = 60_000;

export class HeldLock {
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | undefined;
  private released = false;

  constructor(
    private readonly settings: Pick<DatabaseSettings, 'url' | 'connectTimeoutMs' | 'onPoolError'>,
    private readonly options: HeldLockOptions,
  ) {}

  /** Throws what connecting, locking or `onTaken` threw; then nothing is held. */
  async take(): Promise<void> {
    await this.connect();
    try {
      await this.options.onTaken();
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    this.released = true;
    clearTimeout(this.timer);
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.settings.url,
      connectionTimeoutMillis: this.settings.connectTimeoutMs,
      query_timeout: LOCK_TIMEOUT_MS + 5_000,
      keepAlive: true,
      application_name: 'quaestor-lock',
      options: `-c lock_timeout=${String(LOCK_TIMEOUT_MS)}`,
    });
    client.on('error', this.settings.onPoolError);
    await client.connect();
    try {
      await client.query('SELECT pg_advisory_lock_shared($1)', [this.options.lock]);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.released) {
      await client.end().catch(() => undefined);
      return;
    }
    client.once('end', () => {
      if (this.client === client) this.retake(0);
    });
    this.client = client;
  }

  private retake(attempt: number): void {
    if (this.released) return;
    this.client = null;
    this.timer = setTimeout(() => void this.retakeNow(attempt), backoffDelayMs(attempt, BACKOFF, Math.random()));
    this.timer.unref();
  }

  private async retakeNow(attempt: number): Promise<void> {
    try {
      await this.connect();
    } catch {
      // The pools tell of a database that is away.
      this.retake(attempt + 1);
      return;
    }
    if (this.released) return;
    try {
      await this.options.onTaken();
    } catch (error) {
      await this.release();
      this.options.onGivenUp(error);
    }
  }
}
