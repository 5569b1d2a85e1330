import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessKeyPurpose } from '../../../src/identity/access-key.entity.js';
import { SecretBox } from '../../../src/identity/secret-box.js';
import type { Principal } from '../../../src/kernel/principal.js';
import { selfSignedCertificate } from '../../support/certificate.js';
import { type RawAnswer, sendRaw } from '../../support/raw-http.js';
import { reaches } from '../../support/reaches.js';
import { signRequest, type ToSign } from '../../support/signer.js';
import { IdentityApp } from './harness.js';

interface Echo {
  readonly params: Record<string, string>;
  readonly query: Record<string, string | string[]>;
  readonly body: unknown;
  readonly principal: Principal;
  readonly error_code?: string;
  readonly error_msg?: string;
}
interface Key {
  readonly access: string;
  readonly secret: string;
}
type Sent = Partial<Omit<ToSign, 'key'>> & { readonly wire?: string; readonly unsigned?: Record<string, string> };

const REFUSED = 'Incorrect IAM authentication information: verify aksk signature fail';

class SignedApp {
  constructor(
    readonly service: IdentityApp,
    readonly url: string,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<SignedApp> {
    const service = await IdentityApp.start(environment);
    await service.app.listen(0, '127.0.0.1');
    return new SignedApp(service, await service.app.getUrl());
  }

  get key(): Key {
    const { access, secret = '' } = this.service.credentials.access_key;
    return { access, secret };
  }

  get host(): string {
    return new URL(this.url).host;
  }

  /** Signs for `host` and `path`, sends to the service as `wire`. */
  send(key: Key, { wire, unsigned, ...given }: Sent = {}): Promise<RawAnswer<Echo>> {
    const { method = 'GET', path = '/v2/echo', host = this.host, body } = given;
    const headers = signRequest({ key, method, path, host, ...given });
    return sendRaw<Echo>(this.url, {
      method,
      path: wire ?? path,
      headers: { ...headers, ...unsigned },
      ...(body !== undefined && { body }),
    });
  }

  async createKey(user: { id: string }, domain: { id: string }): Promise<Key> {
    const key = { access: `AK${user.id.slice(0, 18)}`, secret: `SK${user.id}` };
    const sealed = this.service.app.get(SecretBox, { strict: false }).seal(key.secret, accessKeyPurpose(key.access));
    await this.service.database.query(
      'INSERT INTO access_keys (domain_id, access_key, user_id, secret_sealed) VALUES ($1, $2, $3, $4)',
      [domain.id, key.access, user.id, sealed],
    );
    return key;
  }
}

describe('requests signed with an access key', () => {
  let app: SignedApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  let key: Key;
  beforeAll(async () => {
    app = await SignedApp.start();
    tenant = await app.service.createTenant();
    key = await app.createKey(tenant.administrator, tenant.domain);
  });
  afterAll(() => app.service.stop());
  const json = { 'Content-Type': 'application/json' };
  const set = (text: string, values: unknown[]) => app.service.database.query(text, values);

  it('become the principal of the key, in the scope the headers name', async () => {
    const { status, body } = await app.send(key, { headers: { 'X-Project-Id': tenant.project.id } });
    expect(status).toBe(200);
    expect(body.principal).toEqual({
      userId: tenant.administrator.id,
      userName: 'root',
      domainId: tenant.domain.id,
      domainName: tenant.domain.name,
      projectId: tenant.project.id,
      groups: [],
      isOperator: false,
      isAdministrator: true,
      accessKeyId: key.access,
      mfaAt: null,
      isFederated: false,
    });
    const ofDomain = await app.send(key, { headers: { 'X-Domain-Id': tenant.domain.id } });
    expect(ofDomain.body.principal.projectId).toBeNull();
    expect((await app.send(app.key)).body.principal).toMatchObject({ isOperator: true, accessKeyId: app.key.access });
  });

  it.each<[string, Sent, Partial<Echo>]>([
    ['$ in the path', { path: '/v2/echo/a$b' }, { params: { name: 'a$b' } }],
    ['%24, signed in clear', { path: '/v2/echo/a$b', wire: '/v2/echo/a%24b' }, { params: { name: 'a$b' } }],
    ['%2F, signed in clear', { path: '/v2/echo/a/b', wire: '/v2/echo/a%2Fb' }, { params: { name: 'a/b' } }],
    ['%2F, signed as on the wire', { path: '/v2/echo/a%2Fb' }, { params: { name: 'a/b' } }],
    [
      'unicode and spaces',
      { path: '/v2/echo/é 你', wire: '/v2/echo/%C3%A9%20%E4%BD%A0' },
      { params: { name: 'é 你' } },
    ],
    [
      'keys more than once',
      {
        query: [
          ['k', 'b'],
          ['k', 'a'],
          ['a b', ''],
          ['z', '+'],
        ],
        wire: '/v2/echo?k=b&z=%2B&a+b=&k=a',
      },
      { query: { k: ['b', 'a'], 'a b': '', z: '+' } },
    ],
    ['{} sent to GET', { body: '{}', headers: json }, { body: null }],
    ['a body of no type sent to GET', { body: 'x'.repeat(100_000) }, { body: null }],
    ['a list sent to DELETE', { method: 'DELETE', body: '["a","b"]', headers: json }, { body: ['a', 'b'] }],
    ['JSON', { method: 'POST', body: '{ "a":1}', headers: json }, { body: { a: 1 } }],
    ['a derived key', { derived: ['cn-north-4', 'swr'] }, {}],
    [
      'no signed payload',
      { method: 'PUT', body: '[1]', headers: { ...json, 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
      { body: [1] },
    ],
  ])('are understood with %s', async (_, sent, understood) => {
    const { status, body } = await app.send(key, sent);
    expect([200, 201]).toContain(status);
    expect(body).toMatchObject(understood);
    expect(body.principal.accessKeyId).toBe(key.access);
  });

  it.each<[string, Sent, string]>([
    ['of another body on GET', { body: '{}', headers: { 'X-Sdk-Content-Sha256': '0'.repeat(64) } }, REFUSED],
    ['of another path', { path: '/v2/echo/a', wire: '/v2/echo/b' }, REFUSED],
    ['of another query', { query: [['a', '1']], wire: '/v2/echo?a=2' }, REFUSED],
    ['of another host', { host: 'elsewhere:80', unsigned: { host: 'swr.example' } }, REFUSED],
    [
      'for a host that a stranger forwards',
      { host: 'swr.example', unsigned: { host: 'x', 'x-forwarded-host': 'swr.example' } },
      REFUSED,
    ],
    ['of yesterday', { at: Date.now() - 86_400_000 }, "more than 15 minutes away from the server's time"],
    ['and a token', { unsigned: { 'x-auth-token': 'x' } }, 'x-auth-token and a signature are both present'],
    [
      'by another algorithm',
      { unsigned: { authorization: 'SDK-HMAC-SM3 Access=A' } },
      'algorithm SDK-HMAC-SM3 is not supported',
    ],
    [
      'that cannot be read',
      { unsigned: { authorization: 'SDK-HMAC-SHA256 Access=A' } },
      'Authorization cannot be read',
    ],
  ])('are refused with a signature %s', async (_, sent, message) => {
    const { status, body, headers } = await app.send(key, sent);
    expect(status).toBe(401);
    expect(body).toMatchObject({ error_code: 'APIGW.0301', request_id: headers['x-request-id'] });
    expect(body.error_msg).toContain(message);
  });

  it('are cut off when they are too large, whatever the method', async () => {
    const body = Buffer.alloc(1_100_000, 'x');
    for (const method of ['GET', 'DELETE']) {
      const { status } = await app.send(key, { method, body, headers: json });
      expect(status).toBe(413);
    }
  });

  it('answer for a project or domain of others as for one that does not exist', async () => {
    const other = await app.service.createTenant();
    const answer = async (headers: Record<string, string>) => {
      const { status, body } = await app.send(key, { headers });
      return { status, message: body.error_msg };
    };
    const nowhere = await answer({ 'X-Project-Id': '0'.repeat(32) });
    expect(nowhere).toEqual({
      status: 401,
      message: expect.stringContaining('names no project or domain of the access key'),
    });
    expect(await answer({ 'X-Project-Id': other.project.id })).toEqual(nowhere);
    expect(await answer({ 'X-Domain-Id': other.domain.id })).toEqual(nowhere);
    expect(await answer({ 'X-Domain-Id': 'none' })).toEqual(nowhere);
    await set('UPDATE projects SET enabled = false WHERE id = $1', [other.project.id]);
    const otherKey = await app.createKey(other.administrator, other.domain);
    expect((await app.send(otherKey, { headers: { 'X-Project-Id': other.project.id } })).status).toBe(401);
  });

  it('are refused at once when key, user or domain is disabled, and that is told once', async () => {
    const one = await app.service.createTenant();
    const own = await app.createKey(one.administrator, one.domain);
    const unknown = (await app.send({ access: 'AKNOBODY', secret: 's' })).body.error_msg;
    await set('DELETE FROM trace_outbox', []);
    for (const [table, column, id] of [
      ['access_keys', 'access_key', own.access],
      ['users', 'id', one.administrator.id],
      ['domains', 'id', one.domain.id],
    ]) {
      expect((await app.send(own)).status).toBe(200);
      await set(`UPDATE ${table} SET enabled = false WHERE ${column} = $1`, [id]);
      for (let count = 0; count < 3; count++)
        expect(await app.send(own)).toMatchObject({ status: 401, body: { error_msg: unknown } });
      await app.send({ ...own, secret: 'guessed' });
      await set(`UPDATE ${table} SET enabled = true WHERE ${column} = $1`, [id]);
    }
    await set("UPDATE users SET access_mode = 'console' WHERE id = $1", [one.administrator.id]);
    expect((await app.send(own)).status).toBe(401);
    const traces = await app.service.recorded();
    const told = traces.filter((trace) => trace.trace_name === 'disabledCredentialUsed');
    expect(told.map(({ message }) => message)).toEqual([
      'the access key is disabled',
      'the user or its domain is disabled',
      'the user is to sign in at the console only',
    ]);
    expect(told[0]).toMatchObject({
      trace_rating: 'warning',
      domain_id: one.domain.id,
      resource_name: 'root',
      source_ip: '127.0.0.1',
      user: { id: one.administrator.id, access_key_id: own.access },
    });
  });

  it('note when the key was last used, once a minute', async () => {
    const one = await app.service.createTenant();
    const own = await app.createKey(one.administrator, one.domain);
    const lastUse = async () => {
      const rows = await app.service.database.query<{ at: Date | null }>(
        'SELECT last_used_at AS at FROM access_keys WHERE access_key = $1',
        [own.access],
      );
      return rows[0]?.at?.getTime() ?? null;
    };
    expect(await lastUse()).toBeNull();
    await app.send(own);
    const first = await reaches('the use is noted', lastUse, (at) => at !== null);
    app.service.clock.advance(30_000);
    await app.send(own);
    app.service.clock.advance(31_000);
    await app.send(own, { at: app.service.clock.now() });
    const second = await reaches('the use is noted again', lastUse, (at) => at !== first);
    expect(second).toBeGreaterThanOrEqual(Number(first) + 61_000);
    expect(Number(second) - Number(first)).toBeLessThan(90_000);
  });

  describe('with a temporary key', () => {
    const create = (token: string, identity: Record<string, unknown>) =>
      app.service
        .http()
        .post('/v3.0/OS-CREDENTIAL/securitytokens')
        .set('X-Auth-Token', token)
        .send({ auth: { identity: { methods: ['token'], ...identity } } });
    interface Temporary extends Key {
      readonly securitytoken: string;
      readonly expires_at: string;
    }
    const issue = async (token = tenant.token): Promise<Temporary> =>
      (await create(token, { token: { duration_seconds: 900 } }).expect(201)).body.credential as Temporary;
    const send = (temporary: Temporary, headers = {}) =>
      app.send(temporary, {
        at: app.service.clock.now(),
        headers: { 'X-Security-Token': temporary.securitytoken, ...headers },
      });

    it('are those of its user, until it expires', async () => {
      const scoped = await app.service.login(
        { name: 'root', password: tenant.password, domain: { name: tenant.domain.name } },
        { project: { id: tenant.project.id } },
      );
      const temporary = await issue(scoped);
      const { body } = await send(temporary);
      expect(body.principal).toMatchObject({
        userId: tenant.administrator.id,
        projectId: tenant.project.id,
        accessKeyId: temporary.access,
      });
      expect(Date.parse(temporary.expires_at) - app.service.clock.now()).toBeLessThanOrEqual(900_000);
      app.service.clock.advance(901_000);
      expect(await send(temporary)).toMatchObject({ status: 401, body: { error_msg: REFUSED } });
    });

    it('end when the user’s tokens do, and when it is disabled', async () => {
      const one = await app.service.createTenant();
      const temporary = await issue(one.token);
      expect((await send(temporary)).status).toBe(200);
      await set('UPDATE users SET enabled = false WHERE id = $1', [one.administrator.id]);
      expect((await send(temporary)).status).toBe(401);
      await set("UPDATE users SET enabled = true, tokens_valid_from = now() + interval '1 day' WHERE id = $1", [
        one.administrator.id,
      ]);
      expect((await send(temporary)).status).toBe(401);
    });

    it('never reach further than the token did', async () => {
      const one = await app.service.createTenant();
      const user = { name: 'root', password: one.password, domain: { name: one.domain.name } };
      const token = await app.service.login(user, { project: { id: one.project.id } });
      const temporary = await issue(token);
      expect((await send(temporary)).body.principal.projectId).toBe(one.project.id);
      await set('INSERT INTO projects (domain_id, id, name, region) VALUES ($1, $2, $2, $2)', [
        one.domain.id,
        'second-project',
      ]);
      for (const other of ['second-project', tenant.project.id])
        expect((await send(temporary, { 'X-Project-Id': other })).status).toBe(401);
      const ofDomain = await send(await issue(one.token), { 'X-Project-Id': 'second-project' });
      expect(ofDomain.body.principal.projectId).toBe('second-project');
      await set('UPDATE projects SET enabled = false WHERE id = $1', [one.project.id]);
      expect((await send(temporary)).status).toBe(401);
      await create(token, {}).expect(401);
      await set("UPDATE users SET access_mode = 'console' WHERE id = $1", [one.administrator.id]);
      expect((await create(one.token, {}).expect(403)).body.error_code).toBe('IAM.0002');
    });

    it('are refused without its token, with that of another, and a permanent key with any', async () => {
      const [one, two] = [await issue(), await issue()];
      const at = app.service.clock.now();
      for (const [by, securitytoken] of [
        [one, ''],
        [one, two.securitytoken],
        [one, `${one.securitytoken.slice(0, -2)}AA`],
        [key, one.securitytoken],
      ] as const) {
        const headers: Record<string, string> = securitytoken === '' ? {} : { 'X-Security-Token': securitytoken };
        expect(await app.send(by, { at, headers })).toMatchObject({ status: 401, body: { error_msg: REFUSED } });
      }
    });

    it('is only given for a token, and for the time that is allowed', async () => {
      expect((await create(tenant.token, { token: { id: tenant.token } }).expect(201)).headers['cache-control']).toBe(
        'no-store',
      );
      const problems = async (identity: Record<string, unknown>) =>
        ((await create(tenant.token, identity).expect(400)).body.problems as { path: string }[]).map(
          ({ path }) => path,
        );
      expect(await problems({ methods: ['password'], token: { duration_seconds: 899 }, policy: {} })).toEqual([
        'body.auth.identity.methods',
        'body.auth.identity.token.duration_seconds',
        'body.auth.identity.policy',
      ]);
      await create(tenant.token, { token: { id: await app.service.operatorToken() } }).expect(401);
      const temporary = await issue();
      const body = JSON.stringify({ auth: { identity: { methods: ['token'] } } });
      const again = { method: 'POST', path: '/v3.0/OS-CREDENTIAL/securitytokens', body, at: app.service.clock.now() };
      const headers = { ...json, 'X-Security-Token': temporary.securitytoken };
      expect(await app.send(temporary, { ...again, headers })).toMatchObject({
        status: 401,
        body: { error_code: 'IAM.0001' },
      });
      const traces = await app.service.recorded();
      expect(traces.at(-1)).toMatchObject({ trace_name: 'createTemporaryCredential', domain_id: tenant.domain.id });
      expect(JSON.stringify(traces)).not.toContain(temporary.secret);
      expect(JSON.stringify(traces) + app.service.logLines.join('')).not.toContain(temporary.securitytoken);
    });
  });
});

describe('requests signed behind a proxy and over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quaestor-tls-'));
  let app: SignedApp;
  beforeAll(async () => {
    const { cert, key } = selfSignedCertificate('swr.example');
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
    app = await SignedApp.start({
      TRUST_PROXY: '127.0.0.1',
      TLS_CERT: join(folder, 'cert.pem'),
      TLS_KEY: join(folder, 'key.pem'),
    });
  });
  afterAll(async () => {
    await app.service.stop();
    rmSync(folder, { recursive: true });
  });

  it('are verified over the host that the client sent', async () => {
    expect(app.url).toMatch(/^https:/);
    expect((await app.send(app.key)).status).toBe(200);
    const behind = { host: 'swr.example:8443', unsigned: { host: app.host, 'x-forwarded-host': 'swr.example:8443' } };
    expect((await app.send(app.key, behind)).body.principal.accessKeyId).toBe(app.key.access);
    const other = { ...behind, unsigned: { ...behind.unsigned, 'x-forwarded-host': 'swr.example' } };
    expect((await app.send(app.key, other)).body.error_msg).toBe(REFUSED);
  });
});
