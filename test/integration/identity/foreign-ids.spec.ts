/**
 * What is another domain's is answered like what does not exist, on every route of the application that names anything by
 * an id. A new route fails here until its ids, and the body it needs, stand in the tables below.
 */
import { uuidV1 } from '../../../src/kernel/ids.js';
import { routeGuarding } from '../../support/guard-coverage.js';
import { Ingest, event } from '../ingest/harness.js';
import { IdentityApp } from './harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;
type Ids = Readonly<Record<string, string>>;

/** What `:id` is an id of. */
const KINDS_OF_ID: Readonly<Record<string, string>> = {
  '/v1/domains/:id': 'domain_id',
  '/v1/regions/:id': 'region_id',
  '/v1/ingest/dead-letters/:id': 'dead_letter_id',
  '/v1/quotas/reservations/:id': 'reservation_id',
  '/v1/quotas/grants/:id': 'grant_id',
  '/v1/quota-requests/:id': 'request_id',
};

/** Well-formed ids that nothing has. */
const ABSENT: Ids = {
  user_id: 'f'.repeat(32),
  group_id: 'f'.repeat(32),
  project_id: 'f'.repeat(32),
  domain_id: 'f'.repeat(32),
  access_key: 'A'.repeat(20),
  // As near to a region of the caller's as the foreign one is, so that the same one is suggested.
  region_id: 'xx-othes-1',
  trace_id: uuidV1(Date.now(), 9_999, 'ffffffffffffffff'),
  dead_letter_id: '00000000-0000-4000-8000-000000000000',
  credential_id: 'f'.repeat(32),
  reservation_id: 'f'.repeat(32),
  grant_id: 'f'.repeat(32),
  request_id: `${'f'.repeat(32)}.${'f'.repeat(32)}`,
  policy_id: 'f'.repeat(32),
  role_id: 'f'.repeat(32),
};

/** Names inside of something that is named as well, the same in every domain: they say nothing of anybody else. */
const CHOSEN: Ids = {
  instance_id: 'instance-1',
  version_id: 'v1',
  service_code: 'swr',
  key: 'namespace',
  preset: 'migration',
  enterprise_project_id: '0',
  namespace: 'dev',
  repository: 'app',
};

const DOCUMENT = '{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["cts:trace:list"]}]}';

/** Bodies that the routes take from those who may; undefined where none is needed. */
const BODIES: Readonly<Record<string, object | undefined>> = {
  'PATCH /v1/domains/:id': { enabled: false },
  'PUT /v1/regions/:id': { kind: 'general' },
  'POST /v1/ingest/dead-letters/:id/replay': undefined,
  'POST /v1/ingest/dead-letters/:id/drop': undefined,
  'PUT /v3/:project_id/configuration': {
    is_sync_global_trace: false,
    is_support_read_only: true,
    support_read_only_services: [],
  },
  'POST /v2/:project_id/instances/:instance_id/temp-credential': undefined,
  'POST /v2/:project_id/instances/:instance_id/long-term-credential': { name: 'mine' },
  'PUT /v2/:project_id/instances/:instance_id/long-term-credentials/:credential_id': { enable: false },
  'POST /v1/quotas/reservations/:id/commit': undefined,
  'POST /v1/quotas/reservations/:id/release': undefined,
  'POST /v1/quotas/reservations/:id/extend': { ttl_seconds: 60 },
  'DELETE /v1/quotas/grants/:id': { reason: 'mine now' },
  'POST /v1/quota-requests/:id/approve': { granted: 7 },
  'POST /v1/quota-requests/:id/deny': { reason: 'mine now' },
  'POST /v1/quota-requests/:id/withdraw': { reason: 'mine now' },
  'POST /v1/quota-requests/:id/review': { note: 'mine now' },
  'POST /v1/quota-requests/:id/ask': { question: 'mine now' },
  'POST /v1/quota-requests/:id/answer': { text: 'mine now' },
  'POST /v1/quota-requests/:id/amend': { desired: 9 },
  'POST /v1/quota-requests/:id/comments': { text: 'mine now' },
  'POST /v1/quota-requests/:id/assign': { priority: 'urgent' },
  'PATCH /v3/users/:user_id': { user: { description: 'mine now' } },
  'POST /v3/users/:user_id/password': { user: { password: 'a password of mine', original_password: 'x' } },
  'PUT /v3.0/OS-USER/users/:user_id': { user: { description: 'mine now' } },
  'PUT /v3.0/OS-USER/users/:user_id/info': { user: { email: 'a@b.example' } },
  'PATCH /v3/groups/:group_id': { group: { description: 'mine now' } },
  'PUT /v3/groups/:group_id/users/:user_id': undefined,
  'PATCH /v3/projects/:project_id': { project: { description: 'mine now' } },
  'PUT /v3.0/OS-CREDENTIAL/credentials/:access_key': { credential: { status: 'inactive' } },
  'PATCH /v3.0/OS-ROLE/roles/:role_id': { role: { description: 'mine now' } },
  'PUT /v3/projects/:project_id/groups/:group_id/roles/:role_id': undefined,
  'PUT /v3/domains/:domain_id/groups/:group_id/roles/:role_id': undefined,
  'PUT /v3/OS-INHERIT/domains/:domain_id/groups/:group_id/roles/:role_id/inherited_to_projects': undefined,
  'PUT /v3.0/OS-PERMISSION/enterprise-projects/:enterprise_project_id/groups/:group_id/roles/:role_id': undefined,
  'POST /v5/policies/:policy_id/versions': { policy_document: DOCUMENT },
  'POST /v5/policies/:policy_id/versions/:version_id/set-default': undefined,
  'POST /v5/policies/:policy_id/attach-user': { user_id: 'f'.repeat(32) },
  'POST /v5/policies/:policy_id/detach-user': { user_id: 'f'.repeat(32) },
  'POST /v5/policies/:policy_id/attach-group': { group_id: 'f'.repeat(32) },
  'POST /v5/policies/:policy_id/detach-group': { group_id: 'f'.repeat(32) },
  'POST /v5/policies/:policy_id/attach-agency': { agency_id: 'f'.repeat(32) },
  'POST /v5/policies/:policy_id/detach-agency': { agency_id: 'f'.repeat(32) },
};

const DRAFTS = [{ Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['swr:*:*'] }] }];

/** Ids in queries and bodies; `ID` stands for them. */
const OTHER_PLACES: readonly (readonly [kind: string, method: string, path: string, body?: object])[] = [
  ['domain_id', 'GET', '/v3/users?domain_id=ID'],
  ['domain_id', 'GET', '/v3/groups?domain_id=ID'],
  ['domain_id', 'GET', '/v3/projects?domain_id=ID'],
  ['project_id', 'GET', '/v3/projects?parent_id=ID'],
  ['user_id', 'GET', '/v3.0/OS-CREDENTIAL/credentials?user_id=ID'],
  ['domain_id', 'GET', '/v1/traces?domain_id=ID'],
  ['project_id', 'GET', '/v1/traces?project_id=ID'],
  ['trace_id', 'GET', '/v1/traces?trace_id=ID'],
  ['user_id', 'POST', '/v1/policies/replay', { policies: DRAFTS, user_id: 'ID' }],
  ['group_id', 'POST', '/v1/policies/replay', { policies: DRAFTS, group_id: 'ID' }],
  ['domain_id', 'POST', '/v1/policies/replay', { policies: DRAFTS, domain_id: 'ID' }],
  ['domain_id', 'POST', '/v3/users', { user: { name: 'eve', domain_id: 'ID' } }],
  ['domain_id', 'POST', '/v3.0/OS-USER/users', { user: { name: 'eve', domain_id: 'ID' } }],
  ['domain_id', 'POST', '/v3/groups', { group: { name: 'eve', domain_id: 'ID' } }],
  ['domain_id', 'POST', '/v3/projects', { project: { name: 'cn-north-1', domain_id: 'ID' } }],
  ['project_id', 'POST', '/v3/projects', { project: { name: 'cn-north-4_x', parent_id: 'ID' } }],
  ['region_id', 'POST', '/v3/projects', { project: { name: 'ID' } }],
  ['user_id', 'POST', '/v3.0/OS-CREDENTIAL/credentials', { credential: { user_id: 'ID' } }],
  ['domain_id', 'GET', '/v1/quotas?domain_id=ID'],
  ['domain_id', 'GET', '/v1/quotas/limits?domain_id=ID'],
  ['domain_id', 'GET', '/v1/quotas/grants?domain_id=ID'],
  ['domain_id', 'GET', '/v1/quotas/history?domain_id=ID'],
  [
    'domain_id',
    'POST',
    '/v1/quota-requests',
    { domain_id: 'ID', quota_key: 'namespace', scope: { kind: 'domain', id: 'ID' }, desired: 9, reason: 'mine now' },
  ],
  [
    'project_id',
    'POST',
    '/v1/quota-requests',
    { quota_key: 'namespace', scope: { kind: 'project', id: 'ID' }, desired: 9, reason: 'mine now' },
  ],
  ['domain_id', 'POST', '/v1/quotas/reservations', { domain_id: 'ID', items: [] }],
  ['domain_id', 'POST', '/v1/quotas/check', { domain_id: 'ID', items: [] }],
  ['user_id', 'POST', '/v3.0/OS-MFA/virtual-mfa-devices', { virtual_mfa_device: { name: 'mine', user_id: 'ID' } }],
  ['user_id', 'DELETE', '/v3.0/OS-MFA/virtual-mfa-devices?user_id=ID&serial_number=phone'],
  ['user_id', 'PUT', '/v3.0/OS-MFA/mfa-devices/unbind', { user_id: 'ID', serial_number: 'phone' }],
  ['domain_id', 'GET', '/v3/roles?domain_id=ID'],
  ['user_id', 'POST', '/v2/manage/namespaces/dev/access', [{ user_id: 'ID', user_name: 'x', auth: 1 }]],
  ['user_id', 'PATCH', '/v2/manage/namespaces/dev/repos/app/access', [{ user_id: 'ID', user_name: 'x', auth: 1 }]],
  ['user_id', 'DELETE', '/v2/manage/namespaces/dev/access', ['ID']],
  ['user_id', 'POST', '/v5/policies/quaestor-administrator/attach-user', { user_id: 'ID' }],
  ['user_id', 'POST', '/v5/policies/quaestor-administrator/detach-user', { user_id: 'ID' }],
  ['group_id', 'POST', '/v5/policies/quaestor-administrator/attach-group', { group_id: 'ID' }],
  ['group_id', 'POST', '/v5/policies/quaestor-administrator/detach-group', { group_id: 'ID' }],
  [
    'user_id',
    'PUT',
    '/v3.0/OS-MFA/mfa-devices/bind',
    {
      user_id: 'ID',
      serial_number: 'phone',
      authentication_code_first: '123456',
      authentication_code_second: '654321',
    },
  ],
];

const PARAMETER = /:([a-z_]+)/g;

function parametersOf(path: string): string[] {
  return [...path.matchAll(PARAMETER)].map(([, name = '']) => name).filter((name) => !(name in CHOSEN));
}

function kindOf(path: string, parameter: string): string {
  if (parameter !== 'id') return parameter;
  const [, kind] = Object.entries(KINDS_OF_ID).find(([prefix]) => path.startsWith(prefix)) ?? [];
  if (kind === undefined) throw new Error(`say in KINDS_OF_ID what :id is an id of in ${path}`);
  return kind;
}

function idOf(ids: Ids, kind: string): string {
  const id = ids[kind];
  if (id === undefined) throw new Error(`there is no example of a ${kind}: give it an absent and a foreign id here`);
  return id;
}

describe('ids of another domain', () => {
  let service: IdentityApp;
  let ingest: Ingest;
  let home: Tenant;
  let other: Tenant;
  let own: Ids;
  let foreign: Ids;
  let callers: { name: string; token: string }[];
  let routes: { method: string; path: string }[];

  beforeAll(async () => {
    ingest = await Ingest.open();
    const { options } = ingest.database.dataSource;
    if (!('url' in options) || typeof options.url !== 'string') throw new Error('the database has no URL');
    service = await IdentityApp.start({}, options.url);
    [home, other] = [await service.createTenant('home'), await service.createTenant('other')];
    [own, foreign] = [await populate(home, 'xx-home-1'), await populate(other, 'xx-other-1')];
    const plain = await service.createUser(home.token);
    callers = [
      { name: 'its administrator', token: home.token },
      { name: 'a user without any right', token: plain.token },
    ];
    routes = routeGuarding(service.app)
      .filter(({ handler }) => !/^(?:Probe|Forgotten|Echo)Controller\./.test(handler))
      .flatMap(({ method, paths }) => paths.map((path) => ({ method, path })))
      .filter(({ path }) => parametersOf(path).length > 0);
  });
  afterAll(async () => {
    await service.stop();
    await ingest.close();
  });

  /** One of each kind. */
  async function populate(tenant: Tenant, region: string): Promise<Ids> {
    const create = async <T>(method: string, path: string, token: string, body: object): Promise<T> => {
      const answer = await service.call(method, path, token, body);
      if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
      return answer.body as T;
    };
    const dedicated = { kind: 'dedicated', allowed_domains: [tenant.domain.id] };
    await create('PUT', `/v1/regions/${region}`, await service.operatorToken(), dedicated);
    const user = await service.createUser(tenant.token);
    const { group } = await create<{ group: { id: string } }>('POST', '/v3/groups', tenant.token, {
      group: { name: 'crew' },
    });
    await create('PUT', `/v3/groups/${group.id}/users/${user.id}`, tenant.token, {});
    const { credential } = await create<{ credential: { access: string } }>(
      'POST',
      '/v3.0/OS-CREDENTIAL/credentials',
      tenant.token,
      { credential: { user_id: user.id } },
    );
    await create('POST', '/v3.0/OS-MFA/virtual-mfa-devices', tenant.token, {
      virtual_mfa_device: { name: 'phone', user_id: user.id },
    });
    const instance = `/v2/${tenant.project.id}/instances/instance-1/long-term-credential`;
    const login = await create<{ token_id: string }>('POST', instance, tenant.token, { name: 'robot' });
    const trace = event({ domain_id: tenant.domain.id, project_id: tenant.project.id });
    const log = ingest.log();
    const from = log.high;
    log.append(trace, { ...event({ domain_id: tenant.domain.id }), trace_name: undefined });
    await ingest.consume(0, from);
    const [letter] = await service.database.query<{ id: string }>('SELECT id FROM dead_letters WHERE domain_id = $1', [
      tenant.domain.id,
    ]);
    const { policy } = await create<{ policy: { policy_id: string } }>('POST', '/v5/policies', tenant.token, {
      policy_name: 'readers',
      policy_document: DOCUMENT,
    });
    const { role } = await create<{ role: { id: string } }>('POST', '/v3.0/OS-ROLE/roles', tenant.token, {
      role: { display_name: 'readers', type: 'XA', policy: JSON.parse(DOCUMENT.replace('5.0', '1.1')) as object },
    });
    return {
      user_id: user.id,
      group_id: group.id,
      project_id: tenant.project.id,
      domain_id: tenant.domain.id,
      access_key: credential.access,
      region_id: region,
      trace_id: String(trace.trace_id),
      dead_letter_id: letter?.id ?? '',
      credential_id: login.token_id,
      ...(await quotasOf(tenant, user.id)),
      policy_id: policy.policy_id,
      role_id: role.id,
    };
  }

  async function quotasOf({ domain, project, token }: Tenant, userId: string): Promise<Ids> {
    const scope = { kind: 'user', project_id: project.id, id: userId };
    const item = { quota_key: 'namespace', scope };
    const reserved = await service.call('POST', '/v1/quotas/reservations', token, {
      domain_id: domain.id,
      items: [{ ...item, resource_name: `team-${domain.name}` }],
    });
    const granted = await service.call('POST', '/v1/quotas/grants', await service.operatorToken(), {
      ...item,
      domain_id: domain.id,
      limit: 8,
      reason: 'to be found',
    });
    const asked = await service.call('POST', '/v1/quota-requests', token, {
      ...item,
      desired: 9,
      reason: 'to be found',
    });
    for (const { status, text } of [reserved, granted, asked]) if (status !== 201) throw new Error(text);
    return {
      reservation_id: String(reserved.body.id),
      grant_id: String(granted.body.id),
      request_id: String(asked.body.id),
    };
  }

  /** The answer without what differs in any two answers, and without the id itself. */
  async function ask(method: string, path: string, token: string, id: string, body?: object): Promise<unknown> {
    const answer = await service.call(method, path, token, body);
    const text = answer.text === undefined ? '' : answer.text.replaceAll(id, 'ID');
    const { 'content-type': type, 'retry-after': retryAfter } = answer.headers as Record<string, string>;
    return { status: answer.status, type, retryAfter, text: text.replace(/"request_id":"[^"]*"/, '') };
  }

  const filled = (path: string, ids: Ids, changed?: { parameter: string; id: string }): string =>
    path.replace(PARAMETER, (_, parameter: string) =>
      changed?.parameter === parameter ? changed.id : idOf({ ...CHOSEN, ...ids }, kindOf(path, parameter)),
    );

  it('are answered like ids of nothing, on every route and to whoever asks', async () => {
    expect(routes.length).toBeGreaterThan(25);
    for (const { method, path } of routes) {
      const route = `${method} ${path}`;
      const sends = ['POST', 'PUT', 'PATCH'].includes(method);
      if (sends && !(route in BODIES)) throw new Error(`say in BODIES what ${route} takes`);
      for (const parameter of parametersOf(path))
        for (const { name, token } of callers) {
          const answers = [foreign, ABSENT].map((ids) => {
            const id = idOf(ids, kindOf(path, parameter));
            return ask(method, filled(path, own, { parameter, id }), token, id, BODIES[route]);
          });
          const [toForeign, toAbsent] = await Promise.all(answers);
          expect({ route, parameter, name, answer: toForeign }).toEqual({ route, parameter, name, answer: toAbsent });
          const { status } = toForeign as { status: number };
          expect({ route, status, refused: [400, 403, 404].includes(status) }).toMatchObject({ refused: true });
        }
    }
  });

  it.each(OTHER_PLACES.map(([kind, method, path, body]) => ({ kind, method, path, body })))(
    'so it is with a $kind in $method $path',
    async ({ kind, method, path, body }) => {
      for (const { name, token } of callers) {
        const answers = [foreign, ABSENT].map((ids) => {
          const id = idOf(ids, kind);
          const sent = body && (JSON.parse(JSON.stringify(body).replace('ID', id)) as object);
          return ask(method, path.replace('ID', id), token, id, sent);
        });
        const [toForeign, toAbsent] = await Promise.all(answers);
        expect({ name, answer: toForeign }).toEqual({ name, answer: toAbsent });
      }
    },
  );

  it('do exist: to those whose they are, or to the operator, they are answered otherwise', async () => {
    const operator = await service.operatorToken();
    for (const { path } of routes.filter(({ method }) => method === 'GET')) {
      const [parameter = ''] = parametersOf(path);
      const [present, id] = [idOf(foreign, kindOf(path, parameter)), idOf(ABSENT, kindOf(path, parameter))];
      const token = path.startsWith('/v1/domains') || path.startsWith('/v1/ingest') ? operator : other.token;
      const there = await ask('GET', filled(path, foreign), token, present);
      expect({ path, ...(there as object) }).not.toMatchObject({ status: 404 });
      expect(there).not.toEqual(await ask('GET', filled(path, foreign, { parameter, id }), token, id));
    }
  });

  it('were not touched by those who may not', async () => {
    const user = await service.call('GET', `/v3/users/${idOf(foreign, 'user_id')}`, other.token);
    expect(user.body.user).toMatchObject({ enabled: true, description: '' });
    const key = await service.call(
      'GET',
      `/v3.0/OS-CREDENTIAL/credentials/${idOf(foreign, 'access_key')}`,
      other.token,
    );
    expect(key.body.credential).toMatchObject({ status: 'active' });
    const members = await service.call('GET', `/v3/groups/${idOf(foreign, 'group_id')}/users`, other.token);
    expect(members.body.users).toHaveLength(1);
  });
});
