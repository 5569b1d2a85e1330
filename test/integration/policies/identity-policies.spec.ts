import { IdentityApp } from '../identity/harness.js';

const document = (action: string, effect = 'Allow'): string =>
  JSON.stringify({ Version: '5.0', Statement: [{ Effect: effect, Action: [action] }] });

describe('/v5/policies', () => {
  let service: IdentityApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  let count = 0;
  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());

  const call = (method: string, path: string, body?: object) => service.call(method, path, tenant.token, body);
  async function create(action = 'iam:users:listUsers', effect = 'Allow') {
    const body = { policy_name: `policy-${String(++count)}`, policy_document: document(action, effect) };
    const answer = await call('POST', '/v5/policies', body);
    expect({ status: answer.status, body: answer.body as object }).toMatchObject({ status: 201 });
    return answer.body.policy as { policy_id: string; policy_name: string };
  }
  const attach = (policyId: string, body: { user_id?: string; group_id?: string }, verb = 'attach') =>
    call('POST', `/v5/policies/${policyId}/${verb}-${body.user_id === undefined ? 'group' : 'user'}`, body);

  it('shows a policy as it was created, and answers errors in the form of v5', async () => {
    const body = {
      policy_name: 'Readers',
      path: 'team/app/',
      description: 'who read',
      policy_document: document('cts:trace:list'),
    };
    const { body: created } = await call('POST', '/v5/policies', body);
    expect(created.policy).toEqual({
      policy_type: 'custom',
      policy_name: 'Readers',
      policy_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      urn: `iam::${tenant.domain.id}:policy:team/app/Readers`,
      path: 'team/app/',
      default_version_id: 'v1',
      attachment_count: 0,
      description: 'who read',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const shown = await call('GET', `/v5/policies/${String(created.policy.policy_id)}`);
    expect(shown.body).toEqual(created);
    const again = await call('POST', '/v5/policies', body);
    expect(again.status).toBe(409);
    expect(Object.keys(again.body as object).sort()).toEqual(['error_code', 'error_msg', 'request_id']);
    expect(again.body.error_code).toBe('IAM.0005');
  });

  it('refuses a document with everything that is wrong with it, each by its place', async () => {
    const policy_document = JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Maybe', Action: ['a b'] }] });
    const answer = await call('POST', '/v5/policies', { policy_name: 'wrong', policy_document });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'IAM.1029' } });
    const paths = (answer.body.problems as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(['body.policy_document.Statement[0].Effect', 'body.policy_document.Statement[0].Action[0]']);
    const older = { policy_name: 'older', policy_document: document('iam:*:*').replace('5.0', '1.1') };
    expect(await call('POST', '/v5/policies', older)).toMatchObject({ status: 400, body: { error_code: 'IAM.1024' } });
    const both = await call('POST', '/v5/policies', { policy_name: 'a b', path: '/x', policy_document: '{' });
    expect((both.body.problems as { path: string }[]).map(({ path }) => path)).toEqual([
      'body.policy_name',
      'body.path',
    ]);
  });

  it('keeps five versions under numbers that are not used again, of which the default one cannot be deleted', async () => {
    const { policy_id: id } = await create();
    const add = (action: string, set_as_default = false) =>
      call('POST', `/v5/policies/${id}/versions`, { policy_document: document(action), set_as_default });
    for (const action of ['iam:users:getUser', 'iam:groups:getGroup', 'iam:groups:listGroups'])
      expect(await add(action)).toMatchObject({ status: 201 });
    expect((await add('iam:users:createUser', true)).body).toMatchObject({
      policy_version: { version_id: 'v5', is_default: true },
    });
    expect(await add('iam:users:deleteUser')).toMatchObject({ status: 409, body: { error_code: 'PAP5.0028' } });
    expect(await call('DELETE', `/v5/policies/${id}/versions/v5`)).toMatchObject({ status: 409 });
    expect(await call('DELETE', `/v5/policies/${id}/versions/v2`)).toMatchObject({ status: 204 });
    expect(await call('GET', `/v5/policies/${id}/versions/v2`)).toMatchObject({ status: 404 });
    expect((await add('iam:users:deleteUser')).body.policy_version).toMatchObject({
      version_id: 'v6',
      is_default: false,
    });
    expect(await call('POST', `/v5/policies/${id}/versions/v3/set-default`)).toMatchObject({ status: 200 });
    const first = await call('GET', `/v5/policies/${id}/versions?limit=3`);
    expect(first.body.page_info).toEqual({ next_marker: 'after-v4', current_count: 3 });
    const rest = await call('GET', `/v5/policies/${id}/versions?limit=3&marker=after-v4`);
    const versions = [...(first.body.versions as object[]), ...(rest.body.versions as object[])];
    expect(versions).toMatchObject([
      { version_id: 'v6', is_default: false },
      { version_id: 'v5', is_default: false },
      { version_id: 'v4' },
      { version_id: 'v3', is_default: true, document: document('iam:groups:getGroup') },
      { version_id: 'v1' },
    ]);
    expect(rest.body.page_info).toEqual({ current_count: 2 });
    expect(await call('POST', `/v5/policies/${id}/versions/3/set-default`)).toMatchObject({ status: 404 });
  });

  it('attaches to users and groups, says so on both sides, and keeps what is attached from being deleted', async () => {
    const { policy_id: id, policy_name } = await create();
    const user = await service.createUser(tenant.token);
    const { body } = await call('POST', '/v3/groups', { group: { name: 'crew' } });
    const group = body.group as { id: string };
    for (const holder of [{ user_id: user.id }, { group_id: group.id }, { user_id: user.id }])
      expect(await attach(id, holder)).toMatchObject({ status: 200 });
    const entities = await call('GET', `/v5/policies/${id}/attached-entities`);
    expect(entities.body).toMatchObject({
      policy_users: [{ user_id: user.id, attached_at: expect.any(String) }],
      policy_groups: [{ group_id: group.id }],
      policy_agencies: [],
      page_info: { current_count: 2 },
    });
    const page = await call('GET', `/v5/policies/${id}/attached-entities?limit=1`);
    const marker = encodeURIComponent(String(page.body.page_info.next_marker));
    const next = await call('GET', `/v5/policies/${id}/attached-entities?limit=1&marker=${marker}`);
    expect(next.body).toMatchObject({ policy_users: [{ user_id: user.id }], policy_groups: [] });
    const onlyGroups = await call('GET', `/v5/policies/${id}/attached-entities?entity_type=group`);
    expect(onlyGroups.body).toMatchObject({ policy_users: [], policy_groups: [{ group_id: group.id }] });
    for (const path of [`users/${user.id}`, `groups/${group.id}`]) {
      const attached = await call('GET', `/v5/${path}/attached-policies`);
      expect(attached.body.attached_policies).toMatchObject([{ policy_id: id, policy_name }]);
    }
    expect(await call('DELETE', `/v5/policies/${id}`)).toMatchObject({ status: 409 });
    for (const holder of [{ user_id: user.id }, { group_id: group.id }])
      expect(await attach(id, holder, 'detach')).toMatchObject({ status: 200 });
    expect(await attach(id, { user_id: user.id }, 'detach')).toMatchObject({ status: 404 });
    expect(await call('DELETE', `/v5/policies/${id}`)).toMatchObject({ status: 204 });
    expect(await call('GET', `/v5/policies/${id}`)).toMatchObject({ status: 404 });
  });

  it('attaches ten to a user, also when more come at once', async () => {
    const user = await service.createUser(tenant.token);
    const policies = [];
    for (let index = 0; index < 11; index++) policies.push(await create());
    const answers = await Promise.all(policies.map(({ policy_id: id }) => attach(id, { user_id: user.id })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(200), 409]);
  });

  it('has no agencies to attach anything to', async () => {
    const { policy_id: id } = await create();
    for (const verb of ['attach', 'detach'])
      expect(await call('POST', `/v5/policies/${id}/${verb}-agency`, { agency_id: 'a' })).toMatchObject({
        status: 404,
        body: { error_code: 'IAM.0004', error_msg: 'Could not find agency: a.' },
      });
  });

  it('lists by pages, type, path and attachment; system policies can be attached, not changed', async () => {
    const other = await service.createTenant();
    const ask = (path: string, method = 'GET', body?: object) => service.call(method, path, other.token, body);
    const names = ['a', 'b', 'c'];
    for (const name of names)
      await ask('/v5/policies', 'POST', { policy_name: name, path: `${name}/`, policy_document: document('cts:*:*') });
    const seen: string[] = [];
    let marker: string | undefined = '';
    while (marker !== undefined) {
      const { body } = await ask(`/v5/policies?limit=2&marker=${marker}`);
      seen.push(...(body.policies as { policy_name: string }[]).map(({ policy_name: name }) => name));
      marker = body.page_info.next_marker as string | undefined;
    }
    expect(seen.sort()).toEqual(['Quaestor Administrator', ...names]);
    const named = async (query: string) =>
      ((await ask(`/v5/policies?${query}`)).body.policies as { policy_name: string }[]).map(
        ({ policy_name: name }) => name,
      );
    expect(await named('path_prefix=b/')).toEqual(['b']);
    expect(await named('only_attached=true')).toEqual(['Quaestor Administrator']);
    expect((await named('policy_type=custom')).sort()).toEqual(names);
    const system = '/v5/policies/quaestor-administrator';
    expect((await ask(system)).body.policy).toMatchObject({
      policy_type: 'system',
      urn: 'iam::system:policy:Quaestor Administrator',
      attachment_count: 1,
    });
    expect(await ask(`${system}/versions/v1`)).toMatchObject({ status: 200 });
    const changes: [string, string, object?][] = [
      [system, 'DELETE'],
      [`${system}/versions`, 'POST', { policy_document: document('cts:*:*') }],
      [`${system}/versions/v1`, 'DELETE'],
      [`${system}/versions/v1/set-default`, 'POST'],
    ];
    for (const [path, method, body] of changes)
      expect(await ask(path, method, body)).toMatchObject({ status: 403, body: { error_code: 'IAM.0003' } });
    // A policy of version 1.0 or 1.1 is granted, not attached.
    const role = await ask('/v5/policies/tenant-guest/attach-user', 'POST', { user_id: other.administrator.id });
    expect(role).toMatchObject({ status: 404 });
  });

  it('decides by the version in force within a second, and records each change', async () => {
    const user = await service.createUser(tenant.token);
    const { policy_id: id, policy_name } = await create('iam:users:listUsers');
    const settles = async (status: number): Promise<void> => {
      const deadline = Date.now() + 1_000;
      let answer = await service.call('GET', '/v3/users', user.token);
      while (answer.status !== status && Date.now() < deadline)
        answer = await service.call('GET', '/v3/users', user.token);
      expect(answer.status).toBe(status);
    };
    await settles(403);
    await attach(id, { user_id: user.id });
    await settles(200);
    const denying = { policy_document: document('iam:users:*', 'Deny') };
    await call('POST', `/v5/policies/${id}/versions`, denying);
    await settles(200);
    await call('POST', `/v5/policies/${id}/versions/v2/set-default`);
    await settles(403);
    await attach(id, { user_id: user.id }, 'detach');
    await call('DELETE', `/v5/policies/${id}`);
    const traces = (await service.recorded()).filter(
      ({ resource_id: of, trace_name: name }) => (of === id || of === user.id) && String(name).endsWith('V5'),
    );
    expect(traces.map(({ trace_name: name }) => name)).toEqual([
      'createPolicyV5',
      'attachUserPolicyV5',
      'createPolicyVersionV5',
      'setDefaultPolicyVersionV5',
      'detachUserPolicyV5',
      'deletePolicyV5',
    ]);
    expect(traces[0]).toMatchObject({
      resource_name: policy_name,
      resource_type: 'policy',
      domain_id: tenant.domain.id,
    });
  });
});
