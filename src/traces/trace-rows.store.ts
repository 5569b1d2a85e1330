/** The trace table's columns and the binary rows that are copied into it. */
import { BinaryCopyEncoder } from '../platform/database/binary-copy.js';
import type { IncomingTrace } from './stored-trace.js';

const COLUMNS = [
  'domain_id', 'project_id', 'record_time', 'trace_id', 'log', 'seq', '"time"', 'trace_name', 'trace_rating',
  'trace_type', 'event_type', 'service_type', 'resource_type', 'resource_name', 'resource_id', 'resource_account_id',
  'enterprise_project_id', 'user_name', 'access_key_id', 'source_ip', 'code', 'api_version', 'request_id',
  'operation_id', 'tracker_name', 'read_only', '"user"', 'message', 'request', 'response', 'location_info',
  'endpoint', 'resource_url', 'user_agent', 'content_length', 'total_time', 'wire_shape', 'content_sha256', 'extra',
  'verdict',
]; // prettier-ignore
export const COPY_TRACES = `COPY traces (${COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`;

/** One COPY stream of the rows, in the order given. */
export function encodeRows(rows: readonly IncomingTrace[], log: number): Buffer[] {
  const encoder = new BinaryCopyEncoder();
  for (const row of rows) encodeRow(encoder, row, log);
  return encoder.finish();
}

/** Columns in the order of {@link COLUMNS}. */
function encodeRow(
  encoder: BinaryCopyEncoder,
  { trace, seq, contentSha256, verdict }: IncomingTrace,
  log: number,
): void {
  encoder.row(COLUMNS.length);
  encoder.text(trace.domainId);
  encoder.text(trace.projectId);
  encoder.timestamp(trace.recordTime);
  encoder.text(trace.traceId);
  encoder.int4(log);
  encoder.int8(seq);
  encoder.timestamp(trace.time);
  encoder.text(trace.traceName);
  encoder.text(trace.traceRating);
  encoder.text(trace.traceType);
  encoder.text(trace.eventType);
  encoder.text(trace.serviceType);
  encoder.text(trace.resourceType);
  encoder.text(trace.resourceName);
  encoder.text(trace.resourceId);
  encoder.text(trace.resourceAccountId);
  encoder.text(trace.enterpriseProjectId);
  encoder.text(trace.userName);
  encoder.text(trace.accessKeyId);
  encoder.text(trace.sourceIp);
  encoder.text(trace.code);
  encoder.text(trace.apiVersion);
  encoder.text(trace.requestId);
  encoder.text(trace.operationId);
  encoder.text(trace.trackerName);
  encoder.boolean(trace.readOnly);
  encoder.text(trace.user);
  encoder.text(trace.message);
  encoder.text(trace.request);
  encoder.text(trace.response);
  encoder.text(trace.locationInfo);
  encoder.text(trace.endpoint);
  encoder.text(trace.resourceUrl);
  encoder.text(trace.userAgent);
  encoder.int8(trace.contentLength === null ? null : BigInt(Math.trunc(trace.contentLength)));
  encoder.float8(trace.totalTime);
  encoder.text(trace.wireShape);
  encoder.hex(contentSha256);
  encoder.text(trace.extra);
  encoder.text(verdict);
}
