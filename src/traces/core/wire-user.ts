/** The `user` of an answer, with the types of the CTS v3 schema whatever the sender wrote: Go and Java SDKs refuse others. */
import { isJsonObject, type JsonObject, parseJson } from './json-value.js';

/** domain/cts.md §1.2; members we do not know follow as the sender wrote them. */
export interface WireUser {
  id?: string;
  name?: string;
  user_name?: string;
  domain?: { id?: string; name?: string };
  account_id?: string;
  access_key_id?: string;
  type?: string;
  principal_id?: string;
  principal_urn?: string;
  principal_is_root_user?: 'true' | 'false';
  invoked_by?: string[];
  session_context?: { attributes?: { created_at?: string; mfa_authenticated?: string } };
  [unknown: string]: unknown;
}

const TEXT_MEMBERS = new Set([
  'id',
  'name',
  'user_name',
  'account_id',
  'access_key_id',
  'type',
  'principal_id',
  'principal_urn',
]);

/** A user that is no JSON object is shown as a name: the one member where free text can stand. */
export function wireUser(text: string): WireUser {
  const parsed = text.includes('{') ? parseJson(text) : undefined;
  return isJsonObject(parsed) ? mapMembers(parsed, userMember) : { name: text };
}

/** `change` answers undefined for a member to leave out. `__proto__` stays a member like any other. */
function mapMembers(object: JsonObject, change: (key: string, value: unknown) => unknown): JsonObject {
  const members = Object.entries(object).map(
    ([key, value]) => [key, value === null ? undefined : change(key, value)] as const,
  );
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function userMember(key: string, value: unknown): unknown {
  if (TEXT_MEMBERS.has(key)) return asText(value);
  switch (key) {
    case 'principal_is_root_user':
      return rootUser(value);
    case 'domain':
      return isJsonObject(value) ? mapMembers(value, (_, member) => asText(member)) : undefined;
    case 'invoked_by':
      return (Array.isArray(value) ? value : [value]).map(asText);
    case 'session_context':
      return isJsonObject(value) ? mapMembers(value, sessionMember) : undefined;
    default:
      return value;
  }
}

function sessionMember(key: string, value: unknown): unknown {
  if (key !== 'attributes') return value;
  return isJsonObject(value) ? mapMembers(value, (_, member) => asText(member)) : undefined;
}

/** The Java SDK's closed enum throws on anything but the two. */
function rootUser(value: unknown): 'true' | 'false' | undefined {
  const text = String(value).toLowerCase();
  return text === 'true' || text === 'false' ? text : undefined;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
