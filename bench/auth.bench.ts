/**
 * `auth`: proving who one is, end to end with the look-up of the caller in Postgres, against the bare primitive over the same
 * bytes. What a check costs beyond it is the difference in CPU. The database is a process of its own, and not in it.
 */
import { createHash, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Credentials } from '../src/identity/index.js';
import { type PresentedRequest } from '../src/identity/authentication.js';
import { Authenticator } from '../src/identity/authenticator.service.js';
import { canonicalRequests, derivationInfo, stringToSign } from '../src/identity/core/canonical-request.js';
import type { DerivationScope } from '../src/identity/core/signature-header.js';
import { SigningKeys } from '../src/identity/signing-keys.service.js';
import { TokenService } from '../src/identity/token.service.js';
import { type BenchStack, firstAdministrator, openBenchStack } from './bench-stack.js';
import type { ComparisonResult } from './comparison-result.js';
import { compare } from './harness.js';
import { machineFacts, type Report } from './report.js';

const CHECKS = 4_000;
/** Requests under way at a time, as of a busy replica. */
const AT_A_TIME = 64;
const BODY = Buffer.from(JSON.stringify({ namespace: 'group', note: 'x'.repeat(1_000) }));

export async function benchAuth(): Promise<Report> {
  const stack = await openBenchStack();
  try {
    const credentials = await firstAdministrator(stack.app);
    const comparisons = [await compareTokens(stack, credentials), await compareSignatures(stack, credentials)];
    return { name: 'auth', machine: machineFacts(stack.postgresVersion), comparisons };
  } finally {
    await stack.close();
  }
}

async function compareTokens({ app }: BenchStack, { user, domain }: Credentials): Promise<ComparisonResult> {
  const authenticator = app.get(Authenticator, { strict: false });
  const tokens = app.get(TokenService, { strict: false });
  const subject = { userId: user.id, domainId: domain.id, projectId: null, mfaAt: null };
  const issue = async () => (await tokens.issue({ ...subject, issuedAt: Date.now() })).token;
  const { privateKey } = await app.get(SigningKeys, { strict: false }).current();
  const publicKey = createPublicKey(privateKey);
  const same = await issue();
  let fresh: string[] = [];
  return compare({
    name: 'X-Auth-Token',
    unit: 'checks',
    yardstick: 'bare Ed25519',
    contenders: [
      { name: 'bare Ed25519', run: () => repeat(() => bareVerify(same, publicKey)) },
      {
        name: 'token, first use',
        prepare: async () => {
          fresh = [];
          while (fresh.length < CHECKS) fresh.push(await issue());
        },
        run: () => inParallel((index) => authenticator.authenticate(withToken(fresh[index] ?? ''))),
      },
      {
        name: 'token, used within a minute',
        run: () => inParallel(() => authenticator.authenticate(withToken(same))),
      },
    ],
  });
}

function bareVerify(token: string, publicKey: KeyObject): void {
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  if (!verify(null, Buffer.from(token.slice(0, end)), publicKey, signature)) throw new Error('the token is no good');
}

async function compareSignatures({ app }: BenchStack, credentials: Credentials): Promise<ComparisonResult> {
  const authenticator = app.get(Authenticator, { strict: false });
  const scope = { date: '', region: 'cn-north-4', service: 'swr' };
  const plain = () => signed(credentials, null);
  const derived = () => signed(credentials, scope);
  const signedBytes = Buffer.concat([Buffer.from(canonicalOf(plain(), sha256(BODY))), BODY]);
  const check = (request: () => PresentedRequest) => {
    let presented = request();
    return {
      prepare: () => {
        presented = request();
        return Promise.resolve();
      },
      run: () => inParallel(() => authenticator.authenticate(presented)),
    };
  };
  return compare({
    name: 'Signature with an access key',
    unit: 'checks',
    yardstick: 'bare HMAC-SHA256',
    contenders: [
      {
        name: 'bare HMAC-SHA256',
        run: () =>
          repeat(
            () =>
              void createHmac('sha256', credentials.access_key.secret ?? '')
                .update(signedBytes)
                .digest(),
          ),
      },
      { name: 'SDK-HMAC-SHA256', ...check(plain) },
      { name: 'V11-HMAC-SHA256', ...check(derived) },
    ],
  });
}

const SIGNED = ['content-type', 'host', 'x-sdk-date'] as const;

/** What the SDK sends: POST with a body of a kilobyte and a query. */
function signed(
  { access_key: { access, secret = '' } }: Credentials,
  region: DerivationScope | null,
): PresentedRequest {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const request = withHeaders({ 'content-type': 'application/json', 'x-sdk-date': date });
  const scope = region && { ...region, date: date.slice(0, 8) };
  const algorithm = scope ? 'V11-HMAC-SHA256' : 'SDK-HMAC-SHA256';
  const text = stringToSign(algorithm, date, scope, sha256(Buffer.from(canonicalOf(request, sha256(BODY)))));
  const key = scope
    ? createHmac('sha256', createHmac('sha256', access).update(secret).digest())
        .update(`${derivationInfo(scope)}\x01`)
        .digest('hex')
    : secret;
  const who = scope ? `Credential=${access}/${derivationInfo(scope)}` : `Access=${access}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const authorization = `${algorithm} ${who}, SignedHeaders=${SIGNED.join(';')}, Signature=${signature}`;
  return { ...request, headers: { ...request.headers, authorization } };
}

function canonicalOf({ method, url, headers, host }: PresentedRequest, payloadHash: string): string {
  const named = SIGNED.map((name) => [name, name === 'host' ? host : String(headers[name])] as const);
  return canonicalRequests({ method, url, headers: named, payloadHash })[0] ?? '';
}

function withToken(token: string): PresentedRequest {
  return withHeaders({ 'x-auth-token': token });
}

function withHeaders(headers: Record<string, string>): PresentedRequest {
  return {
    method: 'POST',
    url: '/v2/manage/namespaces?filter=namespace%3A%3Agroup&limit=100',
    headers,
    host: 'swr.cn-north-4.example',
    body: BODY,
    origin: { sourceIp: '127.0.0.1', requestId: 'bench' },
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function repeat(work: () => void): Promise<{ units: number }> {
  for (let count = 0; count < CHECKS; count++) work();
  return Promise.resolve({ units: CHECKS });
}

async function inParallel(work: (index: number) => Promise<unknown>): Promise<{ units: number }> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < CHECKS) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return { units: CHECKS };
}
