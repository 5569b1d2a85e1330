/** Reads the Authorization header of a request that was signed with an access key (domain/iam.md §5). */

export type SignatureAlgorithm = 'SDK-HMAC-SHA256' | 'V11-HMAC-SHA256';

/** What a key of `V11-HMAC-SHA256` is derived for; the date is `yyyymmdd`. */
export interface DerivationScope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export interface PresentedSignature {
  readonly algorithm: SignatureAlgorithm;
  readonly accessKey: string;
  /** Names in lower case, in the order in which they were signed. */
  readonly signedHeaders: readonly string[];
  /** 64 hex digits in lower case. */
  readonly signature: string;
  /** Null for `SDK-HMAC-SHA256`. */
  readonly scope: DerivationScope | null;
}

/**
 * - `absent`: the header speaks of no signature
 * - `unsupported`: of one that is not verified here, e.g. `SDK-HMAC-SM3`
 * - `malformed`: `detail` says why
 */
export type ReadAuthorization =
  | { readonly kind: 'signature'; readonly signature: PresentedSignature }
  | { readonly kind: 'unsupported'; readonly algorithm: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'absent' };

const ALGORITHMS: readonly string[] = ['SDK-HMAC-SHA256', 'V11-HMAC-SHA256'] satisfies SignatureAlgorithm[];
/** Schemes of the official SDKs: `SDK-HMAC-SM3`, `SDK-ECDSA-P256-SHA256`, `SM2-SM3`, `SDK-SM2-SM3` … */
const SIGNATURE_SCHEME = /^(?:SDK|V\d+|SM\d*)-[A-Z0-9-]{1,60}$/;
const ACCESS_KEY = /^[A-Za-z0-9_-]{1,64}$/;
const SCOPE_PART = /^[A-Za-z0-9_.-]{1,64}$/;
const DATE = /^\d{8}$/;
/** A token of RFC 9110 in lower case. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const MOST_SIGNED_HEADERS = 100;

export function readAuthorization(header: string): ReadAuthorization {
  const space = header.indexOf(' ');
  const scheme = space < 0 ? header : header.slice(0, space);
  if (!ALGORITHMS.includes(scheme))
    return SIGNATURE_SCHEME.test(scheme) ? { kind: 'unsupported', algorithm: scheme } : { kind: 'absent' };
  const members = readMembers(space < 0 ? '' : header.slice(space + 1));
  if (members === null) return malformed('its members cannot be told apart');
  const derived = scheme === 'V11-HMAC-SHA256';
  const key = derived ? readCredential(members.get('Credential')) : readAccess(members.get('Access'));
  if (key === null)
    return malformed(derived ? 'Credential must be AK/yyyymmdd/region/service' : 'Access names no access key');
  const signedHeaders = (members.get('SignedHeaders') ?? '').split(';');
  if (!areNames(signedHeaders)) return malformed('SignedHeaders must be names in lower case, each once, joined by ";"');
  const signature = members.get('Signature') ?? '';
  if (!SIGNATURE.test(signature)) return malformed('Signature must be 64 hex digits in lower case');
  return {
    kind: 'signature',
    signature: { algorithm: derived ? 'V11-HMAC-SHA256' : 'SDK-HMAC-SHA256', ...key, signedHeaders, signature },
  };
}

function malformed(detail: string): ReadAuthorization {
  return { kind: 'malformed', detail };
}

/** `a=b, c=d`, each name once; null for anything else. */
function readMembers(text: string): Map<string, string> | null {
  const members = new Map<string, string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0)).trim();
    if (name === '' || members.has(name)) return null;
    members.set(name, part.slice(equals + 1).trim());
  }
  return members;
}

type Key = Pick<PresentedSignature, 'accessKey' | 'scope'>;

function readAccess(value = ''): Key | null {
  return ACCESS_KEY.test(value) ? { accessKey: value, scope: null } : null;
}

function readCredential(value = ''): Key | null {
  const [accessKey = '', date = '', region = '', service = '', ...more] = value.split('/');
  const isScope = DATE.test(date) && SCOPE_PART.test(region) && SCOPE_PART.test(service) && more.length === 0;
  return isScope && ACCESS_KEY.test(accessKey) ? { accessKey, scope: { date, region, service } } : null;
}

function areNames(names: readonly string[]): boolean {
  return (
    names.length <= MOST_SIGNED_HEADERS &&
    new Set(names).size === names.length &&
    names.every((name) => HEADER_NAME.test(name))
  );
}
