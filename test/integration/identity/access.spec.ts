import { generateKeyPairSync } from 'node:crypto';
import { decodeProtectedHeader, SignJWT } from 'jose';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { routeGuarding } from '../../support/guard-coverage.js';
import { until } from '../../support/until.js';
import { IdentityApp } from './harness.js';

type Answer = { body: Record<string, unknown>; status: number };
const withoutId = ({ body, status }: Answer) => ({ status, body: { ...body, request_id: null } });

describe('access', () => {
  let service: IdentityApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());
  const get = (path: string, token?: string) => {
    const sent = service.http().get(path);
    return token === undefined ? sent : sent.set('X-Auth-Token', token);
  };

  it('gives the principal to the handler', async () => {
    const { body } = await get(`/v3/${tenant.project.id}/probe`, tenant.token).expect(200);
    expect(body).toEqual({
      userId: tenant.administrator.id,
      userName: 'root',
      domainId: tenant.domain.id,
      domainName: tenant.domain.name,
      projectId: null,
      groups: [],
      isOperator: false,
      isAdministrator: true,
      accessKeyId: null,
      mfaAt: null,
      isFederated: false,
    });
  });

  it.each([
    ['no token', undefined, 'x-auth-token not found'],
    ['an empty one', '', 'x-auth-token not found'],
    ['nonsense', 'nonsense', 'decrypt token fail'],
    ['something huge', 'x'.repeat(9_000), 'decrypt token fail'],
  ])('answers 401 to %s', async (_, token, reason) => {
    for (const path of ['/v1/operator-probe', `/v3/${tenant.project.id}/probe`]) {
      const { body, headers } = await get(path, token).expect(401);
      expect(body).toEqual({
        error_code: 'APIGW.0301',
        error_msg: `Incorrect IAM authentication information: ${reason}`,
        request_id: headers['x-request-id'],
      });
    }
  });

  it('takes only tokens that its own keys signed by EdDSA', async () => {
    const { kid = '' } = decodeProtectedHeader(tenant.token);
    const foreign = generateKeyPairSync('ed25519').privateKey;
    const claims = { did: tenant.domain.id };
    const sign = (alg: string, key: Parameters<SignJWT['sign']>[0], headerKid: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg, kid: headerKid })
        .setIssuer('quaestor')
        .setSubject(tenant.administrator.id)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(key);
    const [header = '', payload = '', signature = ''] = tenant.token.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url');
    const otherPayload = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
        did: service.credentials.domain.id,
        sub: service.credentials.user.id,
      }),
    ).toString('base64url');
    for (const forged of [
      await sign('EdDSA', foreign, kid),
      await sign('EdDSA', foreign, 'unknown-kid'),
      await sign('HS256', new TextEncoder().encode('a secret of thirty-two characters'), kid),
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${otherPayload}.${signature}`,
    ])
      expect((await get('/v1/operator-probe', forged).expect(401)).body.error_msg).toContain('decrypt token fail');
  });

  it('keeps the operator plane to the operator', async () => {
    await get('/v1/operator-probe', await service.operatorToken()).expect(200);
    const { body } = await get('/v1/operator-probe', tenant.token).expect(403);
    expect(body.error_code).toBe('QST.Forbidden');
    await service.http().post('/v1/domains').set('X-Auth-Token', tenant.token).send({}).expect(403);
  });

  it('answers for another domain’s project as for one that does not exist', async () => {
    const other = await service.createTenant();
    const nowhere = withoutId(await get(`/v3/${'0'.repeat(32)}/probe`, tenant.token));
    expect(nowhere).toMatchObject({ status: 403, body: { error_code: 'CTS.0013' } });
    expect(withoutId(await get(`/v3/${other.project.id}/probe`, tenant.token))).toEqual(nowhere);
    expect(withoutId(await get(`/v3/${other.project.id}/probe`, await service.operatorToken()))).toEqual(nowhere);
    expect(withoutId(await get('/v3/a%00b/probe', tenant.token))).toEqual(nowhere);
    await get(`/v3/${tenant.domain.id}/domain-probe`, tenant.token).expect(200);
    const foreignDomain = withoutId(await get(`/v3/${other.domain.id}/domain-probe`, tenant.token));
    expect(foreignDomain).toMatchObject({ status: 403, body: { error_code: 'CTS.0013' } });
    expect(withoutId(await get(`/v3/${'0'.repeat(32)}/domain-probe`, tenant.token))).toEqual(foreignDomain);
  });

  it('allows nothing without a policy, also to administrators, in each API’s shape and naming the action', async () => {
    const plain = await service.createTenant();
    await service.withoutPolicies(plain.domain.id);
    const { body: cts } = await until(
      () => get(`/v3/${plain.project.id}/probe`, plain.token),
      ({ status }) => status === 403,
    );
    expect(cts).toMatchObject({
      error_code: 'CTS.0013',
      error_msg: 'You are not authorized to perform this operation: no policy allows cts:trace:list.',
    });
    const { body } = await get('/v3/users/probe', plain.token).expect(403);
    expect(body).toMatchObject({ error_code: 'IAM.0003', error: { code: 403, title: 'Forbidden' } });
    await service
      .http()
      .get('/v3/auth/tokens')
      .set({ 'X-Auth-Token': plain.token, 'X-Subject-Token': plain.token })
      .expect(200);
  });

  it('turns away a disabled user, a disabled domain and tokens from before a change, within half a second', async () => {
    const operator = await service.operatorToken();
    const one = await service.createTenant();
    const path = `/v3/${one.project.id}/probe`;
    const patch = (enabled: boolean) =>
      service.http().patch(`/v1/domains/${one.domain.id}`).set('X-Auth-Token', operator).send({ enabled }).expect(200);
    await get(path, one.token).expect(200);
    await patch(false);
    service.clock.advance(500);
    expect((await get(path, one.token).expect(401)).body.error_msg).toContain('the token is no longer valid');
    const login = {
      auth: {
        identity: { methods: ['password'], password: { user: { id: one.administrator.id, password: one.password } } },
      },
    };
    await service.http().post('/v3/auth/tokens').send(login).expect(401);
    await patch(true);
    service.clock.advance(500);
    await get(path, one.token).expect(200);
    await service.database.query("UPDATE users SET tokens_valid_from = now() + interval '1 hour' WHERE id = $1", [
      one.administrator.id,
    ]);
    service.clock.advance(500);
    await get(path, one.token).expect(401);
  });

  it('says when a token has expired', async () => {
    const path = `/v3/${tenant.project.id}/probe`;
    await get(path, tenant.token).expect(200);
    service.clock.advance(DAY_MS + 1_000);
    const { body } = await get(path, tenant.token).expect(401);
    expect(body.error_msg).toMatch(/: token expires, expires_at: \d{4}-.*Z$/);
    // Tokens are dated by the database's clock, which did not move.
    service.clock.advance(-DAY_MS - 1_000);
  });

  it('closes a route whose decorator was forgotten', async () => {
    const { body } = await get('/v1/forgotten', await service.operatorToken()).expect(403);
    expect(body.error_code).toBe('QST.Forbidden');
  });

  it('has a requirement, or is public, on every route', () => {
    const routes = routeGuarding(service.app);
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter(({ guarded }) => guarded === 'nothing').map(({ handler }) => handler)).toEqual([
      // The planted one: the check does find what is missing.
      'ForgottenController.forgotten',
    ]);
    expect(
      routes
        .filter(({ guarded }) => guarded === 'public')
        .map(({ handler }) => handler)
        .sort(),
    ).toEqual([
      'HealthController.alive',
      'HealthController.ready',
      'MetricsController.scrape',
      'SigningKeysController.jwks',
      'TokenController.create',
    ]);
  });
});
