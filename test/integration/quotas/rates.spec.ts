/** Rate quotas: of our own API, and those that registry services take from through several processes. */
import request from 'supertest';
import { migrations } from '../../../migrations/index.js';
import { createTestDatabase } from '../../support/database.js';
import { IdentityApp, openApp } from '../identity/harness.js';

describe('rate quotas of the API', () => {
  let service: IdentityApp;
  beforeAll(async () => {
    // Tenants may read twice at once and write once; each comes back slowly enough for a test on a busy machine.
    service = await IdentityApp.start({ API_RATE_FACTOR: '0.01' });
  });
  afterAll(() => service.stop());

  /** Signing in has a quota, too; a minute later all of it is there again. */
  const later = () => {
    service.clock.advance(60_000);
  };
  const until429 = async (path: string, token: string) => {
    for (let count = 1; count <= 50; count++) {
      const response = await service.call('GET', path, token);
      if (response.status === 429) return { response, count };
    }
    throw new Error('never limited');
  };

  it('tells what is left, refuses the next with when to come again, in the words of each API', async () => {
    const operator = await service.operatorToken();
    later();
    const tenant = await service.createTenant('acme');
    later();
    const first = await service.call('GET', '/v1/traces', tenant.token);
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"read";q=2;w=4',
      ratelimit: expect.stringMatching(/^"read";r=[01];t=[1-4]$/),
    });
    expect(first.headers['retry-after']).toBeUndefined();

    const { response, count } = await until429('/v1/traces', tenant.token);
    expect(count).toBeGreaterThan(1);
    expect(response.body).toMatchObject({
      error_code: 'QST.TooManyRequests',
      error_msg: expect.stringContaining('read over ratelimit'),
      retry_after_ms: expect.any(Number),
    });
    expect(response.headers).toMatchObject({
      'retry-after': expect.stringMatching(/^[12]$/),
      ratelimit: expect.stringMatching(/^"read";r=0;t=[1-4]$/),
    });
    const cts = await until429(`/v3/${tenant.project.id}/traces`, tenant.token);
    expect(cts.response.body).toMatchObject({ error_code: 'APIGW.0308' });
    const iam = await until429('/v3/users', tenant.token);
    expect(iam.response.body).toMatchObject({ error_code: 'APIGW.0308', error: { code: 429 } });

    // Another class, another caller, another plane: each has its own.
    expect((await service.call('GET', '/v1/domains', operator)).status).toBe(200);
    expect((await service.call('GET', '/healthz', tenant.token)).status).toBe(200);
    expect((await service.http().get('/metrics')).text).toMatch(
      /quaestor_http_rate_limited_total\{class="read"\} [1-9]/,
    );
  });

  it('lets the caller in again after the time it was told', async () => {
    later();
    const tenant = await service.createTenant('beta');
    const { response } = await until429('/v1/traces', tenant.token);
    service.clock.advance(Number(response.body.retry_after_ms));
    expect((await service.call('GET', '/v1/traces', tenant.token)).status).toBe(200);
  });

  it('counts who signs in by address', async () => {
    later();
    const statuses: number[] = [];
    for (let count = 0; count < 20 && !statuses.includes(429); count++) {
      const { status, headers } = await service.http().post('/v3/auth/tokens').send({});
      statuses.push(status);
      expect(headers['ratelimit-policy']).toBe('"sign_in";q=2;w=10');
    }
    expect(statuses.slice(0, 2)).toEqual([400, 400]);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('POST /v1/quotas/rates/take', () => {
  let service: IdentityApp;
  let second: Awaited<ReturnType<typeof openApp>>;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let operator: string;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  beforeAll(async () => {
    database = await createTestDatabase(migrations);
    service = await IdentityApp.start({}, database.url);
    second = await openApp(database.url, { DATA_DIR: service.dataDir });
    await second.app.getHttpAdapter().getInstance().ready();
    operator = await service.operatorToken();
    tenant = await service.createTenant('gamma');
  });
  afterAll(async () => {
    await second.app.close();
    await service.stop();
    await database.drop();
  });

  const take = (body: object, token = operator) => service.call('POST', '/v1/quotas/rates/take', token, body);

  it('grants a burst to all processes together, not to each', async () => {
    const body = { domain_id: tenant.domain.id, principal_id: 'u-1', class: 'manage', amount: 10 };
    const asks = Array.from({ length: 20 }, (_, count) =>
      request((count % 2 === 0 ? service : second).app.getHttpServer())
        .post('/v1/quotas/rates/take')
        .set('X-Auth-Token', operator)
        .send(body),
    );
    const started = Date.now();
    const granted = (await Promise.all(asks)).map(({ status, body: answer }) => {
      expect(status).toBe(200);
      return answer as { allowed: boolean; remaining: number; retry_after_ms: number };
    });
    const refilled = Math.ceil((Date.now() - started) / 1_000);
    const allowed = granted.filter((answer) => answer.allowed).length;
    expect(allowed).toBeGreaterThanOrEqual(5);
    expect(allowed).toBeLessThanOrEqual(5 + refilled);
    for (const answer of granted) expect(answer.retry_after_ms > 0).toBe(!answer.allowed);
  });

  it('keeps principals and classes apart, and tells the quota', async () => {
    const body = { domain_id: tenant.domain.id, principal_id: 'u-2', class: 'push', amount: 150 };
    expect((await take(body)).body).toMatchObject({
      allowed: true,
      class: 'push',
      limit: 20,
      window_seconds: 1,
      burst: 200,
      retry_after_ms: 0,
    });
    expect((await take(body)).body).toMatchObject({ allowed: false });
    expect((await take({ ...body, principal_id: 'u-3' })).body).toMatchObject({ allowed: true });
    expect((await take({ ...body, class: 'pull' })).body).toMatchObject({ allowed: true });
  });

  it('keeps nobody out for as long as the clock went back', async () => {
    const body = { domain_id: tenant.domain.id, principal_id: 'u-5', class: 'manage', amount: 1 };
    expect((await take(body)).body).toMatchObject({ allowed: true });
    await service.database.query("UPDATE rate_states SET arrival_ms = arrival_ms + 600000 WHERE principal_id = 'u-5'");
    expect((await take({ ...body, amount: 4 })).body).toMatchObject({ allowed: true, remaining: 46 });
  });

  it('refuses tenants, unknown domains and what is no take, all problems at once', async () => {
    const body = { domain_id: tenant.domain.id, principal_id: 'u-4', class: 'push' };
    expect((await take(body, tenant.token)).status).toBe(403);
    expect((await take({ ...body, domain_id: 'nowhere' })).status).toBe(404);
    const { status, body: refused } = await take({ ...body, principal_id: '', class: 'bake' });
    expect(status).toBe(400);
    expect(refused.problems.map(({ path }: { path: string }) => path)).toEqual(['body.principal_id', 'body.class']);
    const tooMuch = await take({ ...body, amount: 201 });
    expect(tooMuch.body.problems).toEqual([{ path: 'body.amount', message: 'must be at most the burst, 200' }]);
  });
});
