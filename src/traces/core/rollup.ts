/** Counts of stored traces by hour: what statistics over whole hours are read from. */
import { HOUR_MS } from '../../kernel/clock.js';
import { compareText } from '../../kernel/compare-text.js';
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
export function rollUp(traces: readonly Trace[]): readonly OperationCount[] {
  const counts: OperationCount[] = [];
  let last: OperationCount | undefined;
  // Sorting what is counted beats a map: its keys would be texts of all members, made for every trace.
  for (const operation of traces.map(operationOf).sort(compare)) {
    if (last !== undefined && compare(last, operation) === 0) last.count += 1;
    else counts.push((last = operation));
  }
  return counts;
}

function operationOf(trace: Trace): OperationCount {
  const { domainId, projectId, eventType, serviceType, resourceType, traceName, traceRating } = trace;
  const hourMs = Math.floor(trace.recordTime / HOUR_MS) * HOUR_MS;
  return { domainId, hourMs, projectId, eventType, serviceType, resourceType, traceName, traceRating, count: 1 };
}

function compare(left: OperationCount, right: OperationCount): number {
  return (
    compareText(left.domainId, right.domainId) ||
    left.hourMs - right.hourMs ||
    compareText(left.projectId, right.projectId) ||
    compareText(left.traceName, right.traceName) ||
    compareText(left.resourceType, right.resourceType) ||
    compareText(left.serviceType, right.serviceType) ||
    compareText(left.eventType, right.eventType) ||
    compareText(left.traceRating, right.traceRating)
  );
}
