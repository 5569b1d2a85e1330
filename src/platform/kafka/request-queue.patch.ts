/**
 * Stops kafkajs 2.2.4 from spinning a 1 ms timer on every idle connection (tulios/kafkajs#1751).
 *
 * `checkPendingRequests` runs after each response and always schedules itself again. With nothing throttled the delay
 * is `throttledUntil - now`, a negative number, which Node turns into 1 ms: each connection wakes a thousand times a
 * second for nothing. The check is only needed while requests wait, or while the broker throttles us; `push` schedules
 * it itself when it has to queue a request. Fixed upstream after the last release, so this goes when kafkajs is updated.
 */
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const applied = Symbol.for('quaestor.kafkajs.idle-timer-fix');

/** Idempotent; affects all kafkajs clients of the process. */
export function patchRequestQueue(): void {
  const prototype: RequestQueue & { [applied]?: true } = RequestQueue.prototype;
  if (prototype[applied]) return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
  prototype[applied] = true;
}
