/** Reads traces for the native API: pages by keyset, capped counts, single traces, and how far each log has come. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { NativeField, NativeRow } from './core/native-wire.js';
import { readInParts } from './page-parts.js';
import {
  type LogBounds,
  orderBy,
  Parameters,
  type RowFilter,
  rowSource,
  type Statement,
} from './trace-filter.store.js';

/** Place of a trace in the order of its domain: no two have the same record time and id. */
export interface NativePosition {
  readonly recordTime: number;
  readonly traceId: string;
}

export interface NativePage extends RowFilter {
  readonly newestFirst: boolean;
  readonly after: NativePosition | null;
  readonly limit: number;
  readonly fields: readonly NativeField[];
}

/** A row with its place. */
export interface PlacedRow {
  readonly row: NativeRow;
  readonly position: NativePosition;
}

/** How far a log has come: all its rows up to `head` are committed, and none beyond it. */
export interface LogHead {
  readonly log: number;
  readonly head: string;
  /** A closed log gets no more rows. */
  readonly current: boolean;
}

/** Most record times shown of one id. */
const MOST_OF_ONE_ID = 200;

@Injectable()
export class NativeTracesStore {
  constructor(private readonly database: Database) {}

  async page(page: NativePage): Promise<PlacedRow[]> {
    const found: PlacedRow[] = [];
    await readInParts(page, async (part) => {
      const { text, values } = pageStatement(part);
      const rows = await this.database.read<PositionColumns>(text, values);
      for (const row of rows) found.push({ row, position: positionOf(row) });
      return rows.length;
    });
    return found;
  }

  /** As {@link page}, each row when it arrives. */
  async eachOfPage(page: NativePage, take: (placed: PlacedRow) => void): Promise<void> {
    await readInParts(page, async (part) => {
      const { text, values } = pageStatement(part);
      let found = 0;
      await this.database.readEach<PositionColumns>(text, values, (row) => {
        found++;
        take({ row, position: positionOf(row) });
      });
      return found;
    });
  }

  /** How many rows there are, counted no further than `most`. */
  async count(filter: RowFilter, most: number): Promise<number> {
    const { text, values } = countStatement(filter, most);
    const [row] = await this.database.read<{ rows: string }>(text, values);
    return Number(row?.rows ?? 0);
  }

  /** All traces of one id recorded at or after `fromMs`, newest first, with what only the single read shows. */
  async findById(domainId: string, traceId: string, fromMs: number): Promise<NativeRow[]> {
    return this.database.read(
      `SELECT *, encode(content_sha256, 'hex') AS content_hex FROM traces
       WHERE domain_id = $1 AND trace_id = $2 AND record_time >= $3
       ORDER BY record_time DESC LIMIT ${String(MOST_OF_ONE_ID)}`,
      [domainId, traceId, new Date(fromMs)],
    );
  }

  async logHeads(): Promise<LogHead[]> {
    return this.database.read<{ log: number; head: string; current: boolean }>(
      'SELECT log, next_seq - 1 AS head, current FROM ingest_logs ORDER BY log',
    );
  }
}

type PositionColumns = NativeRow & { readonly record_time: Date; readonly trace_id: string };

function positionOf(row: PositionColumns): NativePosition {
  return { recordTime: row.record_time.getTime(), traceId: row.trace_id };
}

/** The bounds under which a reader sees what is stored now and nothing later. */
export function boundsOf(heads: readonly LogHead[]): LogBounds {
  return { logs: heads.map(({ log }) => log), seqs: heads.map(({ head }) => head) };
}

/** The position's time is repeated as a plain bound: that of a row comparison prunes no partition (design §5). */
export function pageStatement(page: NativePage): Statement {
  const parameters = new Parameters();
  const order = { direction: page.newestFirst ? 'DESC' : 'ASC', limit: page.limit } as const;
  const more: string[] = [];
  if (page.after !== null) {
    const time = parameters.add(new Date(page.after.recordTime));
    const compare = page.newestFirst ? '<' : '>';
    const place = `(${time}, ${parameters.add(page.after.traceId)})`;
    more.push(`record_time ${compare}= ${time}`, `(record_time, trace_id) ${compare} ${place}`);
  }
  const columns = [...new Set(['record_time', 'trace_id', ...page.fields])].map((name) => `"${name}"`).join(', ');
  const source = rowSource(columns, page, parameters, order, more);
  return {
    text: `SELECT found.* FROM ${source} ${orderBy(order)} LIMIT ${String(page.limit)}`,
    values: parameters.values,
  };
}

export function countStatement(filter: RowFilter, most: number): Statement {
  const parameters = new Parameters();
  const source = rowSource('record_time', filter, parameters);
  return {
    text: `SELECT count(*) AS rows FROM (SELECT FROM ${source} LIMIT ${String(most)}) AS counted`,
    values: parameters.values,
  };
}
