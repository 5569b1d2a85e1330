/** Reads the stored traces of a domain from end to end, for capabilities that look at all of them. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { isEmptyWindow } from '../kernel/time-window.js';
import { CLOCK } from '../platform/tokens.js';
import type { TraceFilters } from './core/native-filters.js';
import type { NativeRow } from './core/native-wire.js';
import type { Trace } from './core/trace.js';
import { windowOf } from './native-selection.js';
import { boundsOf, type NativePosition, NativeTracesStore } from './native-traces.store.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';

/** What of a trace says who did what to which resource, when, and whether it succeeded. */
export type StoredOperation = Pick<
  Trace,
  | 'traceId'
  | 'recordTime'
  | 'time'
  | 'domainId'
  | 'projectId'
  | 'serviceType'
  | 'resourceType'
  | 'traceName'
  | 'resourceName'
  | 'resourceId'
  | 'traceRating'
  | 'code'
  | 'user'
  | 'sourceIp'
  | 'request'
>;

const FIELDS = [
  'time',
  'domain_id',
  'project_id',
  'service_type',
  'resource_type',
  'trace_name',
  'resource_name',
  'resource_id',
  'trace_rating',
  'code',
  'user',
  'source_ip',
  'request',
] as const;
/** Rows of the first statement; later ones take as many as make about {@link PAGE_CHARS}. */
const FIRST_ROWS = 100;
const MOST_ROWS = 1_000;
const PAGE_CHARS = 1_000_000;

@Injectable()
export class StoredTraces {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: NativeTracesStore,
  ) {}

  /** Where a window that asks for this begins: never before what is kept. */
  beginning(fromMs: number | null): number {
    return Math.max(fromMs ?? 0, windowStart(this.clock.now(), this.settings));
  }

  /**
   * Oldest first; what is stored when it begins and nothing stored later. Each page is one short statement, and the next is
   * read only when it is asked for.
   *
   * @param fromMs inclusive, epoch ms; null: start of what is kept
   * @param toMs exclusive; null: everything stored
   * @param traceNames only traces of these names; null: all
   */
  async *pages(
    domainId: string,
    fromMs: number | null,
    toMs: number | null,
    traceNames: readonly string[] | null = null,
  ): AsyncGenerator<StoredOperation[]> {
    const now = this.clock.now();
    const filters = filtersOf(traceNames);
    const selection = { fromMs, toMs, filters, text: null, domainId };
    const window = windowOf(selection, now, windowStart(now, this.settings));
    if (isEmptyWindow(window) || traceNames?.length === 0) return;
    const bounds = boundsOf(await this.store.logHeads());
    const page = { domainId, window, filters, text: null, bounds, newestFirst: false, fields: FIELDS };
    let after: NativePosition | null = null;
    let limit = FIRST_ROWS;
    for (;;) {
      const rows = await this.store.page({ ...page, after, limit });
      const operations = rows.map(({ row, position }) => operationOf(row, position));
      if (operations.length > 0) yield operations;
      after = rows.at(-1)?.position ?? null;
      if (rows.length < limit || after === null) return;
      const chars = operations.reduce(
        (sum, { request, user }) => sum + (request?.length ?? 0) + (user?.length ?? 0),
        1,
      );
      limit = Math.max(1, Math.min(MOST_ROWS, Math.floor((PAGE_CHARS * rows.length) / chars)));
    }
  }
}

function filtersOf(traceNames: readonly string[] | null): TraceFilters {
  if (traceNames === null) return {};
  return { trace_name: { any: traceNames.map((value) => ({ value, prefix: false })), none: [] } };
}

function operationOf(row: NativeRow, { recordTime, traceId }: NativePosition): StoredOperation {
  return {
    traceId,
    recordTime,
    time: row['time'] instanceof Date ? row['time'].getTime() : recordTime,
    domainId: textOf(row['domain_id']) ?? '',
    projectId: textOf(row['project_id']) ?? '',
    serviceType: textOf(row['service_type']) ?? '',
    resourceType: textOf(row['resource_type']) ?? '',
    traceName: textOf(row['trace_name']) ?? '',
    resourceName: textOf(row['resource_name']),
    resourceId: textOf(row['resource_id']),
    traceRating: textOf(row['trace_rating']) ?? '',
    code: textOf(row['code']),
    user: textOf(row['user']),
    sourceIp: textOf(row['source_ip']),
    request: textOf(row['request']),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
