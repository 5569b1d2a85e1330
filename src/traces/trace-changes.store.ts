/** Reads the change feed: what a domain stored in each log after a sequence number, in the order in which it was committed. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { Departure, LogState, Unread } from './core/change-vector.js';
import { NATIVE_FIELDS, type NativeRow } from './core/native-wire.js';

export interface ChangedRow {
  readonly row: NativeRow;
  readonly log: number;
  readonly seq: bigint;
}

/** A stretch in which somebody waits for rows of a domain. */
export interface Watched extends Unread {
  readonly watcher: number;
  readonly domainId: string;
}

const COLUMNS = [...NATIVE_FIELDS, 'log', 'seq'].map((name) => `"${name}"`).join(', ');

@Injectable()
export class TraceChangesStore {
  constructor(private readonly database: Database) {}

  /** How far each log has come. A log's row is locked by the batch that writes it, so seq is in commit order. */
  async states(): Promise<LogState[]> {
    const rows = await this.database.read<{ log: number; head: string; current: boolean }>(
      'SELECT log, next_seq - 1 AS head, current FROM ingest_logs',
    );
    return rows.map(({ log, head, current }) => ({ log, head: BigInt(head), current }));
  }

  /** Epoch ms by the clock that decides which days leave. */
  async now(): Promise<number> {
    const [row] = await this.database.read<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (row === undefined) throw new Error('the database did not tell its time');
    return row.now.getTime();
  }

  /** What of the domain has left with its day. To be asked after {@link rows}: a day is noted here before it goes. */
  async departures(domainId: string): Promise<Departure[]> {
    const rows = await this.database.read<{ log: number; last_seq: string; recorded_before: Date; departed_at: Date }>(
      'SELECT log, last_seq, recorded_before, departed_at FROM trace_departures WHERE domain_id = $1',
      [domainId],
    );
    return rows.map((row) => ({
      log: row.log,
      lastSeq: BigInt(row.last_seq),
      recordedBeforeMs: row.recorded_before.getTime(),
      departedMs: row.departed_at.getTime(),
    }));
  }

  /** Of each stretch the first `most` rows of the domain that were recorded at or after `sinceMs`; each log's in order of seq. */
  async rows(domainId: string, stretches: readonly Unread[], most: number, sinceMs: number): Promise<ChangedRow[]> {
    const rows = await this.database.read<{ log: number; seq: string }>(changesStatement(most), [
      domainId,
      stretches.map(({ log }) => log),
      stretches.map(({ from }) => from),
      stretches.map(({ to }) => to),
      new Date(sinceMs),
    ]);
    return rows.map((row) => ({ row, log: row.log, seq: BigInt(row.seq) }));
  }

  /** The watchers whose domain has a row in their stretch. */
  async moved(watched: readonly Watched[]): Promise<Set<number>> {
    const rows = await this.database.read<{ watcher: number }>(
      `SELECT DISTINCT w.watcher
       FROM unnest($1::int[], $2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS w(watcher, domain_id, log, after, upto)
       CROSS JOIN LATERAL (SELECT FROM traces
         WHERE domain_id = w.domain_id AND log = w.log AND seq > w.after AND seq <= w.upto LIMIT 1) AS found`,
      [
        watched.map(({ watcher }) => watcher),
        watched.map(({ domainId }) => domainId),
        watched.map(({ log }) => log),
        watched.map(({ from }) => from),
        watched.map(({ to }) => to),
      ],
    );
    return new Set(rows.map(({ watcher }) => watcher));
  }
}

/** Parameters: domain, logs, after, up to, since. Each log reads its entries of the change index in order. */
export function changesStatement(most: number): string {
  return `SELECT found.* FROM unnest($2::int[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS stretch(log, after, upto, place)
    CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM traces
      WHERE domain_id = $1 AND log = stretch.log AND seq > stretch.after AND seq <= stretch.upto AND record_time >= $5
      ORDER BY seq LIMIT ${String(most)}) AS found
    ORDER BY stretch.place, found.seq`;
}
