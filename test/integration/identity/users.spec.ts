import { IdentityApp, passwordLogin } from './harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;

describe('users and groups', () => {
  let service: IdentityApp;
  let tenant: Tenant;
  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());
  const call = (method: string, path: string, body?: object, token = tenant.token) =>
    service.call(method, path, token, body);
  const names = (body: { users: { name: string }[] }) => body.users.map(({ name }) => name);
  const traced = async (name: string) => (await service.recorded()).filter((trace) => trace.trace_name === name);

  it('creates a user that can sign in, shows it, changes it, deletes it', async () => {
    const user = { name: 'ann', password: 'Very-Fine-Word-1', description: 'of the crew', domain_id: tenant.domain.id };
    const created = await call('POST', '/v3/users', { user });
    expect(created.status).toBe(201);
    const { id } = created.body.user;
    const self = `http://127.0.0.1:${new URL(created.body.user.links.self).port}/v3/users/${id}`;
    expect(created.body.user).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'ann',
      domain_id: tenant.domain.id,
      description: 'of the crew',
      enabled: true,
      password_expires_at: null,
      pwd_status: false,
      access_mode: 'default',
      links: { self, previous: null, next: null },
    });
    const token = await service.login({ id, password: user.password });
    expect((await call('GET', `/v3/users/${id}`, undefined, token)).body.user).toMatchObject({ id });
    const changed = await call('PATCH', `/v3/users/${id}`, { user: { name: 'anna', description: '' } });
    expect(changed.body.user).toMatchObject({ name: 'anna', description: '', enabled: true });
    expect((await call('DELETE', `/v3/users/${id}`)).status).toBe(204);
    expect((await call('GET', `/v3/users/${id}`, undefined, token)).status).toBe(401);
    const gone = await call('GET', `/v3/users/${id}`);
    expect([gone.status, gone.body.error_code, gone.body.error.title]).toEqual([404, 'IAM.0004', 'Not Found']);
    expect(JSON.stringify(await service.recorded())).not.toContain(user.password);
    for (const name of ['createUser', 'updateUser', 'deleteUser'])
      expect(await traced(name)).toContainEqual(
        expect.objectContaining({ resource_type: 'user', resource_id: id, domain_id: tenant.domain.id }),
      );
  });

  it('lists by name and state, and refuses a name that is taken', async () => {
    const own = await service.createTenant();
    const ask = async (query: string) => names((await call('GET', `/v3/users${query}`, undefined, own.token)).body);
    for (const name of ['zoe', 'bob'])
      await call('POST', '/v3/users', { user: { name, enabled: name === 'zoe' } }, own.token);
    expect(await ask('')).toEqual(['bob', 'root', 'zoe']);
    expect(await ask('?enabled=false')).toEqual(['bob']);
    expect(await ask(`?name=zoe&domain_id=${own.domain.id}`)).toEqual(['zoe']);
    expect(await ask('?name=nobody')).toEqual([]);
    const again = await call('POST', '/v3/users', { user: { name: 'bob' } }, own.token);
    expect([again.status, again.body.error_code]).toEqual([409, 'IAM.0005']);
    const inOtherWords = await call('POST', '/v3.0/OS-USER/users', { user: { name: 'bob' } }, own.token);
    expect([inOtherWords.status, inOtherWords.body.error_code]).toEqual([400, '1109']);
  });

  it.each([
    ['1100', {}],
    ['1101', { name: '1st' }],
    ['1102', { name: 'a', email: 'nowhere' }],
    ['1102', { name: 'a', email: `${'l'.repeat(65)}@x.example` }],
    ['1104', { name: 'a', phone: 'x', areacode: '0086' }],
    ['1106', { name: 'a', phone: '123' }],
    ['1117', { name: 'a', description: 'x'.repeat(256) }],
    ['1118', { name: 'a', password: 'short' }],
    ['1120', { name: 'a', access_mode: 'telepathy' }],
  ])('answers %s for %j', async (code, user) => {
    const { status, body } = await call('POST', '/v3.0/OS-USER/users', { user });
    expect([status, body.error_code]).toEqual([400, code]);
  });

  it('shows and changes users in the other API as well', async () => {
    const user = { name: 'cleo', email: 'c@x.example', areacode: '0086', phone: '123', access_mode: 'programmatic' };
    const { body, status } = await call('POST', '/v3.0/OS-USER/users', { user });
    expect([status, body.user]).toEqual([201, expect.objectContaining({ ...user, is_domain_owner: false })]);
    const path = `/v3.0/OS-USER/users/${body.user.id}`;
    const changed = await call('PUT', path, { user: { is_administrator: true, password: 'Very-Fine-Word-2' } });
    expect(changed.body.user).toMatchObject({ is_domain_owner: true, pwd_create_time: expect.stringMatching(/^20/) });
    service.clock.advance(1_000);
    const token = await service.login({ id: body.user.id, password: 'Very-Fine-Word-2' });
    const info = await call('PUT', `${path}/info`, { user: { email: 'n@x.example', mobile: '0049-77' } }, token);
    expect(info.status).toBe(204);
    const shown = (await call('GET', path, undefined, token)).body.user;
    expect(shown).toMatchObject({ email: 'n@x.example', areacode: '0049', phone: '77' });
    expect((await call('PUT', `${path}/info`, { user: { email: '' } })).status).toBe(403);
  });

  it.each([
    ['a new password', { password: 'Entirely-Other-1' }],
    ['being disabled', { enabled: false }],
  ])('ends all tokens with the next request by %s', async (_, change) => {
    const user = await service.createUser(tenant.token);
    const path = `/v3/users/${user.id}`;
    expect((await call('GET', path, undefined, user.token)).status).toBe(200);
    service.clock.advance(1_000);
    expect((await call('PATCH', path, { user: change })).status).toBe(200);
    expect((await call('GET', path, undefined, user.token)).status).toBe(401);
    await call('PATCH', path, { user: { enabled: true } });
    expect((await call('GET', path, undefined, user.token)).status).toBe(401);
  });

  it('lets everybody change their own password, and only that', async () => {
    const user = await service.createUser(tenant.token);
    service.clock.advance(1_000);
    const change = (next: string, present = user.password, id = user.id) =>
      call('POST', `/v3/users/${id}/password`, { user: { password: next, original_password: present } }, user.token);
    expect((await change('Entirely-Other-1', 'wrong')).body.error_code).toBe('1103');
    expect((await change(user.password)).body.error_code).toBe('1108');
    expect((await change('short')).body.error_code).toBe('1118');
    expect((await change('Entirely-Other-1', user.password, tenant.administrator.id)).status).toBe(403);
    expect((await change('Entirely-Other-1')).status).toBe(204);
    expect((await call('GET', `/v3/users/${user.id}`, undefined, user.token)).status).toBe(401);
    await service
      .http()
      .post('/v3/auth/tokens')
      .send(passwordLogin({ id: user.id, password: user.password }))
      .expect(401);
    await service.login({ id: user.id, password: 'Entirely-Other-1' });
    expect(JSON.stringify(await traced('updateUserPwd'))).not.toMatch(/Entirely|another fine/);
  });

  it('locks a user whose present password is guessed, as at the login', async () => {
    const own = await service.createTenant();
    const path = `/v3/users/${own.administrator.id}/password`;
    const change = (present: string) =>
      call('POST', path, { user: { original_password: present, password: 'another fine password' } }, own.token);
    for (let guess = 1; guess <= 5; guess++) expect((await change(`guess ${String(guess)}`)).status).toBe(400);
    expect((await change(own.password)).body.error_code).toBe('IAM.0061');
    const login = passwordLogin({ id: own.administrator.id, password: own.password });
    expect((await call('POST', '/v3/auth/tokens', login)).body.error_code).toBe('IAM.0061');
    expect(await traced('lockUser')).toHaveLength(1);
  });

  it('keeps a domain its last administrator, and anybody from deleting themselves', async () => {
    const own = await service.createTenant();
    const root = `/v3/users/${own.administrator.id}`;
    const osRoot = `/v3.0/OS-USER/users/${own.administrator.id}`;
    const second = await service.createUser(own.token);
    await call('PUT', `/v3.0/OS-USER/users/${second.id}`, { user: { is_administrator: true } }, own.token);
    expect((await call('DELETE', root, undefined, own.token)).body.error_code).toBe('IAM.0002');
    const both = await Promise.all([
      call('PATCH', `/v3/users/${second.id}`, { user: { enabled: false } }, own.token),
      call('PATCH', root, { user: { enabled: false } }, second.token),
    ]);
    // Whoever comes second is the last administrator's victim (403), or is disabled before it is even heard (401).
    const [done, refusedSecond] = both.map(({ status }) => status).sort();
    expect(done).toBe(200);
    expect([401, 403]).toContain(refusedSecond);
    await service.database.query(
      'UPDATE users SET enabled = id = $1, is_administrator = id = $1 WHERE domain_id = $2',
      [own.administrator.id, own.domain.id],
    );
    const token = await service.login({ id: own.administrator.id, password: own.password });
    for (const refused of [
      await call('PATCH', root, { user: { enabled: false } }, token),
      await call('PUT', osRoot, { user: { is_administrator: false } }, token),
    ])
      expect([refused.status, refused.body.error_code]).toEqual([403, 'IAM.0002']);
  });

  it('allows nothing to others than administrators but what is their own', async () => {
    const user = await service.createUser(tenant.token);
    const asked: [string, string, object?][] = [
      ['GET', '/v3/users'],
      ['POST', '/v3/users', { user: { name: 'eve' } }],
      ['GET', `/v3/users/${tenant.administrator.id}`],
      ['PATCH', `/v3/users/${user.id}`, { user: { description: 'me' } }],
      ['PUT', `/v3.0/OS-USER/users/${user.id}`, { user: { is_administrator: true } }],
      ['DELETE', `/v3/users/${tenant.administrator.id}`],
      ['GET', '/v3/groups'],
      ['POST', '/v3/groups', { group: { name: 'mine' } }],
      ['GET', `/v3/users/${user.id}`],
      ['GET', `/v3/users/${user.id}/groups`],
      ['GET', `/v3/users/${user.id}/projects`],
    ];
    const answers = await Promise.all(asked.map(([method, path, body]) => call(method, path, body, user.token)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403, 403, 403, 200, 200, 200]);
  });

  it('keeps groups and who is in them', async () => {
    const user = await service.createUser(tenant.token);
    const { body, status } = await call('POST', '/v3/groups', { group: { name: 'crew', description: 'all hands' } });
    expect(status).toBe(201);
    expect(body.group).toMatchObject({ name: 'crew', description: 'all hands', domain_id: tenant.domain.id });
    const group = `/v3/groups/${body.group.id}`;
    const member = `${group}/users/${user.id}`;
    expect((await call('HEAD', member)).status).toBe(404);
    for (const _ of [1, 2]) expect((await call('PUT', member)).status).toBe(204);
    expect(await traced('addUserToGroup')).toHaveLength(1);
    expect((await call('HEAD', member)).status).toBe(204);
    expect(names((await call('GET', `${group}/users`)).body)).toEqual([user.name]);
    const groups = await call('GET', `/v3/users/${user.id}/groups`, undefined, user.token);
    expect(groups.body.groups.map(({ name }: { name: string }) => name)).toEqual(['crew']);
    expect((await call('POST', '/v3/groups', { group: { name: 'crew' } })).body.error_code).toBe('IAM.0005');
    expect((await call('PATCH', group, { group: {} })).status).toBe(400);
    expect((await call('PATCH', group, { group: { name: 'hands' } })).body.group).toMatchObject({ name: 'hands' });
    expect((await call('GET', '/v3/groups?name=hands')).body.groups).toHaveLength(1);
    expect((await call('DELETE', member)).status).toBe(204);
    expect((await call('DELETE', member)).status).toBe(404);
    await call('PUT', member);
    expect((await call('DELETE', group)).status).toBe(204);
    expect((await call('GET', group)).status).toBe(404);
    expect((await call('GET', `/v3/users/${user.id}`)).status).toBe(200);
  });

  it('keeps two access keys a user at most, and tells a secret once', async () => {
    const user = await service.createUser(tenant.token);
    const keys = '/v3.0/OS-CREDENTIAL/credentials';
    const create = (token = user.token) => call('POST', keys, { credential: { user_id: user.id } }, token);
    const answers = await Promise.all([create(), create(tenant.token), create()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 400]);
    expect(answers.find(({ status }) => status === 400)?.body.error).toMatchObject({ message: 'akSkNumExceed' });
    const [made] = answers.filter(({ status }) => status === 201);
    const { access, secret } = made?.body.credential as { access: string; secret: string };
    expect(made?.headers['cache-control']).toBe('no-store');
    expect(secret).toMatch(/^[A-Za-z0-9]{40}$/);
    const list = await call('GET', keys, undefined, user.token);
    expect(list.body.credentials).toHaveLength(2);
    const off = await call('PUT', `${keys}/${access}`, { credential: { status: 'inactive' } }, user.token);
    expect(off.body.credential).toMatchObject({ access, status: 'inactive', user_id: user.id });
    expect((await call('GET', `${keys}/${access}`)).body.credential).toMatchObject({ status: 'inactive' });
    const neighbour = await service.createUser(tenant.token);
    expect((await call('GET', `${keys}/${access}`, undefined, neighbour.token)).status).toBe(404);
    expect((await call('GET', `${keys}?user_id=${user.id}`, undefined, neighbour.token)).status).toBe(403);
    expect((await call('DELETE', `${keys}/${access}`)).status).toBe(204);
    expect((await call('DELETE', `${keys}/${access}`)).status).toBe(404);
    const everything = JSON.stringify([list.body, off.body, await service.recorded(), service.logLines]);
    expect(everything).not.toContain(secret);
    const stored = await service.database.query<{ text: string }>(
      `SELECT encode(secret_sealed, 'escape') AS text FROM access_keys WHERE user_id = $1`,
      [user.id],
    );
    expect(stored).toHaveLength(1);
  });

  it('dates what it records by the database, whatever its own clock says', async () => {
    for (const ms of [600_000, -1_200_000, 600_000]) {
      service.clock.advance(ms);
      await service.createUser(await service.operatorToken());
      const last = (await service.recorded()).at(-1);
      expect(Math.abs(Number(last?.['record_time']) - Date.now())).toBeLessThan(60_000);
    }
  });
});
