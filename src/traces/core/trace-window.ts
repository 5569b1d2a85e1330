/** Whether a trace belongs to the days that are kept. */
import type { Refusal } from './refusal.js';
import type { Trace } from './trace.js';

/** How far a sender's clock may be ahead of the database's. */
export const FUTURE_TOLERANCE_MS = 300_000;

/**
 * `expired` or `future`, or null for a trace to keep. Both edges belong to the window.
 *
 * @param nowMs the database's clock
 */
export function checkWindow(
  trace: Trace,
  nowMs: number,
  retentionMs: number,
  futureToleranceMs = FUTURE_TOLERANCE_MS,
): Refusal | null {
  const { recordTime, domainId, traceId } = trace;
  if (recordTime < nowMs - retentionMs) {
    return { reason: 'expired', detail: 'record_time is older than the retention window', domainId, traceId };
  }
  if (recordTime > nowMs + futureToleranceMs) {
    return { reason: 'future', detail: 'record_time is too far ahead of the clock', domainId, traceId };
  }
  return null;
}
