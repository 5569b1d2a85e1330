/** What of a trace counts as its content: the 25 members of the CTS API (domain/cts.md §1.1), however they were sent. */
import { canonicalJson, lengthPrefixed } from './canonical-json.js';
import { isJsonObject, type JsonObject, parseJson } from './json-value.js';
import type { Trace } from './trace.js';

/** Begins every canonical content. Another rule needs another version, since stored hashes are compared with new ones. */
const VERSION = 'cts1|';
const ABSENT = '-';

/**
 * A text that is equal for two traces exactly when their content is. The wire shape does not show in it:
 * absent, null and '' are one; so are an absent `user` or body and `{}`, and an absent `code` and 0; bodies and users that are
 * JSON are compared by value. Members that only some shapes carry (domain, project, event type, tracker …) are left out.
 *
 * @param userObject what `trace.user` reads as, where the caller has read it; it is read here otherwise
 */
export function canonicalContent(trace: Trace, userObject?: JsonObject): string {
  return (
    VERSION +
    text(trace.traceId) +
    text(trace.traceName) +
    text(trace.traceRating) +
    text(trace.traceType) +
    text(trace.serviceType) +
    text(trace.resourceType) +
    text(trace.resourceName) +
    text(trace.resourceId) +
    text(trace.resourceAccountId) +
    text(trace.enterpriseProjectId) +
    user(trace.user, userObject) +
    text(trace.sourceIp) +
    body(trace.request) +
    body(trace.response) +
    text(trace.code === '0' ? null : trace.code) +
    text(trace.apiVersion) +
    body(trace.message) +
    text(String(trace.time)) +
    text(String(trace.recordTime)) +
    text(trace.requestId) +
    body(trace.locationInfo) +
    text(trace.endpoint) +
    text(trace.resourceUrl) +
    (trace.readOnly === null ? ABSENT : trace.readOnly ? 'T' : 'F') +
    text(trace.operationId)
  );
}

function text(value: string | null): string {
  return value === null || value === '' ? ABSENT : lengthPrefixed(value);
}

/** Only an object is a structured user; anything else is compared as text, as it is kept. */
function user(value: string | null, known: JsonObject | undefined): string {
  const parsed = known ?? (value?.includes('{') ? parseJson(value) : undefined);
  return value !== null && isJsonObject(parsed) ? json(value, parsed) : text(value);
}

/** A JSON scalar is compared as text: `null` and `200` are remarks as good as any other. */
function body(value: string | null): string {
  if (value === null || !/^\s*[{[]/.test(value)) return text(value);
  const parsed = parseJson(value);
  return parsed === undefined ? text(value) : json(value, parsed);
}

function json(source: string, value: unknown): string {
  const canonical = canonicalJson(source, value);
  if (canonical === null) return text(source);
  return canonical === '{}' ? ABSENT : `j${lengthPrefixed(canonical)}`;
}
