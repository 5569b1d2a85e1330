/** Repeats work that lost against somebody else's lock: a bounded number of times, with growing, jittered pauses. */
import { setTimeout as pause } from 'node:timers/promises';
import { backoffDelayMs } from '../kernel/backoff.js';
import { classifyDatabaseError } from '../platform/database/database-error.js';

export interface LockRetry {
  readonly attempts: number;
  /** How long each try may wait for a lock (`lock_timeout`); whoever comes later queues behind it meanwhile. */
  readonly lockTimeoutMs: number;
  readonly firstPauseMs: number;
  /** Ends the pauses; the work itself is not interrupted. */
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_LOCK_RETRY: LockRetry = { attempts: 5, lockTimeoutMs: 2_000, firstPauseMs: 200 };
const MOST_PAUSE_MS = 5_000;

/** Only what `classifyDatabaseError` calls a collision (lock timeout, deadlock, serialisation) is tried again. */
export async function retryOnCollision<T>(work: () => Promise<T>, retry: LockRetry = DEFAULT_LOCK_RETRY): Promise<T> {
  const bounds = { baseMs: retry.firstPauseMs, maxMs: MOST_PAUSE_MS };
  for (let attempt = 1; ; attempt++) {
    retry.signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (attempt >= retry.attempts || classifyDatabaseError(error) !== 'collision') throw error;
      await pause(backoffDelayMs(attempt - 1, bounds, Math.random()), undefined, { signal: retry.signal });
    }
  }
}
