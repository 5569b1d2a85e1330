/** Finds what ListTraces answers: turns its parameters into a search of the caller's own traces. */
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, HOUR_MS } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import { spellings } from '../kernel/repository-name.js';
import type { TimeWindow } from '../kernel/time-window.js';
import { CLOCK } from '../platform/tokens.js';
import { serviceSpellings } from './core/catalogue.js';
import type { TraceFields } from './core/trace.js';
import type { ListTracesQuery } from './cts-traces.dto.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import { isNaturalTime, placePlainMarker, readExactMarker, writeMarker } from './trace-marker.js';
import { type ProjectOfDomain, type TracePosition, TraceQueryStore, type TraceSearch } from './trace-query.store.js';

/** The tracker of all management traces. */
const SYSTEM_TRACKER = 'system';

export interface TracePage {
  readonly traces: readonly TraceFields[];
  /** For the caller to come back with; null on the last page. */
  readonly marker: string | null;
}

/** A search that does not say yet where it begins. */
type Unplaced = Omit<TraceSearch, 'after'>;

const EMPTY: TracePage = { traces: [], marker: null };

@Injectable()
export class TraceQueryService {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: TraceQueryStore,
  ) {}

  /**
   * One page, newest first by (record_time, trace_id). What domain/cts.md §2.2 leaves open is answered thus:
   * - `from` and `to` bound `record_time`, both exclusive; of an absent one its own default is taken, so `to` alone may
   *   leave nothing; `from` at or after `to` is refused where both are given; a `from` before the window is clamped.
   * - `trace_id` finds its trace anywhere in the kept window, of either trace type; no match is an empty list.
   * - with trace_type=data only tracker_name, access_key_id and enterprise_project_id filter, as documented.
   * - with trace_type=system every trace belongs to the tracker `system`, and to no other.
   *
   * @throws AppError CTS.0300 for a `next` that is no marker
   */
  async list(owner: ProjectOfDomain, query: ListTracesQuery): Promise<TracePage> {
    const now = this.clock.now();
    const oldestMs = windowStart(now, this.settings);
    const isSystem = query.trace_type === 'system';
    if (isSystem && query.trace_id !== undefined)
      return { traces: await this.store.findById(owner, query.trace_id, oldestMs), marker: null };
    if (isSystem && (query.tracker_name ?? SYSTEM_TRACKER) !== SYSTEM_TRACKER) return EMPTY;
    const window = recordTimeWindow(query, now, oldestMs);
    const rows = await this.rowsFrom(query.next, { ...owner, ...restriction(query), window, limit: query.limit + 1 });
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    return { traces: shown, marker: last === undefined ? null : await this.markerOf(owner, last) };
  }

  private async rowsFrom(next: string | undefined, search: Unplaced): Promise<TraceFields[]> {
    if (next === undefined) return this.store.search({ ...search, after: null });
    const exact = readExactMarker(next);
    if (exact !== null) return this.store.search({ ...search, after: exact });
    const rows = await this.rowsAfterNatural(next, search);
    return rows ?? this.store.search({ ...search, after: await this.position(search, next) });
  }

  /**
   * The rows after an id that was recorded at its natural time, which wins over all other times it came with. The page is
   * read from the trace itself on, so that finding it takes no statement of its own; null if the page does not begin with it.
   */
  private async rowsAfterNatural(next: string, search: Unplaced): Promise<TraceFields[] | null> {
    const after = placePlainMarker(next, []);
    if (after === null) return null;
    const [first, ...rest] = await this.store.search({ ...search, after, inclusive: true, limit: search.limit + 1 });
    return first?.traceId === after.traceId && first.recordTime === after.recordTime ? rest : null;
  }

  private async position(owner: ProjectOfDomain, next: string): Promise<TracePosition> {
    const position = placePlainMarker(next, await this.store.recordTimesOf(owner, next));
    if (position !== null) return position;
    const problems = [{ path: 'query.next', message: 'is not the marker of a page' }];
    throw new AppError('CTS.0300', 'The request is not valid', { problems });
  }

  private async markerOf(owner: ProjectOfDomain, last: TracePosition): Promise<string> {
    return writeMarker(last, isNaturalTime(last) ? [] : await this.store.recordTimesOf(owner, last.traceId));
  }
}

/** Half-open, so that a stored instant equal to either bound of the caller is outside. */
function recordTimeWindow({ from, to }: ListTracesQuery, now: number, oldestMs: number): TimeWindow {
  return { fromMs: Math.max((from ?? now - HOUR_MS) + 1, oldestMs), toMs: to ?? now };
}

function restriction(
  query: ListTracesQuery,
): Pick<TraceSearch, 'eventType' | 'filters' | 'serviceTypes' | 'resourceNames'> {
  const always = { accessKeyId: query.access_key_id, enterpriseProjectId: query.enterprise_project_id };
  if (query.trace_type === 'data')
    return { eventType: 'data', filters: { ...always, trackerName: query.tracker_name } };
  return {
    eventType: 'system',
    filters: {
      ...always,
      traceName: query.trace_name,
      traceRating: query.trace_rating,
      resourceType: query.resource_type,
      resourceId: query.resource_id,
      userName: query.user,
    },
    serviceTypes: query.service_type === undefined ? undefined : serviceSpellings(query.service_type),
    resourceNames: query.resource_name === undefined ? undefined : spellings(query.resource_name),
  };
}
