/** A batch after everything that can be decided without the trace table. */
import { createHash } from 'node:crypto';
import type { ReplayMark, ReplayOutcome } from './dead-letter-replay.js';
import type { ParsedRecord } from './parsed-record.js';
import { type IncomingTrace, received, type ReceivedRecord, type RefusedRecord } from './stored-trace.js';

export interface AdmittedRecord extends ReceivedRecord {
  readonly row: IncomingTrace;
}

export interface SortedRecords {
  readonly incoming: AdmittedRecord[];
  readonly refused: RefusedRecord[];
  /** Own operations accounted for by this batch, whatever their fate. */
  readonly outbox: { domainId: string; traceId: string }[];
  /** Records that an operator sent again; nearly always none. */
  readonly replays: ReplayedRecord[];
  repeated: number;
  filtered: number;
}

export interface ReplayedRecord {
  readonly mark: ReplayMark;
  readonly offset: bigint;
  readonly value: Buffer;
  filtered: boolean;
}

export function conflict(incoming: IncomingTrace, existing: string, record: ReceivedRecord): RefusedRecord {
  const { trace, contentSha256, offset } = incoming;
  const detail = `trace_id and record time are those of another trace: stored content ${existing}, received ${contentSha256}`;
  const refusal = { reason: 'conflict' as const, detail, domainId: trace.domainId, traceId: trace.traceId };
  return { refusal, trace, offset, ...received(record) };
}

/** Remembers a record that was sent again; null for any other. */
export function noteReplay(sorted: SortedRecords, { replayOf, offset, value }: ParsedRecord): ReplayedRecord | null {
  if (replayOf === null) return null;
  const replay = { mark: replayOf, offset, value, filtered: false };
  sorted.replays.push(replay);
  return replay;
}

/**
 * What became of the records that were sent again.
 *
 * @param letters ids of the batch's dead letters, by offset
 */
export function outcomesOf(
  replays: readonly ReplayedRecord[],
  stored: readonly IncomingTrace[],
  refused: readonly RefusedRecord[],
  letters: ReadonlyMap<bigint, string>,
): ReplayOutcome[] {
  if (replays.length === 0) return [];
  const storedAt = new Set(stored.map(({ offset }) => offset));
  const refusedAt = new Map(refused.map(({ offset, refusal }) => [offset, refusal.reason]));
  return replays.map(({ mark, offset, value, filtered }) => {
    const reason = refusedAt.get(offset) ?? null;
    const fate = storedAt.has(offset) ? 'stored' : filtered ? 'filtered' : 'duplicate';
    return {
      mark,
      sha256: createHash('sha256').update(value).digest(),
      outcome: reason === null ? fate : 'dead_lettered',
      reason,
      deadLetterId: letters.get(offset) ?? null,
    };
  });
}
