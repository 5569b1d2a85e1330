/** What travels through a batch: an accepted trace with where it came from and what was found out about it. */
import { compareText } from '../kernel/compare-text.js';
import type { RecordHeaders } from '../platform/kafka/log-consumer.js';
import type { Refusal } from './core/refusal.js';
import type { Trace } from './core/trace.js';

/** An accepted trace on its way into the table. `seq` is set when it is known to be stored. */
export interface IncomingTrace {
  readonly trace: Trace;
  /** Hex. */
  readonly contentSha256: string;
  readonly offset: bigint;
  /** What an annotator says of it; opaque here. */
  readonly verdict: string | null;
  seq: bigint;
}

/** What came from the log, as it came. */
export interface ReceivedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
}

/** A record that is not stored, with the reason; `trace` is kept where it could be read, since projections look at expired ones. */
export interface RefusedRecord extends ReceivedRecord {
  readonly refusal: Refusal;
  readonly trace: Trace | null;
  readonly offset: bigint;
}

/** What of a larger thing is the record itself. */
export function received({ key, value, headers }: ReceivedRecord): ReceivedRecord {
  return { key, value, headers };
}

/** Identity of a trace within the table; NUL cannot occur in either id. */
export function traceKey(domainId: string, recordTime: number, traceId: string): string {
  return `${domainId}\0${String(recordTime)}\0${traceId}`;
}

export function keyOf({ trace }: IncomingTrace): string {
  return traceKey(trace.domainId, trace.recordTime, trace.traceId);
}

/** Whether both are one row of the table. */
export function isSameTrace(left: IncomingTrace, right: IncomingTrace): boolean {
  return compareKeys(left, right) === 0;
}

/** Order of the unique key. Two writers with opposite orders would deadlock on conflicts. */
export function compareKeys(left: IncomingTrace, right: IncomingTrace): number {
  const a = left.trace;
  const b = right.trace;
  return compareText(a.domainId, b.domainId) || compareText(a.traceId, b.traceId) || a.recordTime - b.recordTime;
}
