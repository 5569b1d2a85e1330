/** The trace as ListTraces answers it: wire names, and the types of the v3 schema (domain/cts.md §0.2). */
import type { TraceFields } from './trace.js';
import { type WireUser, wireUser } from './wire-user.js';

/**
 * A member the trace lacks is left out, never null: that is what the published answers do, and every SDK reads both alike.
 * Beyond the 25 members of the SDK model stand those that newer published answers have too.
 */
export interface WireTrace {
  trace_id: string;
  trace_name: string;
  trace_rating: string;
  trace_type: string;
  service_type: string;
  resource_type: string;
  resource_name?: string;
  resource_id?: string;
  resource_account_id?: string;
  enterprise_project_id?: string;
  user?: WireUser;
  source_ip?: string;
  request?: string;
  response?: string;
  code?: string;
  api_version?: string;
  message?: string;
  /** Epoch ms. */
  time: number;
  /** Epoch ms. */
  record_time: number;
  request_id?: string;
  location_info?: string;
  endpoint?: string;
  resource_url?: string;
  read_only?: boolean;
  operation_id?: string;
  domain_id: string;
  project_id?: string;
  event_type: string;
  tracker_name?: string;
  user_agent?: string;
  content_length?: number;
  total_time?: number;
}

export function renderTrace(row: TraceFields): WireTrace {
  return {
    ...wireTexts(row),
    ...(row.user !== null && { user: wireUser(row.user) }),
    time: row.time,
    record_time: row.recordTime,
    ...(row.readOnly !== null && { read_only: row.readOnly }),
    ...(row.contentLength !== null && { content_length: row.contentLength }),
    ...(row.totalTime !== null && { total_time: row.totalTime }),
  };
}

export type WireTexts = Omit<
  WireTrace,
  'user' | 'time' | 'record_time' | 'read_only' | 'content_length' | 'total_time'
>;

/** The members that are strings in the schema. */
export function wireTexts(row: TraceFields): WireTexts {
  return {
    trace_id: row.traceId,
    trace_name: row.traceName,
    trace_rating: row.traceRating,
    trace_type: row.traceType,
    service_type: row.serviceType,
    resource_type: row.resourceType,
    ...present('resource_name', row.resourceName),
    ...present('resource_id', row.resourceId),
    ...present('resource_account_id', row.resourceAccountId),
    ...present('enterprise_project_id', row.enterpriseProjectId),
    ...present('source_ip', row.sourceIp),
    ...present('request', row.request),
    ...present('response', row.response),
    ...present('code', row.code),
    ...present('api_version', row.apiVersion),
    ...present('message', row.message),
    ...present('request_id', row.requestId),
    ...present('location_info', row.locationInfo),
    ...present('endpoint', row.endpoint),
    ...present('resource_url', row.resourceUrl),
    ...present('operation_id', row.operationId),
    domain_id: row.domainId,
    ...present('project_id', row.projectId),
    event_type: row.eventType,
    ...present('tracker_name', row.trackerName),
    ...present('user_agent', row.userAgent),
  };
}

function present<Name extends string>(name: Name, value: string | null): Partial<Record<Name, string>> {
  const member: Partial<Record<Name, string>> = {};
  if (value !== null && value !== '') member[name] = value;
  return member;
}
