/** Counts of stored traces by hour: what statistics over whole hours are read from. */
import { HOUR_MS } from '../../kernel/clock.js';
import type { Trace } from './trace.js';

export interface OperationCount {
  readonly domainId: string;
  /** Start of the hour (UTC) of the record time, epoch ms. */
  readonly hourMs: number;
  readonly projectId: string;
  readonly eventType: string;
  readonly serviceType: string;
  readonly resourceType: string;
  readonly traceName: string;
  readonly traceRating: string;
  count: number;
}

/** Sorted by their members: rows written in one order never deadlock. */
export function rollUp(traces: Iterable<Trace>): readonly OperationCount[] {
  const counts = new Map<string, OperationCount>();
  for (const trace of traces) {
    const { domainId, projectId, eventType, serviceType, resourceType, traceName, traceRating } = trace;
    const hourMs = Math.floor(trace.recordTime / HOUR_MS) * HOUR_MS;
    // NUL joins the parts: no stored string holds one.
    const key = `${domainId}\0${String(hourMs)}\0${projectId}\0${eventType}\0${serviceType}\0${resourceType}\0${traceName}\0${traceRating}`;
    const known = counts.get(key);
    if (known !== undefined) known.count++;
    else
      counts.set(key, {
        domainId,
        hourMs,
        projectId,
        eventType,
        serviceType,
        resourceType,
        traceName,
        traceRating,
        count: 1,
      });
  }
  return [...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}
