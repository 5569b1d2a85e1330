import { IdentityApp } from '../identity/harness.js';

const policyOf = (...actions: string[]) => ({ Version: '1.1', Statement: [{ Effect: 'Allow', Action: actions }] });
const RIGHT = { display_name: 'Right', type: 'XA', description: 'as it should be', policy: policyOf('cts:*:*') };

describe('roles', () => {
  let service: IdentityApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  let count = 0;
  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());

  const call = (method: string, path: string, body?: object) => service.call(method, path, tenant.token, body);
  async function create(...actions: string[]) {
    const role = { ...RIGHT, display_name: `Role ${String(++count)}`, policy: policyOf(...actions) };
    const answer = await call('POST', '/v3.0/OS-ROLE/roles', { role });
    expect({ status: answer.status, body: answer.body as object }).toMatchObject({ status: 201 });
    return answer.body.role as { id: string; name: string; display_name: string };
  }
  async function settles(status: number, path: string, token: string): Promise<void> {
    const deadline = Date.now() + 1_000;
    let answer = await service.call('GET', path, token);
    while (answer.status !== status && Date.now() < deadline) answer = await service.call('GET', path, token);
    expect({ path, status: answer.status }).toEqual({ path, status });
  }

  it('are created, shown, changed in part and deleted', async () => {
    const { body } = await call('POST', '/v3.0/OS-ROLE/roles', { role: RIGHT });
    const time = expect.stringMatching(/^\d{13}$/) as string;
    expect(body.role).toEqual({
      ...RIGHT,
      description_cn: '',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: expect.stringMatching(new RegExp(`^custom_${tenant.domain.id}_[0-9]+$`)),
      domain_id: tenant.domain.id,
      catalog: 'CUSTOMED',
      references: 0,
      created_time: time,
      updated_time: time,
      links: { self: expect.stringMatching(/\/v3\/roles\/[0-9a-f]{32}$/) },
    });
    const path = `/v3.0/OS-ROLE/roles/${String(body.role.id)}`;
    // Each request reaches the application at a port of its own, which its links name.
    const shown = { ...(body.role as object), links: expect.anything() as unknown };
    for (const at of [path, `/v3/roles/${String(body.role.id)}`])
      expect((await call('GET', at)).body.role).toEqual(shown);
    const change = { role: { description: 'changed', policy: policyOf('swr:*:*') } };
    const changed = await call('PATCH', path, change);
    expect(changed).toMatchObject({ status: 200, body: { role: { ...RIGHT, ...change.role } } });
    expect((await call('GET', path)).body.role).toMatchObject({ ...RIGHT, ...change.role });
    expect(await call('POST', '/v3.0/OS-ROLE/roles', { role: RIGHT })).toMatchObject({
      status: 409,
      body: { error_code: 'IAM.0005', error: { code: 409 } },
    });
    expect(await call('DELETE', path)).toMatchObject({ status: 200 });
    expect(await call('GET', path)).toMatchObject({ status: 404 });
    expect(await call('PATCH', path, change)).toMatchObject({ status: 404 });
    expect(await call('DELETE', path)).toMatchObject({ status: 404 });
  });

  it.each<[string, unknown]>([
    ['IAM.1000', undefined],
    ['IAM.1000', 'a text'],
    ['IAM.1001', { ...RIGHT, display_name: '' }],
    ['IAM.1001', { ...RIGHT, display_name: undefined }],
    ['IAM.1002', { ...RIGHT, display_name: 'x'.repeat(65) }],
    ['IAM.1003', { ...RIGHT, display_name: 'a\0b' }],
    ['IAM.1004', { ...RIGHT, type: '' }],
    ['IAM.1004', { ...RIGHT, type: undefined }],
    ['IAM.1005', { ...RIGHT, type: 7 }],
    ['IAM.1009', { ...RIGHT, type: 'AA' }],
    ['IAM.1006', { ...RIGHT, catalog: 'CUSTOMED' }],
    ['IAM.1007', { ...RIGHT, flag: 'fine_grained' }],
    ['IAM.1008', { ...RIGHT, name: 'custom_x_1' }],
    ['IAM.1018', { ...RIGHT, description: 'x'.repeat(257) }],
    ['IAM.1019', { ...RIGHT, description_cn: 7 }],
    ['IAM.1020', { ...RIGHT, policy: 'text' }],
    ['IAM.1020', { ...RIGHT, policy: undefined }],
    ['IAM.1024', { ...RIGHT, policy: { ...RIGHT.policy, Version: '5.0' } }],
    ['IAM.1025', { ...RIGHT, policy: { ...RIGHT.policy, Depends: [] } }],
    ['IAM.1028', { ...RIGHT, policy: { Version: '1.1', Statement: [] } }],
    ['IAM.1029', { ...RIGHT, policy: { Version: '1.1', Statement: [{ Effect: 'Maybe', Action: ['cts:*:*'] }] } }],
  ])('are refused with %s: %j', async (code, role) => {
    const answer = await call('POST', '/v3.0/OS-ROLE/roles', { role });
    expect(answer).toMatchObject({ status: 400, body: { error_code: code, error: { code: 400 } } });
  });

  it('are refused with all that is wrong at once', async () => {
    const role = { type: 'AA', catalog: 'BASE', policy: [] };
    const { body } = await call('POST', '/v3.0/OS-ROLE/roles', { role });
    const paths = (body.problems as { path: string }[]).map(({ path }) => path.replace('body.role.', ''));
    expect(paths.sort()).toEqual(['catalog', 'display_name', 'policy', 'type']);
  });

  it.each([
    ['a value with a NUL', { StringEquals: { 'g:UserName': ['a\0b'] } }],
    ['half a character', { StringEquals: { 'g:UserName': ['\ud800'] } }],
    ['a name that objects have', JSON.parse('{"__proto__":{"g:UserName":["a"]}}') as object],
  ])('are never a defect of ours: %s', async (_, Condition) => {
    const policy = { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['cts:*:*'], Condition }] };
    const role = { ...RIGHT, display_name: `Odd ${String(++count)}`, policy };
    const answer = await call('POST', '/v3.0/OS-ROLE/roles', { role });
    expect([201, 400]).toContain(answer.status);
    if (answer.status === 201)
      expect((await call('GET', `/v3/roles/${String(answer.body.role.id)}`)).body.role).toMatchObject({ policy });
  });

  it('are listed by pages, which come whole or with both of their parameters', async () => {
    const other = await service.createTenant();
    const ask = (path: string) => service.call('GET', path, other.token);
    for (const name of ['a', 'b', 'c']) {
      const role = { ...RIGHT, display_name: name };
      await service.call('POST', '/v3.0/OS-ROLE/roles', other.token, { role });
    }
    const names = (roles: unknown) => (roles as { display_name: string }[]).map(({ display_name: name }) => name);
    const first = await ask('/v3.0/OS-ROLE/roles?page=1&per_page=2');
    expect(first.body).toMatchObject({ total_number: 3, links: { previous: null } });
    const { pathname, search } = new URL(String(first.body.links.next));
    const second = await ask(`${pathname}${search}`);
    expect(second.body.links).toMatchObject({ next: null, previous: expect.stringContaining('page=1') });
    expect([...names(first.body.roles), ...names(second.body.roles)].sort()).toEqual(['a', 'b', 'c']);
    expect(names((await ask('/v3.0/OS-ROLE/roles')).body.roles)).toHaveLength(3);
    expect(await ask('/v3.0/OS-ROLE/roles?page=1')).toMatchObject({ status: 400, body: { error_code: 'IAM.0011' } });
    expect(await ask('/v3.0/OS-ROLE/roles?page=1&per_page=301')).toMatchObject({ status: 400 });
    const ofDomain = await ask(`/v3/roles?domain_id=${other.domain.id}&display_name=b`);
    expect(names(ofDomain.body.roles)).toEqual(['b']);
    const system = await ask('/v3/roles?permission_type=role&catalog=SWR&display_name=SWR%20Admin');
    expect(system.body.roles).toMatchObject([
      { id: 'swr-admin', display_name: 'SWR Admin', domain_id: null, type: 'XA', policy: { Version: '1.0' } },
    ]);
    expect(await ask(`/v3/roles?domain_id=${tenant.domain.id}`)).toMatchObject({ status: 403 });
  });

  it('of the system can be granted, not changed', async () => {
    expect(await call('GET', '/v3/roles/tenant-guest')).toMatchObject({
      status: 200,
      body: { role: { catalog: 'BASE' } },
    });
    expect(await call('GET', '/v3.0/OS-ROLE/roles/tenant-guest')).toMatchObject({ status: 404 });
    const change = { role: { description: 'mine' } };
    expect(await call('PATCH', '/v3.0/OS-ROLE/roles/tenant-guest', change)).toMatchObject({ status: 403 });
    expect(await call('DELETE', '/v3.0/OS-ROLE/roles/tenant-guest')).toMatchObject({ status: 403 });
  });

  it('are granted to groups and decide where they are granted', async () => {
    const user = await service.createUser(tenant.token);
    const { body } = await call('POST', '/v3/groups', { group: { name: 'readers' } });
    const group = body.group as { id: string };
    await call('PUT', `/v3/groups/${group.id}/users/${user.id}`);
    const role = await create('cts:trace:list', 'iam:users:listUsers');
    const inProject = `/v3/${tenant.project.id}/probe`;
    const scopes = [
      { base: `/v3/projects/${tenant.project.id}`, suffix: '', inProject: 200, inDomain: 403 },
      { base: `/v3/domains/${tenant.domain.id}`, suffix: '', inProject: 403, inDomain: 200 },
      {
        base: `/v3/OS-INHERIT/domains/${tenant.domain.id}`,
        suffix: '/inherited_to_projects',
        inProject: 200,
        inDomain: 200,
      },
    ];
    for (const { base, suffix, ...expected } of scopes) {
      const roles = `${base}/groups/${group.id}/roles`;
      const one = `${roles}/${role.id}${suffix}`;
      expect(await call('HEAD', one)).toMatchObject({ status: 404 });
      expect(await call('DELETE', one)).toMatchObject({ status: 404 });
      expect(await call('PUT', one)).toMatchObject({ status: 204 });
      expect(await call('PUT', one)).toMatchObject({ status: 204 });
      expect(await call('HEAD', one)).toMatchObject({ status: 204 });
      const listed = await call('GET', `${roles}${suffix}`);
      expect(listed.body).toMatchObject({ roles: [{ id: role.id, references: 1 }], total_number: 1 });
      await settles(expected.inProject, inProject, user.token);
      await settles(expected.inDomain, '/v3/users', user.token);
      expect(await call('DELETE', `/v3.0/OS-ROLE/roles/${role.id}`)).toMatchObject({ status: 409 });
      expect(await call('DELETE', one)).toMatchObject({ status: 204 });
      await settles(403, inProject, user.token);
      await settles(403, '/v3/users', user.token);
    }
    const guest = `/v3/projects/${tenant.project.id}/groups/${group.id}/roles/tenant-guest`;
    expect(await call('PUT', guest)).toMatchObject({ status: 204 });
    await settles(200, inProject, user.token);
    expect(await call('PUT', guest.replace('tenant-guest', 'quaestor-administrator'))).toMatchObject({ status: 404 });
    const traces = (await service.recorded()).filter(({ resource_id: of }) => of === role.id || of === 'tenant-guest');
    const pair = ['createAssignment', 'deleteAssignment'];
    expect(traces.map(({ trace_name: name }) => name)).toEqual([
      'createRole',
      ...pair,
      ...pair,
      ...pair,
      'createAssignment',
    ]);
  });

  it('are granted on enterprise projects, which decides nothing here', async () => {
    const user = await service.createUser(tenant.token);
    const group = (await call('POST', '/v3/groups', { group: { name: 'enterprise' } })).body.group as { id: string };
    await call('PUT', `/v3/groups/${group.id}/users/${user.id}`);
    const role = await create('cts:trace:list');
    const roles = `/v3.0/OS-PERMISSION/enterprise-projects/0/groups/${group.id}/roles`;
    expect(await call('PUT', `${roles}/${role.id}`)).toMatchObject({ status: 204 });
    expect((await call('GET', roles)).body).toMatchObject({ roles: [{ id: role.id, references: 1 }] });
    expect((await call('GET', roles.replace('/0/', '/1/'))).body).toMatchObject({ roles: [] });
    await settles(403, `/v3/${tenant.project.id}/probe`, user.token);
    expect(await call('DELETE', `${roles}/${role.id}`)).toMatchObject({ status: 204 });
    expect(await call('DELETE', `${roles}/${role.id}`)).toMatchObject({ status: 404 });
    expect(await call('GET', roles.replace('/0/', '/a_b/'))).toMatchObject({ status: 400 });
  });

  it('are two hundred in a domain, and of different names', async () => {
    const other = await service.createTenant();
    await service.database.query(
      `INSERT INTO policies (domain_id, id, kind, name, display_name, scope_type)
       SELECT $1, $1 || n, 'role', 'custom_' || $1 || '_' || n, 'Role ' || n, 'XA' FROM generate_series(0, 198) n`,
      [other.domain.id],
    );
    const ask = (role: object) => service.call('POST', '/v3.0/OS-ROLE/roles', other.token, { role });
    const answers = await Promise.all([ask(RIGHT), ask({ ...RIGHT, display_name: 'Another' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const made = answers.find(({ status }) => status === 201);
    expect(made?.body.role.name).toBe(`custom_${other.domain.id}_199`);
  });
});
