/** What a signed request must fulfil before its signature is even computed (domain/iam.md §5, rules 1, 3 and 5). */
import type { PresentedSignature } from './signature-header.js';

/** Names in lower case. */
export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

/** Headers that change what a request means: they count only if they are signed. */
export interface SignedClaims {
  readonly projectId: string | null;
  readonly domainId: string | null;
  readonly securityToken: string | null;
}

export interface SignedRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** As sent, `YYYYMMDDTHHMMSSZ`. */
  readonly date: string;
  /** Epoch ms. */
  readonly signedAt: number;
  /** What `X-Sdk-Content-Sha256` says: `UNSIGNED-PAYLOAD`, or a hash that the body must have; null without it. */
  readonly declaredPayload: string | null;
  readonly claims: SignedClaims;
}

/** A fault is said to the caller: it tells nothing of the key. */
export type CheckedRequest = { readonly request: SignedRequest } | { readonly fault: string };

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** A request is good for so long before and after it was signed. */
export const MAX_SKEW_MS = 15 * 60_000;
const DATE = 'x-sdk-date';
const PAYLOAD = 'x-sdk-content-sha256';
const CLAIMS = { projectId: 'x-project-id', domainId: 'x-domain-id', securityToken: 'x-security-token' } as const;
const HASH = /^[0-9a-f]{64}$/;
/** Longest claim: a security token. */
const LONGEST_CLAIM = 4_096;

/** @param host what the caller sent as Host, also behind a proxy */
export function checkSignedRequest(
  { signedHeaders, scope }: PresentedSignature,
  given: HeaderValues,
  host: string,
  now: number,
): CheckedRequest {
  const headers: [string, string][] = [];
  for (const name of signedHeaders) {
    const value = name === 'host' ? host : given[name];
    if (value === undefined || (name === 'host' && value === ''))
      return { fault: `${name} is named in SignedHeaders and not sent` };
    headers.push([name, Array.isArray(value) ? value.join(', ') : value]);
  }
  const signed = new Map(headers);
  const date = signed.get(DATE);
  if (date === undefined) return { fault: `${DATE} must be sent and signed` };
  const signedAt = readDate(date);
  if (signedAt === null) return { fault: `${DATE} must be of the form YYYYMMDDTHHMMSSZ` };
  if (Math.abs(now - signedAt) > MAX_SKEW_MS)
    return { fault: `${DATE} is more than 15 minutes away from the server's time ${new Date(now).toISOString()}` };
  if (scope !== null && scope.date !== date.slice(0, scope.date.length))
    return { fault: `the date of Credential must be that of ${DATE}` };
  const claims = readClaims(signed, given);
  if (typeof claims === 'string') return { fault: claims };
  const declaredPayload = signed.get(PAYLOAD) ?? null;
  if (declaredPayload !== null && declaredPayload !== UNSIGNED_PAYLOAD && !HASH.test(declaredPayload))
    return { fault: `${PAYLOAD} must be ${UNSIGNED_PAYLOAD} or a SHA-256 in lower-case hex` };
  return { request: { headers, date, signedAt, declaredPayload, claims } };
}

function readClaims(signed: ReadonlyMap<string, string>, given: HeaderValues): SignedClaims | string {
  for (const name of Object.values(CLAIMS)) {
    const value = given[name];
    if (value === undefined) continue;
    if (!signed.has(name)) return `${name} must be signed`;
    // A NUL is no part of an id, and no database takes it.
    if (value.length > LONGEST_CLAIM || value.includes('\0')) return `${name} cannot be read`;
  }
  const claim = (name: string) => signed.get(name)?.trim() || null;
  return {
    projectId: claim(CLAIMS.projectId),
    domainId: claim(CLAIMS.domainId),
    securityToken: claim(CLAIMS.securityToken),
  };
}

/** Epoch ms of `YYYYMMDDTHHMMSSZ`; null for anything that is no such instant. */
export function readDate(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  const iso = `${String(year)}-${String(month)}-${String(day)}T${String(hour)}:${String(minute)}:${String(second)}.000Z`;
  const epochMs = Date.parse(iso);
  // February 30th parses as March 2nd: only what reads the same again was an instant.
  return Number.isNaN(epochMs) || new Date(epochMs).toISOString() !== iso ? null : epochMs;
}
