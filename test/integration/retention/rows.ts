/** Rows for tests, written by plain SQL so that they depend on no code under test. */
import { uuidV1 } from '../../../src/kernel/ids.js';
import type { Sql } from '../../../src/platform/database/database.js';

export interface TraceRow {
  readonly domainId: string;
  readonly projectId: string;
  readonly recordTime: number;
  readonly traceId: string;
  readonly log: number;
  readonly traceName: string;
  readonly traceRating: string;
  readonly eventType: string;
  readonly serviceType: string;
  readonly resourceType: string;
  readonly resourceName: string | null;
  readonly resourceId: string | null;
  readonly userName: string | null;
  readonly accessKeyId: string | null;
  readonly enterpriseProjectId: string | null;
  readonly trackerName: string | null;
}

let serial = 0;

/** A trace with an id of its own that fits its record time. */
export function traceRow(given: Partial<TraceRow> & { recordTime: number }): TraceRow {
  const n = serial++;
  return {
    domainId: 'domain-1',
    projectId: 'project-1',
    traceId: uuidV1(given.recordTime, n % 10_000, (n + 0x8000_0000_0000).toString(16).padStart(16, '8')),
    log: 1,
    traceName: 'createRepo',
    traceRating: 'normal',
    eventType: 'system',
    serviceType: 'SWR',
    resourceType: 'imagerepository',
    resourceName: null,
    resourceId: null,
    userName: null,
    accessKeyId: null,
    enterpriseProjectId: null,
    trackerName: 'system',
    ...given,
  };
}

export async function insertTraces(sql: Sql, rows: readonly TraceRow[]): Promise<void> {
  await sql.query(
    `INSERT INTO traces (domain_id, project_id, record_time, trace_id, log, seq, "time", trace_name, trace_rating, trace_type,
       event_type, service_type, resource_type, resource_name, resource_id, user_name, access_key_id, enterprise_project_id,
       tracker_name, wire_shape, content_sha256)
     SELECT r."domainId", r."projectId", to_timestamp(r."recordTime"::numeric / 1000), r."traceId", r.log, row_number() OVER (),
       to_timestamp(r."recordTime"::numeric / 1000), r."traceName", r."traceRating", 'ApiCall', r."eventType", r."serviceType",
       r."resourceType", r."resourceName", r."resourceId", r."userName", r."accessKeyId", r."enterpriseProjectId",
       r."trackerName", 'api-v3', '\\x00'
     FROM json_to_recordset($1::json) AS r("domainId" text, "projectId" text, "recordTime" bigint, "traceId" text, log int,
       "traceName" text, "traceRating" text, "eventType" text, "serviceType" text, "resourceType" text, "resourceName" text,
       "resourceId" text, "userName" text, "accessKeyId" text, "enterpriseProjectId" text, "trackerName" text)`,
    [JSON.stringify(rows)],
  );
}
