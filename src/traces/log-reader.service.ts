/** Follows each assigned partition: claims its log, recognises it, accounts for gaps and hands stretches to the writer. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import type {
  BatchControl,
  BatchOutcome,
  LogBatch,
  LogHandler,
  LogInspector,
  LogRecord,
  Watermarks,
} from '../platform/kafka/log-consumer.js';
import { CONFIG, LOG_INSPECTOR } from '../platform/tokens.js';
import { BatchWriter } from './batch-writer.service.js';
import { howToRecognise, missingSpans } from './core/log-position.js';
import { type ClaimedLog, IngestLogStore } from './ingest-log.store.js';
import { IngestObserver } from './ingest-observer.service.js';
import { markOf, type ParsedRecord, parseRecords } from './parsed-record.js';
import type { WriteMode } from './trace.store.js';

/** Where one partition stands under the present assignment. */
interface Position {
  log: ClaimedLog;
  /** While set, the record at this offset must still show that the log is the one that was read before. */
  proveAt: bigint | null;
  /** Offset the coming batch was asked for from; null when the consumer chose it. Only after asking is a gap a gap. */
  askedFrom: bigint | null;
  readonly mode: WriteMode;
}

/** Shorter than the shortest session timeout that can be configured. */
const HEARTBEAT_MS = 1_500;
@Injectable()
export class LogReader implements LogHandler {
  private readonly positions = new Map<string, Position>();

  constructor(
    private readonly logs: IngestLogStore,
    private readonly writer: BatchWriter,
    private readonly observer: IngestObserver,
    @Inject(LOG_INSPECTOR) private readonly inspector: LogInspector,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  assigned(): void {
    this.positions.clear();
  }

  /** Throws database errors; the caller decides whether they mean waiting. */
  async handle(batch: LogBatch, control: BatchControl): Promise<BatchOutcome> {
    const key = `${batch.topic}/${String(batch.partition)}`;
    const position = this.positions.get(key) ?? (await this.takeUp(batch, control));
    if (position === null) return { kind: 'pause', delayMs: 1_000 };
    this.positions.set(key, position);
    try {
      return await this.read(position, batch, control);
    } catch (error) {
      // Whatever failed, the log's row tells where it stands: claim it anew before writing again.
      this.positions.delete(key);
      throw error;
    }
  }

  /** Claims the partition's log, or begins its first incarnation. Null when another process was faster. */
  private async takeUp(batch: LogBatch, control: BatchControl): Promise<Position | null> {
    // A process that was frozen learns here, before it takes the log from its successor, that the group went on.
    await control.heartbeat();
    const watermarks = await this.watermarks(batch);
    const log = await this.logs.claim(batch.topic, batch.partition);
    if (log === null) return this.begin(batch, watermarks, null);
    const recognition = howToRecognise(
      { nextOffset: log.nextOffset, lastOffset: log.last?.offset ?? null },
      watermarks,
    );
    if (recognition.kind === 'replaced') return this.begin(batch, watermarks, log);
    return {
      log,
      proveAt: recognition.kind === 'compare' ? recognition.offset : null,
      askedFrom: null,
      mode: { lookUpFirst: false },
    };
  }

  private async begin(batch: LogBatch, watermarks: Watermarks, previous: ClaimedLog | null): Promise<Position | null> {
    const log = await this.logs.begin(batch.topic, batch.partition, watermarks.low, previous);
    if (log === null) return null;
    if (previous !== null) await this.observer.incarnationBegan(log, previous);
    // A log that replaces another usually brings the same traces again.
    return { log, proveAt: null, askedFrom: null, mode: { lookUpFirst: previous !== null } };
  }

  private async read(position: Position, batch: LogBatch, control: BatchControl): Promise<BatchOutcome> {
    const first = batch.records[0]?.offset ?? position.log.nextOffset;
    if (position.proveAt !== null) {
      const verdict = this.prove(position, position.proveAt, batch, first);
      if (verdict === 'elsewhere') return ask(position, position.proveAt);
      if (verdict === 'different') return this.replace(position, batch);
      position.proveAt = null;
    }
    const { nextOffset } = position.log;
    if (first < nextOffset && batch.highWatermark < nextOffset) return this.replace(position, batch);
    const records = batch.records.filter(({ offset }) => offset >= nextOffset);
    const skipped = first > nextOffset && position.askedFrom !== nextOffset;
    if (skipped) return ask(position, nextOffset);
    if (records.length === 0) return passOver(position);
    return this.store(position, batch, records, control);
  }

  /** What this batch tells of the log, of which the record at `at` was read before. */
  private prove(position: Position, at: bigint, batch: LogBatch, first: bigint): 'same' | 'different' | 'elsewhere' {
    const record = batch.records.find(({ offset }) => offset === at);
    if (record !== undefined) return position.log.last?.sha256.equals(markOf(record).sha256) ? 'same' : 'different';
    // Asked for and not there though the broker keeps older ones: compaction took it, and the log is believed.
    return position.askedFrom === at && first > at ? 'same' : 'elsewhere';
  }

  private async replace(position: Position, batch: LogBatch): Promise<BatchOutcome> {
    const watermarks = await this.watermarks(batch);
    const next = await this.begin(batch, watermarks, position.log);
    if (next === null) return { kind: 'pause', delayMs: 1_000 };
    this.positions.set(`${batch.topic}/${String(batch.partition)}`, next);
    return ask(next, next.log.nextOffset);
  }

  private async store(
    position: Position,
    batch: LogBatch,
    records: readonly LogRecord[],
    control: BatchControl,
  ): Promise<BatchOutcome> {
    const low = await this.lowWatermark(position.log.nextOffset, batch, records);
    const chunks = chunksOf(records, this.config.INGEST_BATCH_ROWS);
    let next = parseRecords(chunks[0] ?? []);
    for (const [index, chunk] of chunks.entries()) {
      const parsed = await next;
      // Read while the one before is being written.
      next = parseRecords(chunks[index + 1] ?? []);
      if (!(await this.storeChunk(position, batch, { chunk, parsed }, { low, control }))) {
        this.positions.delete(`${batch.topic}/${String(batch.partition)}`);
        return { kind: 'pause', delayMs: 1_000 };
      }
      if (!control.isRunning()) break;
      await control.heartbeat();
    }
    position.askedFrom = position.log.nextOffset;
    return { kind: 'advance', nextOffset: position.log.nextOffset };
  }

  /** False when fenced. */
  private async storeChunk(
    position: Position,
    batch: LogBatch,
    { chunk, parsed }: { chunk: readonly LogRecord[]; parsed: readonly ParsedRecord[] },
    { low, control }: { low: bigint; control: BatchControl },
  ): Promise<boolean> {
    const last = chunk.at(-1);
    if (last === undefined) return true;
    const started = performance.now();
    const gaps = missingSpans(
      position.log.nextOffset,
      chunk.map(({ offset }) => offset),
      low,
    );
    const stretch = {
      records: parsed,
      gaps,
      nextOffset: last.offset + 1n,
      highWatermark: batch.highWatermark,
      last: markOf(last),
    };
    const result = await keepingMembership(control, this.writer.write(position.log, stretch, position.mode));
    if (result === null) {
      this.observer.fenced(position.log);
      return false;
    }
    position.log = result.log;
    this.observer.batchStored(result, stretch, (performance.now() - started) / 1000);
    return true;
  }

  /** Asked of the broker only where offsets are missing: it tells the evicted from those that never were records. */
  private async lowWatermark(expected: bigint, batch: LogBatch, records: readonly LogRecord[]): Promise<bigint> {
    const last = records.at(-1)?.offset ?? expected;
    const complete = last - expected + 1n === BigInt(records.length);
    return complete ? 0n : (await this.watermarks(batch)).low;
  }

  private async watermarks(batch: LogBatch): Promise<Watermarks> {
    const known = (await this.inspector.watermarks(batch.topic)).get(batch.partition);
    if (known === undefined)
      throw new Error(`the broker tells no offsets of ${batch.topic}/${String(batch.partition)}`);
    return known;
  }
}

function chunksOf(records: readonly LogRecord[], size: number): LogRecord[][] {
  return Array.from({ length: Math.ceil(records.length / size) }, (_, index) =>
    records.slice(index * size, (index + 1) * size),
  );
}

function ask(position: Position, offset: bigint): BatchOutcome {
  position.askedFrom = offset;
  return { kind: 'seek', offset };
}

/**
 * All of the batch is accounted for already, by a process that died before it could say so: commits what it left out, so
 * that whoever looks at the group sees no backlog where there is none.
 */
function passOver(position: Position): BatchOutcome {
  position.askedFrom = position.log.nextOffset;
  return { kind: 'advance', nextOffset: position.log.nextOffset };
}

/** A transaction that takes long must not cost the membership. What a heartbeat throws is told by the next one between chunks. */
async function keepingMembership<T>(control: BatchControl, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => void control.heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
