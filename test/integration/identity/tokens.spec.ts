import { DAY_MS } from '../../../src/kernel/clock.js';
import { IdentityApp, passwordLogin } from './harness.js';

describe('POST /v3/auth/tokens', () => {
  let service: IdentityApp;
  beforeAll(async () => {
    service = await IdentityApp.start();
  });
  afterAll(() => service.stop());
  const post = (body: object, query = '') => service.http().post(`/v3/auth/tokens${query}`).send(body);
  const operator = () => {
    const { user, domain } = service.credentials;
    return { name: user.name, password: user.password, domain: { name: domain.name } };
  };

  it('answers 201 with the token in the header and the documented body', async () => {
    const { project, domain, user, region } = service.credentials;
    const { body, headers } = await post(passwordLogin(operator(), { project: { id: project.id } })).expect(201);
    expect(headers['x-subject-token']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(headers['cache-control']).toBe('no-store');
    const own = { id: domain.id, name: domain.name };
    expect(body.token).toMatchObject({
      methods: ['password'],
      user: { id: user.id, name: user.name, password_expires_at: '', domain: own },
      project: { id: project.id, name: project.name, domain: own },
      roles: [{ id: '0', name: 'te_admin' }],
    });
    expect(body.token).not.toHaveProperty('domain');
    for (const instant of [body.token.issued_at, body.token.expires_at])
      expect(instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(Date.parse(body.token.expires_at) - Date.parse(body.token.issued_at)).toBe(DAY_MS);
    const cts = body.token.catalog.find(({ type }: { type: string }) => type === 'cts');
    expect(cts.endpoints[0]).toMatchObject({ interface: 'public', region_id: region });
    expect(cts.endpoints[0].url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/v3/${project.id}$`));
  });

  it('leaves the catalogue out where asked', async () => {
    const { body } = await post(passwordLogin(operator()), '?nocatalog=true').expect(201);
    expect(body.token).not.toHaveProperty('catalog');
    expect((await post(passwordLogin(operator())).expect(201)).body.token.catalog).toEqual(expect.any(Array));
  });

  it('takes user and domain by id as well, and every form of scope', async () => {
    const { project, domain, user } = service.credentials;
    await post(passwordLogin({ id: user.id, password: user.password })).expect(201);
    await post(passwordLogin({ ...operator(), domain: { id: domain.id } })).expect(201);
    const scoped = async (scope?: Record<string, unknown>) =>
      (await post(passwordLogin(operator(), scope)).expect(201)).body.token as Record<string, { id: string }>;
    expect((await scoped({ project: { name: project.name } })).project).toMatchObject({ id: project.id });
    expect((await scoped({ domain: { id: domain.id } })).domain).toMatchObject({ id: domain.id });
    expect((await scoped({ domain: { name: domain.name } })).domain).toMatchObject({ id: domain.id });
    expect((await scoped()).domain).toMatchObject({ id: domain.id });
    const both = await scoped({ project: { id: project.id }, domain: { id: domain.id } });
    expect(both.project).toMatchObject({ id: project.id });
    expect(both).not.toHaveProperty('domain');
  });

  it('refuses wrong passwords and unknown users in the very same words', async () => {
    const strip = ({ request_id: id, ...rest }: Record<string, unknown>) => [rest, typeof id];
    const answers = [];
    for (const wrong of [
      { ...operator(), password: 'wrong-password' },
      { ...operator(), name: 'nobody' },
      { ...operator(), domain: { name: 'nowhere' } },
      { id: 'f'.repeat(32), password: 'x' },
    ])
      answers.push(strip((await post(passwordLogin(wrong)).expect(401)).body));
    expect(answers[0]).toEqual([
      {
        error_code: 'IAM.0062',
        error_msg: 'The username or password is wrong.',
        error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' },
      },
      'string',
    ]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('refuses scopes that are not the user’s', async () => {
    const tenant = await service.createTenant();
    for (const scope of [
      { project: { id: tenant.project.id } },
      { project: { name: 'no-such-project' } },
      { domain: { id: tenant.domain.id } },
      { domain: { name: tenant.domain.name } },
    ])
      expect((await post(passwordLogin(operator(), scope)).expect(401)).body.error_code).toBe('IAM.0001');
  });

  it.each([
    ['an empty object', {}, ['body.auth']],
    ['no identity', { auth: {} }, ['body.auth.identity']],
    [
      'several faults at once',
      { auth: { identity: { methods: ['totp'], password: { user: { name: 7 } } }, scope: { project: {} } } },
      [
        'body.auth.identity.methods',
        'body.auth.identity.password.user.name',
        'body.auth.identity.password.user.password',
        'body.auth.scope.project',
      ],
    ],
    [
      'a user without a domain',
      passwordLogin({ name: 'admin', password: 'x' }),
      ['body.auth.identity.password.user.domain'],
    ],
    ['a NUL', passwordLogin({ id: 'a\0b', password: 'x' }), ['body.auth.identity.password.user.id']],
  ])('names every problem of %s', async (_, body, paths) => {
    const answer = (await post(body).expect(400)).body;
    expect(answer.error).toMatchObject({ code: 400, title: 'Bad Request' });
    expect(answer.problems.map(({ path }: { path: string }) => path).sort()).toEqual(paths);
  });

  it('records logins and failures, without any secret', async () => {
    const tenant = await service.createTenant();
    const domain = { name: tenant.domain.name };
    await service.database.query('DELETE FROM trace_outbox');
    await post(
      passwordLogin({ name: 'root', password: tenant.password, domain }, { project: { id: tenant.project.id } }),
    );
    await post(passwordLogin({ name: 'root', password: 'not-this-secret', domain }));
    await post(passwordLogin({ name: 'ghost', password: 'not-this-secret', domain }));
    await post(passwordLogin({ name: 'ghost', password: 'not-this-secret', domain: { name: 'nowhere' } }));
    const traces = await service.recorded();
    expect(traces.map((trace) => [trace.trace_name, trace.domain_id, trace.project_id, trace.resource_name])).toEqual([
      ['login', tenant.domain.id, tenant.project.id, 'root'],
      ['loginFailed', tenant.domain.id, '', 'root'],
      ['loginFailed', tenant.domain.id, '', 'ghost'],
      ['loginFailed', service.credentials.domain.id, '', 'ghost'],
    ]);
    for (const trace of traces)
      expect(trace).toMatchObject({ service_type: 'IAM', resource_type: 'user', source_ip: '127.0.0.1' });
    expect(JSON.stringify(traces)).not.toMatch(/not-this-secret|correct horse/);
    expect(service.logLines.join('')).not.toMatch(/not-this-secret|correct horse/);
  });

  it('shows a token to its owner and to administrators, and to nobody else', async () => {
    const mine = await service.operatorToken();
    const tenant = await service.createTenant();
    const get = (own: string, subject?: string) => {
      const sent = service.http().get('/v3/auth/tokens').set('X-Auth-Token', own);
      return subject === undefined ? sent : sent.set('X-Subject-Token', subject);
    };
    const own = await get(tenant.token, tenant.token).expect(200);
    expect(own.headers['x-subject-token']).toBe(tenant.token);
    expect(own.body.token.user.id).toBe(tenant.administrator.id);
    await get(mine, tenant.token).expect(200);
    expect((await get(tenant.token, mine).expect(404)).body.error_code).toBe('IAM.0004');
    expect((await get(mine, 'garbage').expect(404)).body.error_code).toBe('IAM.0004');
    expect((await get(mine).expect(400)).body.error_code).toBe('IAM.0009');
    await service.http().head('/v3/auth/tokens').set('X-Auth-Token', mine).set('X-Subject-Token', mine).expect(200);
  });
});
