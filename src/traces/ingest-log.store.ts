/** The rows of `ingest_logs`: where each incarnation of each partition stands, and who may move it. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';

/** A claimed log: only the holder of the newest epoch may advance it. */
export interface ClaimedLog {
  readonly log: number;
  readonly topic: string;
  readonly partition: number;
  readonly incarnation: number;
  readonly epoch: bigint;
  readonly nextOffset: bigint;
  /** Last record that was delivered, by which the log is recognised; null before the first. */
  readonly last: RecordMark | null;
}

export interface RecordMark {
  readonly offset: bigint;
  readonly sha256: Buffer;
}

/** What became of a stretch of offsets. The fates always add up to the offsets advanced over. */
export interface FateCounts {
  stored: number;
  duplicate: number;
  deadLettered: number;
  filtered: number;
  absent: bigint;
  evicted: bigint;
  byReason: Record<string, number>;
}

export interface Advance {
  readonly nextOffset: bigint;
  readonly highWatermark: bigint;
  readonly counts: FateCounts;
  readonly last: RecordMark | null;
  readonly gaps: readonly OffsetGap[];
}

/** Offsets from (inclusive) to (exclusive) that the broker never delivered. */
export interface OffsetGap {
  readonly from: bigint;
  readonly to: bigint;
  readonly kind: 'absent' | 'evicted';
}

interface LogRow {
  log: number;
  topic: string;
  partition: number;
  incarnation: number;
  epoch: string;
  next_offset: string;
  last_offset: string | null;
  last_sha256: Buffer | null;
}

const CLAIMED = 'log, topic, "partition", incarnation, epoch, next_offset, last_offset, last_sha256';

@Injectable()
export class IngestLogStore {
  constructor(private readonly database: Database) {}

  /** Takes the next epoch of the current log, which fences whoever held it before; null when the partition is new. */
  async claim(topic: string, partition: number): Promise<ClaimedLog | null> {
    const rows = await this.database.query<LogRow>(
      `UPDATE ingest_logs SET epoch = epoch + 1, updated_at = now()
       WHERE topic = $1 AND "partition" = $2 AND current RETURNING ${CLAIMED}`,
      [topic, partition],
    );
    return rows[0] ? toClaimed(rows[0]) : null;
  }

  /**
   * Begins an incarnation at `firstOffset` and closes the one before it, unless another process has moved or claimed that
   * since: then null. The new log starts at epoch 1, held by the caller.
   */
  begin(
    topic: string,
    partition: number,
    firstOffset: bigint,
    previous: ClaimedLog | null,
  ): Promise<ClaimedLog | null> {
    return this.database.transaction(async (transaction) => {
      if (previous !== null) {
        const closed = await transaction.query(
          'UPDATE ingest_logs SET current = false, updated_at = now() WHERE log = $1 AND epoch = $2 AND current RETURNING log',
          [previous.log, previous.epoch],
        );
        if (closed.length === 0) return null;
      }
      const rows = await transaction.query<LogRow>(
        `INSERT INTO ingest_logs (topic, "partition", incarnation, epoch, first_offset, next_offset, high_watermark)
         VALUES ($1, $2, $3, 1, $4, $4, $4)
         ON CONFLICT DO NOTHING RETURNING ${CLAIMED}`,
        [topic, partition, (previous?.incarnation ?? 0) + 1, firstOffset],
      );
      return rows[0] ? toClaimed(rows[0]) : null;
    });
  }

  /**
   * Locks the log for the batch that starts at its next offset. Null when another process holds a newer epoch or has moved
   * the log: the caller is fenced and must write nothing.
   */
  async lock(log: ClaimedLog, transaction: Transaction): Promise<{ nextSeq: bigint; nowMs: number } | null> {
    const rows = await transaction.query<{ next_seq: string; now_ms: string }>(
      `SELECT next_seq, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms FROM ingest_logs
       WHERE log = $1 AND epoch = $2 AND next_offset = $3 AND current FOR UPDATE`,
      [log.log, log.epoch, log.nextOffset],
    );
    const row = rows[0];
    return row ? { nextSeq: BigInt(row.next_seq), nowMs: Number(row.now_ms) } : null;
  }

  /** Moves a locked log on. The table's own check refuses counts that do not add up. */
  async advance(log: ClaimedLog, advance: Advance, transaction: Transaction): Promise<void> {
    const { counts } = advance;
    await transaction.query(
      `UPDATE ingest_logs SET next_offset = $2::bigint, high_watermark = GREATEST($3::bigint, $2::bigint), next_seq = next_seq + $4::bigint,
         stored = stored + $4::bigint, duplicate = duplicate + $5::bigint, dead_lettered = dead_lettered + $6::bigint,
         filtered = filtered + $7::bigint, absent = absent + $8::bigint, evicted = evicted + $9::bigint,
         by_reason = (SELECT COALESCE(jsonb_object_agg(key, total), '{}') FROM (
           SELECT key, sum(value::bigint) AS total
           FROM (SELECT * FROM jsonb_each_text(by_reason) UNION ALL SELECT * FROM jsonb_each_text($10::jsonb)) AS reasons
           GROUP BY key) AS sums),
         last_offset = COALESCE($11::bigint, last_offset), last_sha256 = COALESCE($12::bytea, last_sha256), updated_at = now()
       WHERE log = $1`,
      [
        log.log,
        advance.nextOffset,
        advance.highWatermark,
        counts.stored,
        counts.duplicate,
        counts.deadLettered,
        counts.filtered,
        counts.absent,
        counts.evicted,
        JSON.stringify(counts.byReason),
        advance.last?.offset ?? null,
        advance.last?.sha256 ?? null,
      ],
    );
    for (const gap of advance.gaps)
      await transaction.query(
        'INSERT INTO ingest_gaps (log, from_offset, to_offset, kind) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [log.log, gap.from, gap.to, gap.kind],
      );
  }

  /** Remembers how far the broker's log reaches, so that lag is known while nothing arrives. */
  async noteHighWatermarks(topic: string, highs: ReadonlyMap<number, bigint>): Promise<void> {
    await this.database.query(
      `UPDATE ingest_logs AS l SET high_watermark = h.high
       FROM unnest($2::int[], $3::bigint[]) AS h("partition", high)
       WHERE l.topic = $1 AND l.current AND l."partition" = h."partition" AND l.high_watermark < h.high`,
      [topic, [...highs.keys()], [...highs.values()]],
    );
  }

  /** Where each partition's current log stands. */
  async nextOffsets(topic: string): Promise<ReadonlyMap<number, bigint>> {
    const rows = await this.database.query<{ partition: number; next_offset: string }>(
      'SELECT "partition", next_offset FROM ingest_logs WHERE topic = $1 AND current',
      [topic],
    );
    return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
  }

  async coverage(sql: Sql = this.database): Promise<CoverageRow[]> {
    return sql.query<CoverageRow>(
      `SELECT log, topic, "partition", incarnation, current, first_offset, next_offset, high_watermark, stored, duplicate,
         dead_lettered, filtered, absent, evicted, by_reason
       FROM ingest_logs ORDER BY topic, "partition", incarnation`,
    );
  }
}

/** One row of coverage as the database renders it: 64-bit numbers are strings. */
export interface CoverageRow {
  log: number;
  topic: string;
  partition: number;
  incarnation: number;
  current: boolean;
  first_offset: string;
  next_offset: string;
  high_watermark: string;
  stored: string;
  duplicate: string;
  dead_lettered: string;
  filtered: string;
  absent: string;
  evicted: string;
  by_reason: Record<string, number>;
}

function toClaimed(row: LogRow): ClaimedLog {
  const last =
    row.last_offset !== null && row.last_sha256 !== null
      ? { offset: BigInt(row.last_offset), sha256: row.last_sha256 }
      : null;
  return {
    log: row.log,
    topic: row.topic,
    partition: row.partition,
    incarnation: row.incarnation,
    epoch: BigInt(row.epoch),
    nextOffset: BigInt(row.next_offset),
    last,
  };
}
