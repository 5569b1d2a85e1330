/** What a retention run shall do, decided from what there is. Pure. */
import { DAY_MS } from '../kernel/clock.js';
import type { ListedPartition } from './day-partitions.store.js';
import { windowStart } from './retention-settings.js';

export interface RetentionPlan {
  readonly nowMs: number;
  /** Start of what is kept, epoch ms: the database's clock less the retention. */
  readonly windowFromMs: number;
  /** Partitions to drop, oldest first; those a former run left half detached come before all others. */
  readonly drop: readonly ListedPartition[];
  /** Days that must be there, epoch ms of both ends. */
  readonly keep: { readonly fromMs: number; readonly toMs: number };
}

/** Days made ahead, so that no job outage of two days stops ingest. */
const DAYS_AHEAD = 2;

/**
 * A day goes when it ended at or before `nowMs` less the retention. One left half detached that belongs to the window
 * (the retention was raised meanwhile) is not dropped: making the days of the window attaches it again.
 */
export function planRetention(
  partitions: readonly ListedPartition[],
  nowMs: number,
  retentionDays: number,
): RetentionPlan {
  const windowFromMs = windowStart(nowMs, { retentionDays });
  const ended = partitions.filter((partition) => partition.toMs <= windowFromMs);
  const left = ended.filter(({ state }) => state !== 'attached');
  const whole = ended.filter(({ state }) => state === 'attached');
  const keep = { fromMs: windowFromMs, toMs: nowMs + DAYS_AHEAD * DAY_MS };
  return { nowMs, windowFromMs, drop: [...left, ...whole], keep };
}

/** Those of the days to drop that the former, longer retention would have kept: what lowering it costs. */
export function droppedByLowering(plan: RetentionPlan, formerDays: number): ListedPartition[] {
  const formerFromMs = windowStart(plan.nowMs, { retentionDays: formerDays });
  return plan.drop.filter(({ toMs }) => toMs > formerFromMs);
}
