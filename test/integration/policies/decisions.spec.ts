import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { until } from '../../support/until.js';
import { IdentityApp, openApp } from '../identity/harness.js';
import { document, PolicyFixtures, statement } from './fixtures.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;

describe('decisions by policies', () => {
  let service: IdentityApp;
  let replica: NestFastifyApplication;
  let tenant: Tenant;
  let fixtures: PolicyFixtures;
  beforeAll(async () => {
    service = await IdentityApp.start();
    const { options } = service.database.dataSource;
    const url = options.type === 'postgres' ? (options.url ?? '') : '';
    replica = (await openApp(url, {})).app;
    await replica.getHttpAdapter().getInstance().ready();
    tenant = await service.createTenant();
    fixtures = new PolicyFixtures(service.database, tenant.domain.id);
  });
  afterAll(async () => {
    await replica.close();
    await service.stop();
  });

  const replicas = () => [service.app, replica].map((app) => request(app.getHttpServer()));
  const post = (path: string, body: object, token = tenant.token, http = service.http()) =>
    http.post(path).set('X-Auth-Token', token).send(body);
  const evaluate = (user: string, action: string, resource: string, http = service.http(), token = tenant.token) =>
    post(
      '/access/v1/evaluation',
      { subject: { type: 'user', id: user }, action: { name: action }, resource: { type: 'repo', id: resource } },
      token,
      http,
    );
  const repo = (path: string) => `swr:cn-north-4:${tenant.domain.id}:repo:${path}`;

  /** A user of the fixtures has no password: the administrator's is given to it. */
  async function loginAs(userId: string, { domain, administrator, password }: Tenant): Promise<string> {
    await service.database.query(
      'UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = $2) WHERE id = $1',
      [userId, administrator.id],
    );
    return service.login({ name: userId, password, domain: { name: domain.name } });
  }

  it('says which statement allows, which nearly did, and which denies: within a second, on every replica', async () => {
    const user = await fixtures.user();
    const group = await fixtures.group(user);
    const role = await fixtures.policy(
      'registry of dev',
      { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['swr:repo:*'], Resource: ['swr:*:*:repo:dev/*'] }] },
      'role',
    );
    // So that both replicas hold a snapshot that must be replaced.
    for (const http of replicas())
      expect((await evaluate(user, 'swr:repo:deleteRepo', repo('dev/app'), http).expect(200)).body.decision).toBe(
        false,
      );
    await fixtures.grant(role, group, 'project', tenant.project.id);
    for (const http of replicas()) {
      const allowed = await until(
        () => evaluate(user, 'swr:repo:deleteRepo', repo('dev/app'), http),
        ({ body }) => body.decision === true,
      );
      expect(allowed.body.context.determining).toEqual([
        { policy_id: role, policy_name: 'registry of dev', version: null, statement: 0, sid: null, effect: 'Allow' },
      ]);
      const { body } = await evaluate(user, 'swr:repo:deleteRepo', repo('prod/app'), http);
      expect(body).toMatchObject({
        decision: false,
        context: {
          decision: 'ImplicitDeny',
          near_misses: [{ policy_id: role, failed: 'Resource', detail: 'swr:*:*:repo:dev/*' }],
        },
      });
    }
    const deny = await fixtures.policy('no deletion', document(statement('Deny', 'swr:repo:deleteRepo')));
    await fixtures.attach(deny, { user });
    for (const http of replicas()) {
      const denied = await until(
        () => evaluate(user, 'swr:repo:deleteRepo', repo('dev/app'), http),
        ({ body }) => body.context.decision === 'ExplicitDeny',
      );
      expect(denied.body).toMatchObject({ decision: false, context: { determining: [{ policy_id: deny }] } });
      expect((await evaluate(user, 'swr:repo:getRepo', repo('dev/app'), http)).body.decision).toBe(true);
    }
  });

  it('sees at once who joins and leaves a group, and who is disabled', async () => {
    const user = await fixtures.user();
    const group = await fixtures.group();
    await fixtures.attach(await fixtures.policy('of a group', document(statement('Allow', 'swr:repo:getRepo'))), {
      group,
    });
    const decision = async () => (await evaluate(user, 'swr:repo:getRepo', repo('a/b'))).body.decision as boolean;
    await until(
      () => evaluate(user, 'swr:repo:getRepo', repo('a/b')),
      ({ body }) => body.decision === false,
    );
    const { database } = service;
    await database.query('INSERT INTO group_members (domain_id, user_id, group_id) VALUES ($1, $2, $3)', [
      tenant.domain.id,
      user,
      group,
    ]);
    await until(decision, (allowed) => allowed);
    await database.query('UPDATE users SET enabled = false WHERE id = $1', [user]);
    expect(await decision()).toBe(false);
  });

  it('combines grants of the registry with policies; a Deny beats them', async () => {
    const user = await fixtures.user();
    await service.database.query(
      `INSERT INTO registry_grants (domain_id, project_id, namespace, repository, user_id, auth)
       VALUES ($1, $2, 'team', '', $3, 1), ($1, $2, 'team', 'app/web', $3, 3)`,
      [tenant.domain.id, tenant.project.id, user],
    );
    await fixtures.attach(await fixtures.policy('not secret', document(statement('Deny', '*', repo('team/secret')))), {
      user,
    });
    const may = async (action: string, path: string) =>
      (await evaluate(user, action, repo(path))).body.decision as boolean;
    await until(
      () => may('swr:repo:upload', 'team/app/web'),
      (allowed) => allowed,
    );
    expect(await may('swr:repo:download', 'team/other')).toBe(true);
    expect(await may('swr:repo:upload', 'team/other')).toBe(false);
    expect(await may('swr:repo:download', 'team/secret')).toBe(false);
  });

  it('keeps ListTraces and its like to those a policy allows, and operator actions to operators', async () => {
    const user = await fixtures.user();
    const token = await loginAs(user, tenant);
    const list = () => service.http().get(`/v3/${tenant.project.id}/probe`).set('X-Auth-Token', token);
    const { body } = await list().expect(403);
    expect(body).toMatchObject({ error_code: 'CTS.0013', error_msg: expect.stringContaining('cts:trace:list') });
    await fixtures.attach(await fixtures.policy('reads', document(statement('Allow', 'cts:trace:list'))), { user });
    await until(list, ({ status }) => status === 200);
    // The administrator of a tenant may everything, of its own plane.
    for (const path of [
      '/v1/domains',
      '/v1/ingest/coverage',
      '/v1/ingest/dead-letters',
      '/v1/retention',
      '/v1/operator-probe',
    ])
      expect((await service.http().get(path).set('X-Auth-Token', tenant.token)).status).toBe(403);
  });

  it('lets a user of the operator domain act where its policies’ resources say, and nowhere else', async () => {
    const operator = new PolicyFixtures(service.database, service.credentials.domain.id);
    const { user: admin, domain } = service.credentials;
    const user = await operator.user();
    const other = await service.createTenant();
    const scoped = document(
      statement(
        'Allow',
        ['iam:policies:evaluate', 'iam:domains:get', 'cts:trace:list'],
        [`iam:*:${tenant.domain.id}:*:*`, `cts:*:${tenant.domain.id}:*:*`],
      ),
    );
    await operator.attach(await operator.policy('registry service', scoped), { user });
    await service.database.query(
      'UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = $2) WHERE id = $1',
      [user, admin.id],
    );
    const token = await service.login({ name: user, password: admin.password, domain: { name: domain.name } });
    const status = async (path: string) => (await service.http().get(path).set('X-Auth-Token', token)).status;
    await until(
      () => status(`/v1/domains/${tenant.domain.id}`),
      (answer) => answer === 200,
    );
    expect(await status(`/v1/domains/${other.domain.id}`)).toBe(403);
    expect(await status('/v1/domains')).toBe(403);
    expect(await status(`/v1/traces?domain_id=${tenant.domain.id}`)).toBe(200);
    expect(await status(`/v1/traces?domain_id=${other.domain.id}`)).toBe(403);
    expect(await status('/v1/traces')).toBe(403);
    const own = await evaluate(tenant.administrator.id, 'swr:repo:getRepo', repo('a/b'), service.http(), token);
    expect(own.body.decision).toBe(true);
    await evaluate(other.administrator.id, 'swr:repo:getRepo', repo('a/b'), service.http(), token).expect(403);
  });

  it('lets everybody ask about itself, about others only by a policy, and tells no foreign user from none', async () => {
    const user = await fixtures.user();
    const token = await loginAs(user, tenant);
    await evaluate(user, 'swr:repo:getRepo', repo('a/b'), service.http(), token).expect(200);
    await evaluate(tenant.administrator.id, 'swr:repo:getRepo', repo('a/b'), service.http(), token).expect(403);
    const other = await service.createTenant();
    const foreign = await evaluate(other.administrator.id, 'swr:repo:getRepo', repo('a/b')).expect(200);
    const nobody = await evaluate('nobody', 'swr:repo:getRepo', repo('a/b')).expect(200);
    expect(foreign.body).toEqual(nobody.body);
    const theirs = `swr:cn-north-4:${other.domain.id}:repo:a/b`;
    const crossing = await evaluate(tenant.administrator.id, 'swr:repo:getRepo', theirs).expect(200);
    expect(crossing.body).toMatchObject({ decision: false, context: { bound: expect.stringContaining('domain') } });
  });

  describe('simulate', () => {
    const simulate = (body: object, token = tenant.token) => post('/v1/policies/simulate', body, token);
    let requests: object[];
    beforeAll(() => {
      const context = { 'g:SourceIp': '10.0.0.1' };
      requests = [{ action: 'swr:repo:deleteRepo', resource: repo('dev/app'), context }];
    });

    it('adds drafts to what a principal has, or asks them alone', async () => {
      const policies = [
        { Version: '1.1', Statement: [{ Effect: 'Deny', Action: ['swr:repo:delete*'], Resource: [repo('dev/*')] }] },
      ];
      const principal = { user_id: tenant.administrator.id };
      const alone = (await simulate({ principal, requests }).expect(200)).body;
      expect(alone.results).toMatchObject([
        { decision: 'Allow', determining: [{ policy_name: 'Quaestor Administrator' }] },
      ]);
      expect(alone.policy_set_version).toMatch(/^\d+$/);
      const both = (await simulate({ principal, policies, requests }).expect(200)).body;
      expect(both.results).toEqual([
        {
          decision: 'ExplicitDeny',
          determining: [{ policy_id: null, policy_name: '#0', version: null, statement: 0, sid: null, effect: 'Deny' }],
          near_misses: [],
          missing_context: [],
          layers: { identity: 'ExplicitDeny', scp: null, org_auth: 'ImplicitDeny' },
          bound: null,
        },
      ]);
      expect((await simulate({ policies, requests }).expect(200)).body.results).toMatchObject([
        { decision: 'ExplicitDeny' },
      ]);
    });

    it('names every problem of drafts and requests', async () => {
      const draft = { Version: '5.0', Statement: [{ Effect: 'Maybe', Action: ['swr:repo:*'] }, { Effect: 'Allow' }] };
      const { body } = await simulate({ policies: [draft, 7], requests }).expect(400);
      const places = (body.problems as { path: string }[]).map(({ path }) => path);
      expect(places).toEqual(
        expect.arrayContaining([
          'body.policies[0].Statement[0].Effect',
          'body.policies[0].Statement[1]',
          'body.policies[1]',
        ]),
      );
      await simulate({ requests }).expect(400);
      await simulate({ policies: [draft], requests: [{ action: 'a:b:c', resource: 'no urn' }] }).expect(400);
    });

    it('shows no foreign principal, and no domain but to operators', async () => {
      const other = await service.createTenant();
      const foreign = await simulate({ principal: { user_id: other.administrator.id }, requests }).expect(400);
      expect(foreign.body.problems).toEqual([{ path: 'body.principal.user_id', message: 'is no user of the domain' }]);
      await simulate({ domain_id: other.domain.id, principal: { user_id: other.administrator.id }, requests }).expect(
        403,
      );
      const asked = { domain_id: tenant.domain.id, principal: { user_id: tenant.administrator.id }, requests };
      expect((await simulate(asked, await service.operatorToken()).expect(200)).body.results).toMatchObject([
        { decision: 'Allow' },
      ]);
    });
  });
});
