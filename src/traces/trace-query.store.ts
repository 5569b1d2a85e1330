/** Searches traces: a page reads index entries in order, however many rows there are (design §5 "Reading"). */
import { Injectable } from '@nestjs/common';
import type { TimeWindow } from '../kernel/time-window.js';
import { Database } from '../platform/database/database.js';
import type { TraceFields } from './core/trace.js';
import { readInParts } from './page-parts.js';

/** Place of a trace in the order of all lists: newest first, by record time and then id. */
export interface TracePosition {
  readonly recordTime: number;
  readonly traceId: string;
}

/** Columns that a search compares for equality. */
const EQUAL_COLUMNS = {
  traceName: 'trace_name',
  traceRating: 'trace_rating',
  resourceType: 'resource_type',
  resourceId: 'resource_id',
  userName: 'user_name',
  accessKeyId: 'access_key_id',
  enterpriseProjectId: 'enterprise_project_id',
  trackerName: 'tracker_name',
} as const;

export type EqualFilters = { readonly [Name in keyof typeof EQUAL_COLUMNS]?: string | undefined };

export interface TraceSearch {
  readonly domainId: string;
  readonly projectId: string;
  readonly eventType: string;
  readonly window: TimeWindow;
  /** Only traces that come after this one in the order, which are older. */
  readonly after: TracePosition | null;
  /** Begins with the trace at `after` itself, if there is one that matches. */
  readonly inclusive?: boolean;
  readonly filters: EqualFilters;
  /** Any of these; not restricted where absent. */
  readonly serviceTypes?: readonly string[] | undefined;
  readonly resourceNames?: readonly string[] | undefined;
  readonly limit: number;
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const COLUMNS = `domain_id, project_id, record_time, trace_id, "time", trace_name, trace_rating, trace_type, event_type,
  service_type, resource_type, resource_name, resource_id, resource_account_id, enterprise_project_id, user_name,
  access_key_id, source_ip, code, api_version, request_id, operation_id, tracker_name, read_only, "user", message, request,
  response, location_info, endpoint, resource_url, user_agent, content_length, total_time`;
const NEWEST_FIRST = 'ORDER BY record_time DESC, trace_id DESC';
/** Most record times one id is shown with; a second one is rare already. */
const MOST_OF_ONE_ID = 200;

@Injectable()
export class TraceQueryStore {
  constructor(private readonly database: Database) {}

  async search(search: TraceSearch): Promise<TraceFields[]> {
    const found: TraceRow[] = [];
    await readInParts({ ...search, newestFirst: true }, async (part) => {
      const { text, values } = searchStatement(part);
      const rows = await this.database.read<TraceRow>(text, values, { inOrder: true });
      found.push(...rows);
      return rows.length;
    });
    return found.map(toFields);
  }

  /** All traces of one id in a project, recorded at or after `fromMs`; more than one only if the id came with several record times. */
  async findById(owner: ProjectOfDomain, traceId: string, fromMs: number): Promise<TraceFields[]> {
    const rows = await this.database.read<TraceRow>(
      `SELECT ${COLUMNS} FROM traces WHERE domain_id = $1 AND project_id = $2 AND trace_id = $3 AND record_time >= $4
       ${NEWEST_FIRST} LIMIT ${String(MOST_OF_ONE_ID)}`,
      [owner.domainId, owner.projectId, traceId, new Date(fromMs)],
    );
    return rows.map(toFields);
  }

  /** Record times of an id in a project, also of those that have left the window but not yet their table; newest first. */
  async recordTimesOf(owner: ProjectOfDomain, traceId: string): Promise<number[]> {
    const rows = await this.database.read<{ record_time: Date }>(
      `SELECT record_time FROM traces WHERE domain_id = $1 AND project_id = $2 AND trace_id = $3
       ORDER BY record_time DESC LIMIT ${String(MOST_OF_ONE_ID)}`,
      [owner.domainId, owner.projectId, traceId],
    );
    return rows.map((row) => row.record_time.getTime());
  }
}

export interface ProjectOfDomain {
  readonly domainId: string;
  readonly projectId: string;
}

/**
 * One ordered, limited branch per alternative spelling, merged: an index entry `(domain, X, record_time)` is in order only
 * for a single X, and `X = ANY(…)` would make the database read all matches and sort them.
 */
export function searchStatement(search: TraceSearch): Statement {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${String(values.push(value))}`;
  const common = commonConditions(search, parameter);
  const { serviceTypes, resourceNames } = search;
  const [column, alternatives] = resourceNames
    ? ['resource_name', resourceNames]
    : ['service_type', serviceTypes ?? []];
  if (resourceNames && serviceTypes) common.push(`service_type = ANY(${parameter(serviceTypes)})`);
  const limit = parameter(search.limit);
  const branch = (conditions: readonly string[]): string =>
    `SELECT ${COLUMNS} FROM traces WHERE ${conditions.join(' AND ')} ${NEWEST_FIRST} LIMIT ${limit}`;
  const branches = alternatives.map((value) => branch([...common, `${column} = ${parameter(value)}`]));
  if (branches.length === 0) return { text: branch(common), values };
  const [only] = branches;
  if (branches.length === 1 && only !== undefined) return { text: only, values };
  const union = branches.map((text) => `(${text})`).join(' UNION ALL ');
  return { text: `SELECT * FROM (${union}) AS page ${NEWEST_FIRST} LIMIT ${limit}`, values };
}

/**
 * The position's time is repeated as a plain bound, since that of a row comparison prunes no partition and starts no scan
 * of an index that lacks the id.
 */
function commonConditions(search: TraceSearch, parameter: (value: unknown) => string): string[] {
  const { window, after, filters } = search;
  const conditions = [
    `domain_id = ${parameter(search.domainId)}`,
    `project_id = ${parameter(search.projectId)}`,
    `event_type = ${parameter(search.eventType)}`,
    `record_time >= ${parameter(new Date(window.fromMs))}`,
    `record_time < ${parameter(new Date(window.toMs))}`,
  ];
  if (after !== null) {
    const time = parameter(new Date(after.recordTime));
    const before = search.inclusive === true ? '<=' : '<';
    const place = `(${time}, ${parameter(after.traceId)})`;
    conditions.push(`record_time <= ${time}`, `(record_time, trace_id) ${before} ${place}`);
  }
  for (const [name, column] of Object.entries(EQUAL_COLUMNS) as [keyof typeof EQUAL_COLUMNS, string][]) {
    const wanted = filters[name];
    if (wanted !== undefined) conditions.push(`${column} = ${parameter(wanted)}`);
  }
  return conditions;
}

interface TraceRow {
  readonly domain_id: string;
  readonly project_id: string;
  readonly record_time: Date;
  readonly trace_id: string;
  readonly time: Date;
  readonly trace_name: string;
  readonly trace_rating: string;
  readonly trace_type: string;
  readonly event_type: string;
  readonly service_type: string;
  readonly resource_type: string;
  readonly resource_name: string | null;
  readonly resource_id: string | null;
  readonly resource_account_id: string | null;
  readonly enterprise_project_id: string | null;
  readonly user_name: string | null;
  readonly access_key_id: string | null;
  readonly source_ip: string | null;
  readonly code: string | null;
  readonly api_version: string | null;
  readonly request_id: string | null;
  readonly operation_id: string | null;
  readonly tracker_name: string | null;
  readonly read_only: boolean | null;
  readonly user: string | null;
  readonly message: string | null;
  readonly request: string | null;
  readonly response: string | null;
  readonly location_info: string | null;
  readonly endpoint: string | null;
  readonly resource_url: string | null;
  readonly user_agent: string | null;
  readonly content_length: string | null;
  readonly total_time: number | null;
}

function toFields(row: TraceRow): TraceFields {
  return {
    domainId: row.domain_id,
    projectId: row.project_id,
    recordTime: row.record_time.getTime(),
    traceId: row.trace_id,
    time: row.time.getTime(),
    traceName: row.trace_name,
    traceRating: row.trace_rating,
    traceType: row.trace_type,
    eventType: row.event_type,
    serviceType: row.service_type,
    resourceType: row.resource_type,
    resourceName: row.resource_name,
    resourceId: row.resource_id,
    resourceAccountId: row.resource_account_id,
    enterpriseProjectId: row.enterprise_project_id,
    userName: row.user_name,
    accessKeyId: row.access_key_id,
    sourceIp: row.source_ip,
    code: row.code,
    apiVersion: row.api_version,
    requestId: row.request_id,
    operationId: row.operation_id,
    trackerName: row.tracker_name,
    readOnly: row.read_only,
    user: row.user,
    message: row.message,
    request: row.request,
    response: row.response,
    locationInfo: row.location_info,
    endpoint: row.endpoint,
    resourceUrl: row.resource_url,
    userAgent: row.user_agent,
    contentLength: row.content_length === null ? null : Number(row.content_length),
    totalTime: row.total_time,
  };
}
