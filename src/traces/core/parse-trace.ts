/** Bytes to a canonical trace, or to the reason why not: the part of ingest that needs nothing but the record itself. */
import { uuidV1Time } from '../../kernel/ids.js';
import { FieldReader } from './field-reader.js';
import { jsonMembers } from './json-members.js';
import { holdsNul, isJsonObject, isMissing, type JsonObject, parseJson } from './json-value.js';
import type { Refusal, RefusalReason } from './refusal.js';
import type { Trace } from './trace.js';
import { KNOWN_FIELDS, MAX_TRACE_BYTES, REQUIRED_FIELDS } from './trace-fields.js';
import { actorIdOf, readUser, type TraceUser, userDomainId, userNameMember } from './trace-user.js';
import { wellFormed, wellFormedJson } from './well-formed.js';
import { envelopedEvent, wireShapeOf } from './wire-shape.js';

export type ParseResult =
  | {
      readonly ok: true;
      readonly trace: Trace;
      /** What `trace.user` reads as, so that nobody need read it again; undefined where it is no object, or not known. */
      readonly user: JsonObject | undefined;
    }
  | { readonly ok: false; readonly refusal: Refusal };

/** One event of a record, out of its envelope. */
interface WireEvent {
  readonly members: JsonObject;
  readonly text: string;
  /** The object round `{"cts":{…}}`, else null. */
  readonly envelope: JsonObject | null;
  readonly mayHoldNul: boolean;
}

/** Records without one of these hold neither a NUL nor half a surrogate pair. */
const UNICODE_ESCAPE = '\\u';

/**
 * The trace in a record, or the first reason of contracts.md (up to `no_time`) that applies to it.
 *
 * @param text the record as text; null when it is not UTF-8
 * @param sizeBytes size of the record
 */
export function parseTrace(text: string | null, sizeBytes: number): ParseResult {
  if (sizeBytes > MAX_TRACE_BYTES)
    return refuse('too_large', `the record is larger than ${String(MAX_TRACE_BYTES)} bytes`);
  if (text === null) return refuse('not_json', 'the record is not UTF-8');
  const received = wellFormed(text);
  const hasEscapes = received.includes(UNICODE_ESCAPE);
  const root = parseRoot(received, hasEscapes);
  if (root === undefined) return refuse('not_json', 'the record is not JSON');
  if (!isJsonObject(root)) return refuse('not_a_trace', 'the record is not an object');
  return readEvent(unwrap(root, received, hasEscapes));
}

/** Every string and key of it well-formed. */
function parseRoot(text: string, hasEscapes: boolean): unknown {
  const root = parseJson(text);
  return hasEscapes && /\\u[dD][89a-fA-F]/.test(text) ? wellFormedJson(root) : root;
}

function unwrap(root: JsonObject, text: string, hasEscapes: boolean): WireEvent {
  const mayHoldNul = hasEscapes && text.includes('\\u0000');
  const inner = envelopedEvent(root);
  return { members: inner ?? root, text, envelope: inner && root, mayHoldNul };
}

function readEvent(event: WireEvent): ParseResult {
  const { members, mayHoldNul } = event;
  const missing = missingFields(members);
  if (missing.length > 0) return refuse('not_a_trace', `missing: ${missing.join(', ')}`, members);
  const source = (name: string): string => rawText(event, name);
  const user = readUser(members['user'], () => source('user'), mayHoldNul);
  const domainId = isMissing(members['domain_id']) ? userDomainId(user) : members['domain_id'];
  if (isMissing(domainId)) return refuse('no_domain', 'neither domain_id nor user.domain.id', members);
  const reader = new FieldReader(source, mayHoldNul);
  const recordTime =
    reader.time('record_time', members['record_time']) ??
    uuidV1Time(reader.text('trace_id', members['trace_id']) ?? '') ??
    reader.time('time', members['time']);
  const trace = buildTrace(event, reader, user, recordTime ?? 0);
  if (user.fault !== null) reader.fail('user', user.fault);
  if (reader.fault !== null) return refuse('bad_field', reader.fault, members, domainId);
  if (recordTime === null)
    return refuse('no_time', 'no record_time, no time, and trace_id is not a version-1 UUID', members, domainId);
  return { ok: true, trace, user: user.isRead ? (user.object ?? undefined) : undefined };
}

function missingFields(members: JsonObject): string[] {
  const missing: string[] = REQUIRED_FIELDS.filter((name) => isMissing(members[name]));
  if (isMissing(members['trace_rating']) && isMissing(members['trace_status']))
    missing.push('trace_rating or trace_status');
  return missing;
}

function buildTrace(event: WireEvent, reader: FieldReader, user: TraceUser, recordTime: number): Trace {
  const { members } = event;
  const domainId =
    reader.text('domain_id', members['domain_id']) ?? reader.checkedText('user.domain.id', userDomainId(user)) ?? '';
  return {
    domainId,
    projectId: reader.text('project_id', members['project_id']) ?? '',
    traceId: reader.text('trace_id', members['trace_id']) ?? '',
    recordTime,
    time: reader.time('time', members['time']) ?? recordTime,
    traceName: reader.text('trace_name', members['trace_name']) ?? '',
    traceRating:
      reader.text('trace_rating', members['trace_rating']) ??
      reader.text('trace_status', members['trace_status']) ??
      '',
    traceType: reader.text('trace_type', members['trace_type']) ?? '',
    eventType: reader.text('event_type', members['event_type']) ?? 'system',
    serviceType: reader.text('service_type', members['service_type']) ?? '',
    resourceType: reader.text('resource_type', members['resource_type']) ?? '',
    resourceName: reader.text('resource_name', members['resource_name']),
    resourceId: reader.text('resource_id', members['resource_id']),
    resourceAccountId: reader.text('resource_account_id', members['resource_account_id']),
    enterpriseProjectId: reader.text('enterprise_project_id', members['enterprise_project_id']),
    userName: reader.checkedText(...userNameMember(user)),
    actorId: actorIdOf(user, domainId),
    accessKeyId: reader.checkedText('user.access_key_id', user.object?.['access_key_id']),
    user: user.text,
    sourceIp: reader.text('source_ip', members['source_ip']),
    code: reader.code(members['code']),
    apiVersion: reader.text('api_version', members['api_version']),
    message: reader.body('message', members['message']),
    request: reader.body('request', members['request']),
    response: reader.body('response', members['response']),
    requestId: reader.text('request_id', members['request_id']),
    locationInfo: reader.body('location_info', members['location_info']),
    endpoint: reader.text('endpoint', members['endpoint']),
    resourceUrl: reader.text('resource_url', members['resource_url']),
    readOnly: reader.boolean('read_only', members['read_only']),
    operationId: reader.text('operation_id', members['operation_id']),
    trackerName: reader.text('tracker_name', members['tracker_name']),
    userAgent: reader.text('user_agent', members['user_agent']),
    contentLength: reader.number('content_length', members['content_length']),
    totalTime: reader.number('total_time', members['total_time']),
    extra: extraOf(event, reader),
    wireShape: wireShapeOf(event.members, event.envelope !== null),
  };
}

/** JSON text of the members without a place of their own; those beside `cts` in an envelope come after the event's. */
function extraOf({ members, envelope, mayHoldNul }: WireEvent, reader: FieldReader): string | null {
  const unknown: [string, unknown][] = [];
  for (const key of Object.keys(members)) if (!KNOWN_FIELDS.has(key)) unknown.push([key, members[key]]);
  if (statusDiffers(members)) unknown.push(['trace_status', members['trace_status']]);
  for (const [key, value] of Object.entries(envelope ?? {})) {
    if (key !== 'cts' && !Object.hasOwn(members, key)) unknown.push([key, value]);
  }
  const parts: string[] = [];
  for (const [key, value] of unknown) {
    const text = reader.jsonText(key, value, 'an unknown member');
    if (text === null) return null;
    if (mayHoldNul && (key.includes('\0') || holdsNul(value)))
      return reader.fail('an unknown member', 'holds a NUL character');
    parts.push(`${JSON.stringify(key)}:${text}`);
  }
  return parts.length === 0 ? null : `{${parts.join(',')}}`;
}

/** A status beside a rating is kept where the two differ. */
function statusDiffers(members: JsonObject): boolean {
  const { trace_rating: rating, trace_status: status } = members;
  return !isMissing(rating) && !isMissing(status) && rating !== status;
}

/** The text of a member's value as the sender wrote it; of repeated members the last counts, as for JSON.parse. */
function rawText({ text, envelope }: WireEvent, name: string): string {
  const outer = jsonMembers(text);
  const inner = envelope === null ? outer : jsonMembers(text, outer.findLast(({ key }) => key === 'cts')?.start);
  const member = inner.findLast(({ key }) => key === name) ?? outer.findLast(({ key }) => key === name);
  return member === undefined ? 'null' : text.slice(member.start, member.end);
}

function refuse(reason: RefusalReason, detail: string, members?: JsonObject, domainId?: unknown): ParseResult {
  return {
    ok: false,
    refusal: {
      reason,
      detail,
      domainId: storableId(domainId ?? members?.['domain_id']),
      traceId: storableId(members?.['trace_id']),
    },
  };
}

function storableId(value: unknown): string | null {
  const fits = typeof value === 'string' && value !== '' && value.length <= 64 && !value.includes('\0');
  return fits ? wellFormed(value) : null;
}
