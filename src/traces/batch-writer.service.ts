/** Stores one batch of one log in one database transaction: rows, refusals, projections and the log's own row (design §5). */
import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS } from '../kernel/clock.js';
import type { Config } from '../platform/config/config.schema.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';
import { BatchRecords } from './batch-records.store.js';
import { isFiltered } from './core/recording.js';
import type { Trace } from './core/trace.js';
import { checkWindow } from './core/trace-window.js';
import {
  type ClaimedLog,
  type FateCounts,
  IngestLogStore,
  type OffsetGap,
  type RecordMark,
} from './ingest-log.store.js';
import type { ParsedRecord } from './parsed-record.js';
import { conflict, noteReplay, type SortedRecords } from './sorted-records.js';
import { type IncomingTrace, isSameTrace, keyOf, received, type RefusedRecord } from './stored-trace.js';
import type { WriteMode } from './trace.store.js';
import { type ProjectedTrace, TraceExtensions } from './trace-projection.js';

/** A contiguous stretch of one log: its records and the offsets among them that were never delivered. */
export interface LogStretch {
  readonly records: readonly ParsedRecord[];
  readonly gaps: readonly OffsetGap[];
  readonly nextOffset: bigint;
  readonly highWatermark: bigint;
  readonly last: RecordMark | null;
}

export interface BatchResult {
  /** The log as it stands now; the next stretch starts at its `nextOffset`. */
  readonly log: ClaimedLog;
  readonly counts: FateCounts;
}

/** What an annotator says of each record that could be read, in their order; empty without an annotator. */
type Verdicts = readonly (string | null)[];

@Injectable()
export class BatchWriter {
  private readonly retentionMs: number;

  constructor(
    private readonly database: Database,
    private readonly logs: IngestLogStore,
    private readonly rows: BatchRecords,
    private readonly extensions: TraceExtensions,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.retentionMs = config.RETENTION_DAYS * DAY_MS;
  }

  /** Null when the caller is fenced: another process holds the log, and nothing was written. Throws database errors. */
  async write(log: ClaimedLog, stretch: LogStretch, mode: WriteMode): Promise<BatchResult | null> {
    // Before the transaction: what it waits for keeps no log and no connection.
    const verdicts = await this.annotate(stretch.records);
    const done = await this.database.transaction(
      async (transaction) => {
        const held = await this.logs.lock(log, transaction);
        if (held === null) return null;
        const sorted = await this.sortOut(stretch.records, verdicts, held.nowMs, transaction);
        const written = await this.rows.write(transaction, log, held, sorted, mode);
        const counts = count(sorted, written, stretch.gaps);
        await this.project(log.log, written.stored, written.refused, transaction);
        await this.logs.advance(log, { ...stretch, counts }, transaction);
        return { written, counts };
      },
      { timeoutMs: this.config.INGEST_TRANSACTION_TIMEOUT_MS },
    );
    if (done === null) return null;
    this.rows.committed(done.written);
    return { log: { ...log, nextOffset: stretch.nextOffset, last: stretch.last ?? log.last }, counts: done.counts };
  }

  /** Decides what can be decided without the trace table: window, recording settings, repetition within the batch. */
  private async sortOut(
    records: readonly ParsedRecord[],
    verdicts: Verdicts,
    nowMs: number,
    transaction: Transaction,
  ): Promise<SortedRecords> {
    const sorted: SortedRecords = { incoming: [], repeated: 0, filtered: 0, refused: [], outbox: [], replays: [] };
    const domains = new Set<string>();
    for (const { parsed } of records) if (parsed.ok) domains.add(parsed.trace.domainId);
    const settings = await this.rows.settingsFor([...domains], transaction);
    const seen = new Map<string, IncomingTrace>();
    let read = 0;
    for (const record of records) {
      const { parsed, offset } = record;
      const replay = noteReplay(sorted, record);
      if (!parsed.ok) {
        sorted.refused.push({ refusal: parsed.refusal, trace: null, offset, ...received(record) });
        continue;
      }
      const { trace, contentSha256 } = parsed;
      const verdict = verdicts[read++] ?? null;
      if (record.fromOutbox) sorted.outbox.push({ domainId: trace.domainId, traceId: trace.traceId });
      const outside = checkWindow(trace, nowMs, this.retentionMs);
      if (outside !== null) sorted.refused.push({ refusal: outside, trace, offset, ...received(record) });
      else if (isFiltered(trace, settings.of(trace.domainId, trace.projectId))) {
        sorted.filtered += 1;
        if (replay !== null) replay.filtered = true;
      } else this.admit(sorted, seen, { trace, contentSha256, offset, verdict, seq: 0n }, record);
    }
    return sorted;
  }

  private admit(
    sorted: SortedRecords,
    seen: Map<string, IncomingTrace>,
    incoming: IncomingTrace,
    record: ParsedRecord,
  ): void {
    const { traceId } = incoming.trace;
    let first = seen.get(traceId);
    // Ids alone tell nearly all apart. A whole key holds a NUL, which no id does.
    const identity = first === undefined || isSameTrace(first, incoming) ? traceId : keyOf(incoming);
    if (identity !== traceId) first = seen.get(identity);
    if (first === undefined) {
      seen.set(identity, incoming);
      sorted.incoming.push({ row: incoming, ...received(record) });
    } else if (first.contentSha256 === incoming.contentSha256) sorted.repeated += 1;
    else sorted.refused.push(conflict(incoming, first.contentSha256, record));
  }

  private async annotate(records: readonly ParsedRecord[]): Promise<Verdicts> {
    const { annotator } = this.extensions;
    if (annotator === null) return [];
    const traces: Trace[] = [];
    for (const { parsed } of records) if (parsed.ok) traces.push(parsed.trace);
    return annotator.annotate(traces);
  }

  /** Last, so that the rows projections contend for are locked for the shortest time. */
  private async project(
    log: number,
    stored: readonly IncomingTrace[],
    refused: readonly RefusedRecord[],
    transaction: Transaction,
  ): Promise<void> {
    const expired: ProjectedTrace[] = refused.flatMap(({ refusal, trace, offset }) =>
      refusal.reason === 'expired' && trace !== null ? [{ trace, log, offset }] : [],
    );
    if (stored.length === 0 && expired.length === 0) return;
    const batch = { stored: stored.map(({ trace, offset }) => ({ trace, log, offset })), expired };
    for (const projection of this.extensions.projections) await projection.apply(batch, transaction);
  }
}

function count(
  sorted: SortedRecords,
  written: { stored: readonly IncomingTrace[]; duplicates: number; refused: readonly RefusedRecord[] },
  gaps: readonly OffsetGap[],
): FateCounts {
  const byReason: Record<string, number> = {};
  for (const { refusal } of written.refused) byReason[refusal.reason] = (byReason[refusal.reason] ?? 0) + 1;
  const width = (kind: OffsetGap['kind']): bigint =>
    gaps.filter((gap) => gap.kind === kind).reduce((sum, { from, to }) => sum + (to - from), 0n);
  return {
    stored: written.stored.length,
    duplicate: written.duplicates + sorted.repeated,
    deadLettered: written.refused.length,
    filtered: sorted.filtered,
    absent: width('absent'),
    evicted: width('evicted'),
    byReason,
  };
}
