/** Writes what a batch brings, table by table, in the order that keeps concurrent batches from waiting for each other. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import { DeadLetterStore } from './dead-letter.store.js';
import type { ClaimedLog } from './ingest-log.store.js';
import { type BatchSettings, RecordingStore } from './recording.store.js';
import { type Actor, RollupStore } from './rollup.store.js';
import { type AdmittedRecord, conflict, outcomesOf, type SortedRecords } from './sorted-records.js';
import { type IncomingTrace, received, type RefusedRecord } from './stored-trace.js';
import { TraceStore, type WriteMode } from './trace.store.js';
import { TraceOutboxStore } from './trace-outbox.store.js';

export interface WrittenBatch {
  readonly stored: readonly IncomingTrace[];
  readonly duplicates: number;
  /** All refusals of the batch: those known before and those the table found. */
  readonly refused: readonly RefusedRecord[];
  /** Names written by this batch, to be remembered when it is committed. */
  readonly actors: readonly Actor[];
}

@Injectable()
export class BatchRecords {
  constructor(
    private readonly traces: TraceStore,
    private readonly deadLetters: DeadLetterStore,
    private readonly rollups: RollupStore,
    private readonly outbox: TraceOutboxStore,
    private readonly recording: RecordingStore,
  ) {}

  settingsFor(domainIds: readonly string[], sql: Sql): Promise<BatchSettings> {
    return this.recording.settingsFor(domainIds, sql);
  }

  /** After the commit, and only then. */
  committed({ actors }: WrittenBatch): void {
    this.rollups.remember(actors);
  }

  async write(
    transaction: Transaction,
    log: ClaimedLog,
    held: { nextSeq: bigint; nowMs: number },
    sorted: SortedRecords,
    mode: WriteMode,
  ): Promise<WrittenBatch> {
    const rows = sorted.incoming.map(({ row }) => row);
    const result = await this.traces.write(transaction, rows, { log: log.log, nextSeq: held.nextSeq }, mode);
    const isAsked = result.conflicts.length + result.rejected.length > 0;
    const admitted = new Map(isAsked ? sorted.incoming.map((record) => [record.row, record]) : []);
    const recordOf = (row: IncomingTrace): AdmittedRecord =>
      admitted.get(row) ?? { row, key: null, value: Buffer.alloc(0), headers: {} };
    const refused = [
      ...sorted.refused,
      ...result.conflicts.map(({ incoming, existing }) => conflict(incoming, existing, recordOf(incoming))),
      ...result.rejected.map(({ incoming, reason }) => rejected(recordOf(incoming), reason)),
    ];
    const letters = await this.deadLetters.insert(transaction, log, refused, held.nowMs);
    await this.deadLetters.settle(transaction, outcomesOf(sorted.replays, result.stored, refused, letters), held.nowMs);
    const stored = result.stored.map(({ trace }) => trace);
    await this.rollups.add(transaction, log.log, stored);
    const actors = await this.rollups.noteActors(transaction, stored);
    await this.outbox.confirm(sorted.outbox, transaction);
    return { stored: result.stored, duplicates: result.duplicates.length, refused, actors };
  }
}

function rejected(record: AdmittedRecord, reason: string): RefusedRecord {
  const { trace, offset } = record.row;
  const refusal = {
    reason: 'rejected_by_store' as const,
    detail: reason,
    domainId: trace.domainId,
    traceId: trace.traceId,
  };
  return { refusal, trace, offset, ...received(record) };
}
