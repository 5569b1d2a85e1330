/**
 * A trace as the native API answers it: the members of ListTraces with `event_type`, `project_id`, `domain_id` and `verdict`,
 * read from a row that may hold only some of them.
 */
import { wireUser } from './wire-user.js';

/** Members in the order in which they are answered, and exported as columns. */
export const NATIVE_FIELDS = [
  'record_time',
  'time',
  'trace_id',
  'trace_name',
  'trace_rating',
  'trace_type',
  'event_type',
  'service_type',
  'resource_type',
  'resource_name',
  'resource_id',
  'resource_account_id',
  'domain_id',
  'project_id',
  'enterprise_project_id',
  'user',
  'source_ip',
  'code',
  'api_version',
  'request_id',
  'operation_id',
  'tracker_name',
  'read_only',
  'verdict',
  'message',
  'request',
  'response',
  'location_info',
  'endpoint',
  'resource_url',
  'user_agent',
  'content_length',
  'total_time',
] as const;
export type NativeField = (typeof NATIVE_FIELDS)[number];

/** A member the trace lacks is left out, as in ListTraces; times are epoch ms, `user` is an object. */
export type NativeTrace = Readonly<Partial<Record<NativeField, unknown>>>;

/** One row of the trace table by column; each member has the column of its name. */
export type NativeRow = Readonly<Record<string, unknown>>;

export function renderNative(row: NativeRow, fields: readonly NativeField[] = NATIVE_FIELDS): NativeTrace {
  const trace: Partial<Record<NativeField, unknown>> = {};
  for (const field of fields) {
    const value = member(field, row[field]);
    if (value !== undefined) trace[field] = value;
  }
  return trace;
}

function member(field: NativeField, value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined;
  if (value instanceof Date) return value.getTime();
  if (field === 'user') return typeof value === 'string' ? wireUser(value) : undefined;
  // A 64-bit integer comes from the database as text; longer ones than a double holds are not stored.
  return field === 'content_length' ? Number(value) : value;
}

/** Cells of a table row: objects as JSON text, nothing for what the trace lacks. */
export function nativeCells(trace: NativeTrace, fields: readonly NativeField[]): string[] {
  return fields.map((field) => {
    const value = trace[field];
    if (value === undefined) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
