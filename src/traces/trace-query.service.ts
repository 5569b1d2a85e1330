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
    const after = query.next === undefined ? null : await this.position(owner, query.next);
    const window = recordTimeWindow(query, now, oldestMs);
    if (window.fromMs >= window.toMs || (after !== null && after.recordTime < window.fromMs)) return EMPTY;
    const rows = await this.store.search({ ...owner, ...restriction(query), window, after, limit: query.limit + 1 });
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    return { traces: shown, marker: last === undefined ? null : await this.markerOf(owner, last) };
  }

  private async position(owner: ProjectOfDomain, next: string): Promise<TracePosition | null> {
    const position = readExactMarker(next) ?? (await this.placeOf(owner, next));
    if (position !== null) return position;
    const problems = [{ path: 'query.next', message: 'is not the marker of a page' }];
    throw new AppError('CTS.0300', 'The request is not valid', { problems });
  }

  /** The natural time is asked for first: it wins over all others, and finding it in its day is quicker than in every day. */
  private async placeOf(owner: ProjectOfDomain, traceId: string): Promise<TracePosition | null> {
    const natural = placePlainMarker(traceId, []);
    if (natural !== null && (await this.store.isStored(owner, natural))) return natural;
    return placePlainMarker(traceId, await this.store.recordTimesOf(owner, traceId));
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
