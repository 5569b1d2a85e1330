import { createHash, createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { signRequest, type ToSign } from '../../test/support/signer.js';
import { AppError } from '../kernel/errors.js';
import { loadConfig } from '../platform/config/load-config.js';
import type { PresentedRequest } from './authentication.js';
import { readAuthorization } from './core/signature-header.js';
import { readDate } from './core/signature-rules.js';
import type { KeyUse } from './key-use.service.js';
import { SignatureAuthenticator } from './signature-authenticator.service.js';
import type { SignerOf, SigningSecrets } from './signing-secrets.service.js';

interface Vector {
  readonly name: string;
  readonly ak: string;
  readonly sk: string;
  readonly date: string;
  readonly request: {
    readonly method: string;
    readonly host: string;
    readonly path: string;
    readonly query: Record<string, string>;
    readonly wire_query?: string;
    readonly headers: Record<string, string>;
    readonly body: string;
  };
  readonly expected_authorization: string;
}
const { vectors } = JSON.parse(readFileSync(join(__dirname, '../../test/cases/aksk-vectors.json'), 'utf8')) as {
  vectors: Vector[];
};

const user = {
  id: 'u',
  name: 'user',
  domainId: 'd78cbac186b744899480f25bd022f468',
  domainName: 'domain',
  isOperator: false,
  isAdministrator: false,
  passwordHash: null,
  enabled: true,
  tokensValidFrom: 0,
};
const origin = { sourceIp: '10.0.0.1', requestId: 'r' };

/** The real verifier over one key that is in no database. */
function verifier(vector: Pick<Vector, 'ak' | 'sk'>, now: number, found: Partial<SignerOf> = {}, replayCache = '0') {
  const told: string[] = [];
  const secrets: Pick<SigningSecrets, 'find'> = {
    find: (accessKey, { projectId }) =>
      Promise.resolve(
        accessKey === vector.ak
          ? {
              secret: createSecretKey(Buffer.from(vector.sk)),
              signer: { user, groups: ['g'], isProgrammatic: true, projectId },
              temporary: false,
              refusal: null,
              ...found,
            }
          : null,
      ),
  };
  const keyUse: Pick<KeyUse, 'used' | 'refused'> = {
    used: () => void told.push('used'),
    refused: (_, __, reason) => Promise.resolve(void told.push(reason)),
  };
  const clock = { now: () => now };
  const config = loadConfig({ SIGNATURE_REPLAY_CACHE: replayCache });
  const authenticator = new SignatureAuthenticator(secrets as SigningSecrets, keyUse as KeyUse, config, clock);
  const ask = async (request: PresentedRequest): Promise<string> => {
    const read = readAuthorization(String(request.headers.authorization));
    if (read.kind !== 'signature') return read.kind;
    try {
      const { accessKeyId, projectId } = await authenticator.authenticate(request, read.signature);
      return `${String(accessKeyId)} ${String(projectId)}`;
    } catch (error) {
      if (error instanceof AppError && error.code === 'APIGW.0301') return error.message;
      throw error;
    }
  };
  return { ask, told };
}

function requestOf({ request, expected_authorization: authorization }: Vector): PresentedRequest {
  const query = request.wire_query ?? new URLSearchParams(request.query).toString();
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    method: request.method,
    url: request.path + (query === '' ? '' : `?${query}`),
    headers: { ...Object.fromEntries(headers), authorization },
    host: request.host,
    body: Buffer.from(request.body),
    origin,
  };
}

const signedAt = ({ date }: Vector) => readDate(date) ?? NaN;
const REFUSED = 'Incorrect IAM authentication information: verify aksk signature fail';
const NOW = Date.UTC(2026, 0, 15, 8, 30);
const key = { access: 'AKTEST', secret: 'SKtest' };
const verify = verifier({ ak: key.access, sk: key.secret }, NOW);

interface Meant {
  readonly method: string;
  readonly segments: string[];
  readonly query: [string, string][];
  readonly body: Buffer;
  readonly header: string;
  /** Whether the path is signed as it stands on the wire, as the npm SDK does. */
  readonly rawPath: boolean;
  readonly derived: boolean;
}
const text = fc.string({
  unit: fc.constantFrom(...Array.from("ab09-_.~ $%+&=;:@!*'(),|é你😀")),
  minLength: 1,
  maxLength: 6,
});
const meant: fc.Arbitrary<Meant> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'),
  segments: fc.array(text, { minLength: 1, maxLength: 4 }),
  query: fc.array(fc.tuple(text, fc.oneof(text, fc.constant(''))), { maxLength: 4 }),
  body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  header: fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019-/;=')), minLength: 1, maxLength: 10 }),
  rawPath: fc.boolean(),
  derived: fc.boolean(),
});

function sent(given: Meant, more: Partial<ToSign> = {}): PresentedRequest {
  const wirePath = `/${given.segments.map((segment) => encodeURIComponent(segment).replaceAll('%24', '$')).join('/')}`;
  const search = new URLSearchParams(given.query).toString();
  const headers = signRequest({
    key,
    method: given.method,
    host: 'swr.example:8080',
    path: given.rawPath ? wirePath : `/${given.segments.join('/')}`,
    query: given.query,
    headers: { 'X-Project-Id': given.header },
    body: given.body,
    at: NOW,
    ...(given.derived && { derived: ['cn-north-4', 'swr'] as const }),
    ...more,
  });
  const { host = '', ...others } = headers;
  const url = search === '' ? wirePath : `${wirePath}?${search}`;
  return { method: given.method, url, headers: { host: 'proxy', ...others }, host, body: given.body, origin };
}
const plain: Meant = {
  method: 'GET',
  segments: ['v2'],
  query: [],
  body: Buffer.alloc(0),
  header: 'p',
  rawPath: false,
  derived: false,
};

describe('signatures', () => {
  it.each(vectors.map((each) => [each.name, each] as const))('accepts the vector: %s', async (_, each) => {
    const { ask, told } = verifier(each, signedAt(each));
    expect(await ask(requestOf(each))).toMatch(new RegExp(`^${each.ak} `));
    expect(told).toEqual(['used']);
  });

  it('accepts whatever was signed rightly, over the path in clear and over that of the wire', () =>
    fc.assert(
      fc.asyncProperty(meant, async (given) => {
        expect(await verify.ask(sent(given))).toBe(`AKTEST ${given.header}`);
      }),
      { numRuns: 300 },
    ));

  it('refuses it when any bit of method, path, query, host, signed header or body was flipped', () =>
    fc.assert(
      fc.asyncProperty(
        meant,
        fc.constantFrom('method', 'url', 'host', 'x-project-id', 'x-sdk-date', 'body'),
        fc.nat(),
        async (given, part, seed) => {
          const request = sent(given);
          const before = bytesOf(request, part);
          fc.pre(before.length > 0);
          const bit = seed % (before.length * 8);
          const after = Buffer.from(before);
          after.writeUInt8(after.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          const latin = after.toString('latin1');
          // `%2f` says what `%2F` says: to the handler they are one request.
          fc.pre(part !== 'url' || meaning(latin) !== meaning(request.url));
          const flipped =
            part === 'body'
              ? { ...request, body: after }
              : part in request
                ? { ...request, [part]: latin }
                : { ...request, headers: { ...request.headers, [part]: latin } };
          expect(await verify.ask(flipped)).toContain(REFUSED);
        },
      ),
      { numRuns: 1_500 },
    ));

  it.each([
    [-900_000, true],
    [900_000, true],
    [-901_000, false],
    [901_000, false],
  ])('takes a request signed %d ms from now: %s', async (aheadMs, accepted) => {
    const answer = await verify.ask(sent(plain, { at: NOW + aheadMs }));
    if (accepted) expect(answer).toBe('AKTEST p');
    else
      expect(answer).toContain(
        "x-sdk-date is more than 15 minutes away from the server's time 2026-01-15T08:30:00.000Z",
      );
  });

  const of = (headers: Record<string, string>, body = '') =>
    sent({ ...plain, body: Buffer.from(body) }, { headers, body });
  const bodyHash = createHash('sha256').update('{"a":1}').digest('hex');
  it.each([
    ['no payload is signed', of({ 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' }, 'any'), 'AKTEST null'],
    ['the hash of the payload is', of({ 'X-Sdk-Content-Sha256': bodyHash }, '{"a":1}'), 'AKTEST null'],
    ['the hash is of another payload', of({ 'X-Sdk-Content-Sha256': bodyHash }, '{"a":2}'), REFUSED],
    ['the payload is said to be something', of({ 'X-Sdk-Content-Sha256': 'x' }, 'x'), 'must be UNSIGNED-PAYLOAD or'],
    ['a signed header is absent', without(sent(plain), 'x-project-id'), 'x-project-id is named in SignedHeaders'],
    ['the host is absent', { ...sent(plain), host: '' }, 'host is named in SignedHeaders and not sent'],
    ['a project is claimed unsigned', withHeader(of({}), 'x-project-id', 'p'), 'x-project-id must be signed'],
    ['a token is claimed unsigned', withHeader(of({}), 'x-security-token', 't'), 'x-security-token must be signed'],
    ['UNSIGNED-PAYLOAD is claimed unsigned', withHeader(of({}, 'b'), 'x-sdk-content-sha256', bodyHash), 'AKTEST null'],
    ['the URL has a fragment', { ...sent(plain), url: '/v2#/' }, 'the URL must be a path'],
    ['the URL is no path', { ...sent(plain), url: 'http://swr.example/v2' }, 'the URL must be a path'],
    ['the date is not signed', authorized(sent(plain), (a) => a.replace(';x-sdk-date', '')), 'must be sent and signed'],
    [
      'the signature is in capitals',
      authorized(sent(plain), (a) => a.replace(/\w{64}$/, (s) => s.toUpperCase())),
      'malformed',
    ],
    ['the key is unknown', authorized(sent(plain), (a) => a.replace('AKTEST', 'AKTESU')), REFUSED],
  ])('when %s', async (_, request, answer) => {
    expect(await verify.ask(request)).toContain(answer);
  });

  it('binds a derived key to the date of the request', async () => {
    const request = authorized(sent({ ...plain, derived: true }), (a) => a.replace('/20260115/', '/20260116/'));
    expect(await verify.ask(request)).toContain('the date of Credential must be that of x-sdk-date');
  });

  it('tells in the same words, whether the key is unknown, disabled, or the signature wrong', async () => {
    const disabled = verifier({ ak: key.access, sk: key.secret }, NOW, { refusal: 'the access key is disabled' });
    const wrong = verifier({ ak: key.access, sk: 'another' }, NOW, { refusal: 'the access key is disabled' });
    const unknown = verifier({ ak: 'another', sk: key.secret }, NOW);
    for (const { ask } of [disabled, wrong, unknown]) expect(await ask(sent(plain))).toBe(REFUSED);
    // Only who knows the secret makes us tell of it.
    expect([disabled.told, wrong.told, unknown.told]).toEqual([['the access key is disabled'], [], []]);
  });

  it('refuses projects and domains that are not of the key', async () => {
    const signer = { user, groups: [], isProgrammatic: true, projectId: null };
    const foreign = verifier({ ak: key.access, sk: key.secret }, NOW, { signer });
    expect(await foreign.ask(sent(plain))).toContain('X-Project-Id or X-Domain-Id names no project or domain of');
    expect(await verify.ask(of({ 'X-Domain-Id': 'another' }))).toContain('X-Project-Id or X-Domain-Id names no');
    expect(await verify.ask(of({ 'X-Domain-Id': user.domainId }))).toBe('AKTEST null');
  });

  it('takes a signature once where replays are remembered, else any number of times', async () => {
    const once = verifier({ ak: key.access, sk: key.secret }, NOW, {}, '2');
    const [a, b, c] = ['a', 'b', 'c'].map((segment) => sent({ ...plain, segments: [segment] }));
    if (!a || !b || !c) throw new Error('three requests');
    expect(await once.ask(a)).toBe('AKTEST p');
    expect(await once.ask(a)).toContain('this very signature was used before');
    // Two are remembered: the third makes it forget the first.
    for (const each of [b, c, a]) expect(await once.ask(each)).toBe('AKTEST p');
    expect(await once.ask(c)).toContain('this very signature was used before');
    for (const each of [a, a]) expect(await verify.ask(each)).toBe('AKTEST p');
  });
});

function bytesOf(request: PresentedRequest, part: string): Buffer {
  if (part === 'body') return request.body;
  const { [part]: header } = request.headers;
  return Buffer.from(part in request ? request[part as 'url'] : String(header), 'latin1');
}

/** What a URL says, whatever its spelling. */
function meaning(url: string): string {
  const clear = (part: string) => part.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => `[${hex.toLowerCase()}]`);
  return clear(url);
}

function withHeader(request: PresentedRequest, name: string, value: string): PresentedRequest {
  return { ...request, headers: { ...request.headers, [name]: value } };
}

function without(request: PresentedRequest, name: string): PresentedRequest {
  return { ...request, headers: { ...request.headers, [name]: undefined } };
}

function authorized(request: PresentedRequest, edit: (authorization: string) => string): PresentedRequest {
  return withHeader(request, 'authorization', edit(String(request.headers.authorization)));
}
