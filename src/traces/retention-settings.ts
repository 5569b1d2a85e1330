/** How long traces are kept, and how hard retention tries for a lock. */
import { DAY_MS } from '../kernel/clock.js';
import type { LockRetry } from './lock-retry.js';

export const RETENTION_SETTINGS = Symbol('RETENTION_SETTINGS');

export interface RetentionSettings {
  readonly retentionDays: number;
  /** Absent: the default of `lock-retry.ts`. */
  readonly lockRetry?: LockRetry;
}

/** Start of what is kept, epoch ms; a trace of exactly this instant is kept. Reading starts here, whatever is still stored. */
export function windowStart(nowMs: number, { retentionDays }: Pick<RetentionSettings, 'retentionDays'>): number {
  return nowMs - retentionDays * DAY_MS;
}
