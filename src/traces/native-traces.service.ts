/** Answers the native searches: pages by signed cursors, capped totals, and single traces. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import type { JsonValue } from '../kernel/cursor.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { isEmptyWindow } from '../kernel/time-window.js';
import { CLOCK } from '../platform/tokens.js';
import { isJsonObject, parseJson } from './core/json-value.js';
import { type NativeRow, renderNative } from './core/native-wire.js';
import { badCursor, type CursorUse, NativeCursors } from './native-cursors.service.js';
import { canonicalSelection, domainFor, rowFilter } from './native-selection.js';
import type { GetAnswer, GetQuery, ListAnswer, ListQuery } from './native-traces.dto.js';
import { type NativePosition, NativeTracesStore } from './native-traces.store.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import type { RowFilter } from './trace-filter.store.js';

/** Totals are counted to here and no further. */
const MOST_TOTAL = 10_001;

@Injectable()
export class NativeTraces {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: NativeTracesStore,
    private readonly cursors: NativeCursors,
  ) {}

  /** One page in the order asked for. A page that is not the last is full. */
  async list(principal: Principal, query: ListQuery): Promise<ListAnswer> {
    const now = this.clock.now();
    const oldestMs = windowStart(now, this.settings);
    const filter = rowFilter(principal, query.selection, now, oldestMs);
    const use = cursorUse(principal, filter.domainId, query);
    const after = query.cursor === null ? null : this.positionOf(query.cursor, use, oldestMs);
    const [found, total] = isEmptyWindow(filter.window)
      ? [[], 0]
      : await Promise.all([
          this.store.page({ ...filter, ...query, after, limit: query.limit + 1 }),
          query.total ? this.store.count(filter, MOST_TOTAL) : 0,
        ]);
    const shown = found.slice(0, query.limit);
    const last = found.length > query.limit ? shown.at(-1) : undefined;
    return {
      traces: shown.map(({ row }) => renderNative(row, query.fields) as ListAnswer['traces'][number]),
      page: { count: shown.length, next: last === undefined ? null : this.cursorOf(last.position, use) },
      ...(query.total ? { total: { value: total, exact: total < MOST_TOTAL } } : {}),
    };
  }

  /** @throws AppError QST.NotFound for an id that the domain has not within what is kept */
  async get(principal: Principal, traceId: string, { recordTime, domainId }: GetQuery): Promise<GetAnswer> {
    const owner = domainFor(principal, domainId);
    const oldestMs = windowStart(this.clock.now(), this.settings);
    const rows = traceId.includes('\0') ? [] : await this.store.findById(owner, traceId, oldestMs);
    const times = rows.map(recordTimeOf);
    const row = recordTime === null ? rows[0] : rows[times.indexOf(recordTime)];
    if (row === undefined) throw new AppError('QST.NotFound', 'The trace does not exist, or is no longer kept.');
    return renderSingle(row, times);
  }

  private positionOf(cursor: string, use: CursorUse, oldestMs: number): NativePosition {
    const position = readPosition(this.cursors.read(cursor, use, 'cursor'));
    if (position === null) throw badCursor('cursor', 'is no cursor of this service');
    if (position.recordTime < oldestMs)
      throw badCursor('cursor', 'is outdated: its place has left what is kept; start again without it');
    return position;
  }

  private cursorOf({ recordTime, traceId }: NativePosition, use: CursorUse): string {
    return this.cursors.write([recordTime, traceId], use);
  }
}

function cursorUse(principal: Principal, domainId: RowFilter['domainId'], query: ListQuery): CursorUse {
  const filters = `${query.newestFirst ? 'desc' : 'asc'} ${canonicalSelection(query.selection)}`;
  return { version: 'traces.1', principal, domainId, filters };
}

function readPosition(payload: JsonValue): NativePosition | null {
  if (!Array.isArray(payload)) return null;
  const [recordTime, traceId] = payload as readonly JsonValue[];
  return typeof recordTime === 'number' && typeof traceId === 'string' ? { recordTime, traceId } : null;
}

function recordTimeOf(row: NativeRow): number {
  const value = row['record_time'];
  return value instanceof Date ? value.getTime() : NaN;
}

function renderSingle(row: NativeRow, times: readonly number[]): GetAnswer {
  const extra = typeof row['extra'] === 'string' ? parseJson(row['extra']) : {};
  return {
    ...(renderNative(row) as ListAnswer['traces'][number]),
    extra: isJsonObject(extra) ? extra : {},
    wire_shape: String(row['wire_shape']),
    content_sha256: String(row['content_hex']),
    ...(times.length > 1 ? { record_times: [...times] } : {}),
  };
}
