/** The wire members of a trace that we know, and how long each may be. */

/** Largest record that is read, in bytes. */
export const MAX_TRACE_BYTES = 256 * 1024;

/** Deepest nesting of `user`, bodies and unknown members. Real ones stay below 10. */
export const MAX_NESTING = 100;

/**
 * Greatest lengths in code points; `Infinity` for free text, which no index holds. Sources: domain/cts.md §1.3; the others are
 * ours, so that an index row of (domain, value, time) stays below the 2,704 bytes of a btree entry at 4 bytes a code point.
 */
export const TEXT_LIMITS = {
  trace_id: 64,
  trace_name: 64,
  trace_rating: 64,
  trace_status: 64,
  trace_type: 64,
  event_type: 64,
  service_type: 64,
  resource_type: 64,
  resource_name: 256,
  resource_id: 350,
  resource_account_id: 64,
  domain_id: 64,
  project_id: 64,
  enterprise_project_id: 64,
  'user.name': 256,
  'user.user_name': 256,
  'user.access_key_id': 128,
  'user.domain.id': 64,
  source_ip: 256,
  code: 256,
  api_version: 64,
  request_id: 256,
  operation_id: 256,
  tracker_name: 256,
  endpoint: Infinity,
  resource_url: Infinity,
  user_agent: Infinity,
} as const;

export type TextField = keyof typeof TEXT_LIMITS;

/** Bodies: text, or an object or array that is kept as its JSON text. */
export const BODY_FIELDS = ['request', 'response', 'message', 'location_info'] as const;
export type BodyField = (typeof BODY_FIELDS)[number];

/** Without these a record is not a trace. The rating may stand in either of two members and is looked at apart. */
export const REQUIRED_FIELDS = ['trace_id', 'trace_name', 'service_type', 'resource_type', 'trace_type'] as const;

/** Every member that has a place of its own; all others go to `extra`. */
export const KNOWN_FIELDS: ReadonlySet<string> = new Set<string>([
  ...Object.keys(TEXT_LIMITS).filter((name) => !name.includes('.')),
  ...BODY_FIELDS,
  'time',
  'record_time',
  'user',
  'read_only',
  'content_length',
  'total_time',
]);
