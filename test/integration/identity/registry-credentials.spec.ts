import { createHmac } from 'node:crypto';
import { HOUR_MS } from '../../../src/kernel/clock.js';
import { reaches } from '../../support/reaches.js';
import { IdentityApp } from './harness.js';

interface Issued {
  readonly auth_token: string;
  readonly token_id: string;
  readonly user_id: string;
  readonly expire_date: string | null;
}
type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;

describe('login credentials of the registry', () => {
  let service: IdentityApp;
  let operator: string;
  let tenant: Tenant;
  beforeAll(async () => {
    service = await IdentityApp.start({ REGISTRY_ADDRESS: 'swr.{region}.example', REGISTRY_LOGIN_TTL_HOURS: '6' });
    operator = await service.operatorToken();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());
  const post = (path: string, token: string, body?: object) =>
    service.http().post(path).set('X-Auth-Token', token).send(body);
  const of = ({ project }: Tenant, rest = '') => `/v2/${project.id}/instances/i-1/${rest}`;
  const createLongTerm = async (name: string, token = tenant.token): Promise<Issued> =>
    (await post(of(tenant, 'long-term-credential'), token, { name }).expect(201)).body as Issued;
  const verify = async (username: string, password: string, instance?: string) =>
    (
      await post('/v1/credentials/verify', operator, {
        username,
        password,
        ...(instance && { instance_id: instance }),
      }).expect(200)
    ).body as Record<string, unknown>;
  const set = (text: string, values: unknown[]) => service.database.query(text, values);
  /** A user of the tenant's domain, with a token; administrator, as nobody else is allowed anything yet. */
  const colleague = async (name: string) => {
    const id = `${name}-${tenant.domain.id}`;
    await set(
      `INSERT INTO users (domain_id, id, name, password_hash, is_administrator)
       SELECT domain_id, $2, $3, password_hash, true FROM users WHERE id = $1`,
      [tenant.administrator.id, id, name],
    );
    return { id, token: await service.login({ id, password: tenant.password }) };
  };

  it('gives a temporary login command, as CreateSecret does', async () => {
    const { body, headers } = await post('/v2/manage/utils/secret', tenant.token).expect(200);
    const registry = 'swr.cn-north-4.example';
    const [username = '', password = ''] = Buffer.from(body.auths[registry].auth, 'base64').toString().split(':');
    expect(username).toMatch(/^cn-north-4@HST[A-Z0-9]{21}$/);
    expect(headers['x-swr-dockerlogin']).toBe(`docker login -u ${username} -p ${password} ${registry}`);
    expect(headers['cache-control']).toBe('no-store');
    const expiresAt = Date.parse(String(headers['x-swr-expireat']));
    expect(Math.abs(expiresAt - service.clock.now() - 6 * HOUR_MS)).toBeLessThan(10_000);
    expect(await verify(username, password)).toEqual({
      valid: true,
      kind: 'temporary',
      user: { id: tenant.administrator.id, name: 'root' },
      domain: { id: tenant.domain.id, name: tenant.domain.name },
      project: { id: tenant.project.id, name: 'cn-north-4' },
      groups: [],
      expires_at: expiresAt,
    });
    expect(await verify(username, `${password.slice(0, -1)}x`)).toEqual({ valid: false });
    expect(await verify(username, password, 'i-1')).toEqual({ valid: false });
    expect(await verify(username.replace('cn-north-4', 'elsewhere'), password)).toEqual({ valid: false });
    const bearer = await post('/v2/manage/utils/authorizationtoken', tenant.token).expect(200);
    const [, name = '', secret = ''] = /-u (\S+) -p (\S+)/.exec(String(bearer.headers['x-swr-dockerlogin'])) ?? [];
    expect(name).toMatch(/^bearertoken@/);
    expect(await verify(name, secret)).toMatchObject({ valid: true, kind: 'temporary' });
    service.clock.advance(6 * HOUR_MS + 1_000);
    expect(await verify(username, password)).toEqual({ valid: false });
    // The next one clears away what has expired.
    await post('/v2/manage/utils/secret?projectname=cn-north-4&duration_seconds=900', tenant.token).expect(200);
    const left = await service.database.query<{ count: string }>(
      'SELECT count(*) FROM registry_credentials WHERE expires_at < to_timestamp($1 / 1000.0)',
      [service.clock.now()],
    );
    expect(left[0]?.count).toBe('0');
  });

  it('wants the project named where there are several, and one of the caller', async () => {
    const other = await service.createTenant();
    await set("INSERT INTO projects (domain_id, id, name, region) VALUES ($1, $2, 'second', 'cn-east-3')", [
      other.domain.id,
      `second-${other.domain.id.slice(0, 20)}`,
    ]);
    expect((await post('/v2/manage/utils/secret', other.token).expect(400)).body.error_code).toBe('QST.BadRequest');
    const { body } = await post('/v2/manage/utils/secret?projectname=second', other.token).expect(200);
    expect(Object.keys(body.auths)).toEqual(['swr.cn-east-3.example']);
    expect((await post('/v2/manage/utils/secret?projectname=third', other.token).expect(404)).body.errors).toHaveLength(
      1,
    );
    await post('/v2/manage/utils/secret?duration_seconds=10', other.token).expect(400);
  });

  it('takes the long-term login that is made of an access key', async () => {
    const { access, secret = '' } = service.credentials.access_key;
    const password = createHmac('sha256', secret).update(access).digest('hex');
    const username = `${service.credentials.project.name}@${access}`;
    expect(await verify(username, password)).toMatchObject({
      valid: true,
      kind: 'access_key',
      user: { id: service.credentials.user.id },
      project: { id: service.credentials.project.id },
      expires_at: null,
    });
    expect(await verify(username, password.toUpperCase())).toEqual({ valid: false });
    expect(await verify(username, password, 'i-1')).toEqual({ valid: false });
    expect(await verify(`nowhere@${access}`, password)).toEqual({ valid: false });
    await set('UPDATE access_keys SET enabled = false WHERE access_key = $1', [access]);
    expect(await verify(username, password)).toEqual({ valid: false });
    await set('UPDATE access_keys SET enabled = true WHERE access_key = $1', [access]);
    await reaches(
      'its use is noted',
      () => set('SELECT 1 FROM access_keys WHERE access_key = $1 AND last_used_at IS NOT NULL', [access]),
      (rows) => rows.length === 1,
    );
  });

  it('keeps long-term credentials of an instance, by name, until they are deleted', async () => {
    const issued = await createLongTerm('ci-1');
    expect(issued).toMatchObject({ user_id: `cn-north-4@${issued.token_id}`, expire_date: null });
    expect(issued.auth_token).toMatch(/^[0-9a-f]{64}$/);
    const login = () => verify(issued.user_id, issued.auth_token, 'i-1');
    expect(await login()).toMatchObject({ valid: true, kind: 'long_term', expires_at: null });
    expect(await verify(issued.user_id, issued.auth_token)).toEqual({ valid: false });
    expect(await verify(issued.user_id, issued.auth_token, 'i-2')).toEqual({ valid: false });
    expect(
      (await post(of(tenant, 'long-term-credential'), tenant.token, { name: 'ci-1' }).expect(409)).body.error_code,
    ).toBe('QST.Conflict');
    for (const name of ['', 'CI', 'a--b', '-a', 'a.', 'x'.repeat(65)])
      await post(of(tenant, 'long-term-credential'), tenant.token, { name }).expect(400);

    const path = of(tenant, `long-term-credentials/${issued.token_id}`);
    const put = (enable: unknown) => service.http().put(path).set('X-Auth-Token', tenant.token).send({ enable });
    await put(false).expect(200);
    expect(await login()).toEqual({ valid: false });
    await put(true).expect(200);
    expect(await login()).toMatchObject({ valid: true });
    await put('no').expect(400);
    await service.http().delete(path).set('X-Auth-Token', tenant.token).expect(204);
    expect(await login()).toEqual({ valid: false });
    await service.http().delete(path).set('X-Auth-Token', tenant.token).expect(404);
  });

  it('lists one’s own, or all to administrators; a stranger sees and changes none', async () => {
    const friend = await colleague('friend');
    const own = await createLongTerm('own');
    const theirs = await createLongTerm('theirs', friend.token);
    const list = async (token: string, query = '') => {
      const { body } = await service
        .http()
        .get(`${of(tenant, 'long-term-credentials')}${query}`)
        .set('X-Auth-Token', token)
        .expect(200);
      return body as {
        total: number;
        auth_tokens: { name: string; enable: boolean; user_profile: string; user_id: string }[];
      };
    };
    expect(await list(tenant.token)).toMatchObject({
      total: 1,
      auth_tokens: [
        {
          name: 'own',
          enable: true,
          instance_id: 'i-1',
          token_id: own.token_id,
          user_id: own.user_id,
          user_profile: 'root',
          expire_date: null,
        },
      ],
    });
    const all = await list(tenant.token, '?self_only=false&offset=1&limit=1');
    expect([all.total, all.auth_tokens.map(({ name }) => name)]).toEqual([2, ['theirs']]);
    expect(JSON.stringify(all)).not.toContain(theirs.auth_token);

    const other = await service.createTenant();
    const foreign = (method: 'delete' | 'put', path: string) =>
      service.http()[method](path).set('X-Auth-Token', other.token).send({ enable: false });
    await foreign('put', of(tenant, `long-term-credentials/${own.token_id}`)).expect(403);
    const absent = await foreign('delete', of(other, 'long-term-credentials/nothing')).expect(404);
    const hidden = await foreign('delete', of(other, `long-term-credentials/${own.token_id}`)).expect(404);
    expect({ ...hidden.body, request_id: '' }).toEqual({ ...absent.body, request_id: '' });
    expect(await verify(own.user_id, own.auth_token, 'i-1')).toMatchObject({ valid: true });
  });

  it('gives temporary ones of an instance, which end with the user’s tokens', async () => {
    const friend = await colleague('temporary-friend');
    const { body } = await post(of(tenant, 'temp-credential'), friend.token).expect(201);
    const issued = body as Issued;
    expect(Date.parse(issued.expire_date ?? '')).toBeGreaterThan(service.clock.now());
    expect(await verify(issued.user_id, issued.auth_token, 'i-1')).toMatchObject({ valid: true, kind: 'temporary' });
    await set("UPDATE users SET tokens_valid_from = now() + interval '30 days' WHERE id = $1", [friend.id]);
    expect(await verify(issued.user_id, issued.auth_token, 'i-1')).toEqual({ valid: false });
  });

  it('answers whatever is no good the same, and records it within bounds, without secrets', async () => {
    const good = await createLongTerm('good');
    await set('DELETE FROM trace_outbox', []);
    for (let count = 0; count < 5; count++)
      for (const [username, password] of [
        ['nobody@NOTHING', 'not-this-secret'],
        ['no name at all', 'not-this-secret'],
        [good.user_id, 'not-this-secret'],
      ] as const)
        expect(await verify(username, password, 'i-1')).toEqual({ valid: false });
    const failures = () => service.recorded();
    const told = await reaches('they are recorded', failures, ({ length }) => length >= 3);
    expect(told.map(({ trace_name: name, resource_name: username, message }) => [name, username, message])).toEqual([
      ['registryLoginFailed', 'nobody@NOTHING', 'there is no such login'],
      ['registryLoginFailed', 'no name at all', 'there is no such login'],
      ['registryLoginFailed', good.user_id, 'the password is wrong'],
    ]);
    expect(told.map(({ domain_id: domain }) => domain)).toEqual([
      service.credentials.domain.id,
      service.credentials.domain.id,
      tenant.domain.id,
    ]);
    for (let count = 0; count < 80; count++) await verify(`guess-${String(count)}@AK`, 'x');
    expect((await failures()).length).toBeLessThanOrEqual(60);
    expect(JSON.stringify(await failures()) + service.logLines.join('')).not.toMatch(/not-this-secret/);
  });

  it('is asked by principals of the operator domain only, and records every change without secrets', async () => {
    await post('/v1/credentials/verify', tenant.token, { username: 'a@b', password: 'x' }).expect(403);
    const bad = await post('/v1/credentials/verify', operator, { username: '', pasword: 'x' }).expect(400);
    expect((bad.body.problems as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      'body.password',
      'body.pasword',
      'body.username',
    ]);
    await set('DELETE FROM trace_outbox', []);
    const issued = await createLongTerm('recorded');
    const path = of(tenant, `long-term-credentials/${issued.token_id}`);
    await service.http().put(path).set('X-Auth-Token', tenant.token).send({ enable: false }).expect(200);
    await service.http().delete(path).set('X-Auth-Token', tenant.token).expect(204);
    await post(of(tenant, 'temp-credential'), tenant.token).expect(201);
    await post('/v2/manage/utils/secret', tenant.token).expect(200);
    const traces = await service.recorded();
    expect(traces.map(({ trace_name: name, resource_type: type }) => [name, type])).toEqual([
      ['createLongTermCredential', 'credential'],
      ['updateLongTermCredential', 'credential'],
      ['deleteLongTermCredential', 'credential'],
      ['createTempCredential', 'credential'],
      ['createDockerConfig', 'dockerlogincmd'],
    ]);
    for (const trace of traces)
      expect(trace).toMatchObject({ service_type: 'SWR', domain_id: tenant.domain.id, project_id: tenant.project.id });
    expect(JSON.stringify(traces)).not.toContain(issued.auth_token);
  });
});
