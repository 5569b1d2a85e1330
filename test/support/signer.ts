/**
 * Signs requests as the official SDKs do (domain/iam.md §5), written from the description alone: nothing here is shared with the
 * verifier. It starts from what a client means, path and query in clear, and not from what goes over the wire.
 */
import { createHash, createHmac } from 'node:crypto';

export interface ToSign {
  readonly key: { readonly access: string; readonly secret: string };
  readonly method: string;
  readonly host: string;
  /** In clear; the npm SDK takes it as it stands on the wire. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Signed besides `host` and `x-sdk-date`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly at?: number;
  /** Region and service: signs with a derived key. */
  readonly derived?: readonly [region: string, service: string];
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: string | Buffer, bytes: string | Buffer) => createHmac('sha256', key).update(bytes);

/** Headers in lower case, with `host` and `authorization`. */
export function signRequest(given: ToSign): Record<string, string> {
  const date = new Date(given.at ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { host: given.host, 'x-sdk-date': date };
  for (const [name, value] of Object.entries(given.headers ?? {})) headers[name.toLowerCase()] = value;
  const names = Object.keys(headers).sort();
  const path = given.path
    .split('/')
    .map((segment) => escape(segment))
    .join('/');
  const query = [...(given.query ?? [])]
    .sort(
      (a, b) =>
        Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1])),
    )
    .map(([key, value]) => `${escape(key)}=${escape(value)}`)
    .join('&');
  const canonical = [
    given.method,
    path.endsWith('/') ? path : `${path}/`,
    query,
    ...names.map((name) => `${name}:${headers[name] ?? ''}`),
    '',
    names.join(';'),
    headers['x-sdk-content-sha256'] ?? sha256(given.body ?? ''),
  ].join('\n');
  headers.authorization = given.derived
    ? derived(given, date, names, sha256(canonical), given.derived)
    : plain(given, date, names, sha256(canonical));
  return headers;
}

function plain({ key }: ToSign, date: string, names: string[], hash: string): string {
  const signature = hmac(key.secret, `SDK-HMAC-SHA256\n${date}\n${hash}`).digest('hex');
  return `SDK-HMAC-SHA256 Access=${key.access}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

function derived(
  { key }: ToSign,
  date: string,
  names: string[],
  hash: string,
  [region, service]: readonly [string, string],
): string {
  const info = `${date.slice(0, 8)}/${region}/${service}`;
  const derivedKey = hmac(hmac(key.access, key.secret).digest(), Buffer.concat([Buffer.from(info), Buffer.of(1)]));
  const signature = hmac(derivedKey.digest('hex'), `V11-HMAC-SHA256\n${date}\n${info}\n${hash}`).digest('hex');
  return `V11-HMAC-SHA256 Credential=${key.access}/${info}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

/** RFC 3986: all but the unreserved characters, as UTF-8. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
