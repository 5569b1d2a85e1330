/**
 * Opaque page cursors: `base64url(JSON).signature`, bound to the caller and the filters they were made for, so that no cursor
 * reads what its bearer may not, and none goes on with other filters than it began with. Keys stay with the caller.
 */
import { decodeBase64Url, encodeBase64Url } from './base64url.js';

export interface CursorScope {
  /** Meaning of the payload: `traces`, `changes` …, with a number that changes when the payload does. */
  readonly version: string;
  /** Who may use it, e.g. domain and user. */
  readonly binding: string;
  /** Hash of the filters, made by the caller. */
  readonly filtersHash: string;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** `malformed`: not a cursor. `forged`: not signed by us. `outdated`: another version. `foreign`: another caller's. `other_filters`. */
export type CursorFault = 'malformed' | 'forged' | 'outdated' | 'foreign' | 'other_filters';

export type CursorResult =
  { readonly ok: true; readonly payload: JsonValue } | { readonly ok: false; readonly fault: CursorFault };

/** Longest text that is looked at. */
const MAX_LENGTH = 4096;

/** @param sign signature of `data`, in characters that a query may hold and without `.` */
export function encodeCursor(payload: JsonValue, scope: CursorScope, sign: (data: string) => string): string {
  const data = encodeBase64Url(JSON.stringify([scope.version, scope.binding, scope.filtersHash, payload]));
  return `${data}.${sign(data)}`;
}

/** @param verify whether `signature` is that of `data`, compared in constant time */
export function decodeCursor(
  text: string,
  scope: CursorScope,
  verify: (data: string, signature: string) => boolean,
): CursorResult {
  const dot = text.indexOf('.');
  if (dot < 1 || text.length > MAX_LENGTH) return fault('malformed');
  const data = text.slice(0, dot);
  if (!verify(data, text.slice(dot + 1))) return fault('forged');
  const content = parseContent(data);
  if (content === null) return fault('malformed');
  const [version, binding, filtersHash, payload] = content;
  if (version !== scope.version) return fault('outdated');
  if (binding !== scope.binding) return fault('foreign');
  if (filtersHash !== scope.filtersHash) return fault('other_filters');
  return { ok: true, payload };
}

function parseContent(data: string): readonly [JsonValue, JsonValue, JsonValue, JsonValue] | null {
  try {
    const content: unknown = JSON.parse(decodeBase64Url(data) ?? '');
    return isContent(content) ? content : null;
  } catch {
    return null;
  }
}

/** JSON.parse makes nothing but JSON values, so the length is all there is to check. */
function isContent(content: unknown): content is readonly [JsonValue, JsonValue, JsonValue, JsonValue] {
  return Array.isArray(content) && content.length === 4;
}

function fault(reason: CursorFault): CursorResult {
  return { ok: false, fault: reason };
}
