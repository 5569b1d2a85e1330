import { openApp, IdentityApp } from './harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;

describe('regions and projects', () => {
  let service: IdentityApp;
  let operator: string;
  let tenant: Tenant;
  beforeAll(async () => {
    service = await IdentityApp.start({ BOOTSTRAP_REGION: 'zz-own-1' });
    operator = await service.operatorToken();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());
  const call = (method: string, path: string, body?: object, token = tenant.token) =>
    service.call(method, path, token, body);
  const create = (project: object, token = tenant.token) => call('POST', '/v3/projects', { project }, token);
  const regionIds = async (token: string) =>
    (await call('GET', '/v1/regions', undefined, token)).body.regions.map(({ id }: { id: string }) => id) as string[];
  const addDomain = (name: string, regions: string[], id?: string) =>
    call(
      'POST',
      '/v1/domains',
      {
        name,
        ...(id !== undefined && { id }),
        projects: regions.map((region) => ({ name: region, region })),
        administrator: { name: 'root', password: 'Very-Fine-Word-1' },
      },
      operator,
    );

  it('knows the documented regions, and the one it was started in', async () => {
    const { body } = await call('GET', '/v1/regions');
    expect(body.regions).toHaveLength(35 + 1);
    const beijing = body.regions.find(({ id }: { id: string }) => id === 'cn-north-4');
    expect(beijing).toMatchObject({
      kind: 'general',
      names: { 'en-us': 'CN North-Beijing4' },
      availability_zones: expect.arrayContaining(['cn-north-4a']),
      features: { image_scanning: { available: true, as_of: '2025-09-19' } },
    });
    const hongKong = body.regions.find(({ id }: { id: string }) => id === 'ap-southeast-1');
    expect(hongKong.features.image_scanning.available).toBe(false);
    expect(await regionIds(tenant.token)).toContain('zz-own-1');
    const iam = (await call('GET', '/v3/regions/cn-north-4')).body.region;
    expect(iam).toMatchObject({ id: 'cn-north-4', type: 'public', parent_region_id: null });
    expect((await call('GET', '/v3/regions')).body.regions).toHaveLength(body.regions.length);
    expect((await call('GET', '/v3/regions/nowhere')).body.error_code).toBe('IAM.0004');
  });

  it('opens a dedicated region to its domains only, and is as ignorant of it as of none to others', async () => {
    const id = 'zz-vault-1';
    const body = { kind: 'dedicated', allowed_domains: [tenant.domain.id, 'd-later'], names: { 'en-us': 'Vault' } };
    expect((await call('PUT', `/v1/regions/${id}`, body, tenant.token)).status).toBe(403);
    const put = await call('PUT', `/v1/regions/${id}`, body, operator);
    expect([put.status, put.body]).toEqual([200, expect.objectContaining({ id, ...body, features: {} })]);
    const other = await service.createTenant();
    expect(await regionIds(tenant.token)).toContain(id);
    expect(await regionIds(other.token)).not.toContain(id);
    expect(JSON.stringify((await call('GET', '/v1/regions')).body)).not.toContain('d-later');
    expect((await call('GET', `/v3/regions/${id}`)).body.region.type).toBe('private');
    expect((await call('GET', `/v3/regions/${id}`, undefined, other.token)).status).toBe(404);
    expect((await create({ name: id })).status).toBe(201);
    expect((await create({ name: id }, other.token)).status).toBe(400);
    const refused = await addDomain('outside', [id]);
    expect(refused.body.problems).toEqual([
      { path: 'body.projects[0].region', message: 'is not a known region; did you mean me-east-1?' },
    ]);
    expect((await addDomain('inside', [id], 'd-later')).status).toBe(201);
    const [put1] = (await service.recorded()).filter(({ trace_name: name }) => name === 'updateRegion');
    expect(put1).toMatchObject({ resource_type: 'region', resource_id: id });
  });

  it('names the nearest region for an unknown one', async () => {
    expect((await create({ name: 'cn-nort-4' })).body.problems).toEqual([
      { path: 'body.project.name', message: 'is not a known region; did you mean cn-north-4?' },
    ]);
    expect((await addDomain('typo', ['cn-est-3'])).body.problems).toEqual([
      { path: 'body.projects[0].region', message: 'is not a known region; did you mean cn-east-3?' },
    ]);
  });

  it.each([
    [{ kind: 'dedicated' }, ['body.allowed_domains']],
    [{ kind: 'general', allowed_domains: ['d'] }, ['body.allowed_domains']],
    [
      { kind: 'lunar', features: { x: { available: 1 } } },
      ['body.features.x.as_of', 'body.features.x.available', 'body.features.x.source', 'body.kind'],
    ],
  ])('refuses %j as a region', async (body, paths) => {
    const answer = await call('PUT', '/v1/regions/zz-odd-1', body, operator);
    expect(answer.status).toBe(400);
    expect(answer.body.problems.map(({ path }: { path: string }) => path).sort()).toEqual(paths);
  });

  it('withdraws a region without projects, for good: no start brings it back, nor undoes a change', async () => {
    const used = await call('DELETE', '/v1/regions/cn-north-4', undefined, operator);
    expect([used.status, used.body.error_code]).toEqual([409, 'QST.Conflict']);
    expect((await call('DELETE', '/v1/regions/ru-moscow-1', undefined, operator)).status).toBe(204);
    expect((await call('DELETE', '/v1/regions/ru-moscow-1', undefined, operator)).status).toBe(404);
    await call('PUT', '/v1/regions/eu-west-0', { kind: 'general', names: { 'en-us': 'Ours' } }, operator);
    const { url } = service.database.dataSource.options as { url: string };
    const { app } = await openApp(url, { DATA_DIR: service.dataDir });
    await app.close();
    expect(await regionIds(operator)).not.toContain('ru-moscow-1');
    expect((await create({ name: 'ru-moscow-1' })).status).toBe(400);
    const paris = (await call('GET', '/v1/regions')).body.regions.find(({ id }: { id: string }) => id === 'eu-west-0');
    expect(paris).toMatchObject({ names: { 'en-us': 'Ours' }, features: {} });
    await call('PUT', '/v1/regions/ru-moscow-1', { kind: 'general' }, operator);
    expect(await regionIds(operator)).toContain('ru-moscow-1');
  });

  it('keeps one default project a region, and parts of it one level deep', async () => {
    const own = await service.createTenant();
    const make = (project: object) => create(project, own.token);
    const taken = await make({ name: 'cn-north-4' });
    expect([taken.status, taken.body.error_code]).toEqual([409, 'IAM.0005']);
    const first = await make({ name: 'cn-east-3', description: 'east' });
    expect(first.body.project).toMatchObject({
      name: 'cn-east-3',
      parent_id: own.domain.id,
      domain_id: own.domain.id,
      is_domain: false,
      enabled: true,
      description: 'east',
    });
    const part = await make({ name: 'cn-north-4_dev', parent_id: own.project.id });
    expect(part.body.project).toMatchObject({ parent_id: own.project.id });
    expect((await make({ name: 'cn-east-3_dev' })).body.project).toMatchObject({ parent_id: first.body.project.id });
    const statuses = [
      await make({ name: 'cn-north-4_dev', parent_id: own.project.id }),
      await make({ name: 'dev', parent_id: own.project.id }),
      await make({ name: 'cn-north-4_dev_x', parent_id: part.body.project.id }),
      await make({ name: 'cn-south-1_dev' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([409, 400, 400, 400]);
    const path = `/v3/projects/${part.body.project.id}`;
    const patch = (at: string, project: object) => call('PATCH', at, { project }, own.token);
    expect((await patch(path, { name: 'cn-north-4_test' })).body.project).toMatchObject({ name: 'cn-north-4_test' });
    expect((await patch(path, { name: 'cn-east-3_test' })).status).toBe(400);
    expect((await patch(`/v3/projects/${own.project.id}`, { name: 'cn-north-4_x' })).status).toBe(400);
    // A token of the new project is one like any other.
    await service.login({ id: own.administrator.id, password: own.password }, { project: { name: 'cn-north-4_test' } });
  });

  it('lists by name, parent and page', async () => {
    const own = await service.createTenant();
    for (const region of ['cn-east-2', 'cn-east-3']) await create({ name: region }, own.token);
    await create({ name: 'cn-east-3_dev' }, own.token);
    const user = await service.createUser(own.token);
    const ask = async (query: string) => (await call('GET', `/v3/projects${query}`, undefined, user.token)).body;
    const found = async (query: string) => (await ask(query)).projects.map(({ name }: { name: string }) => name);
    expect(await found('')).toEqual(['cn-east-2', 'cn-east-3', 'cn-east-3_dev', 'cn-north-4']);
    expect(await found('?name=cn-east-3')).toEqual(['cn-east-3']);
    expect(await found(`?parent_id=${own.domain.id}&enabled=true`)).toEqual(['cn-east-2', 'cn-east-3', 'cn-north-4']);
    expect(await found('?is_domain=true')).toEqual([]);
    const page = await ask('?page=2&per_page=3');
    expect(page.projects).toHaveLength(1);
    expect(page.links).toMatchObject({
      next: null,
      previous: expect.stringContaining('/v3/projects?page=1&per_page=3'),
    });
    expect((await call('GET', '/v3/projects?page=1')).status).toBe(400);
    for (const path of ['/v3/auth/projects', `/v3/users/${user.id}/projects`])
      expect((await call('GET', path, undefined, user.token)).body.projects).toHaveLength(4);
    expect((await call('GET', '/v3/auth/domains', undefined, user.token)).body.domains).toMatchObject([
      { id: own.domain.id, name: own.domain.name, enabled: true },
    ]);
    const added = await create({ name: 'cn-south-1', domain_id: own.domain.id }, operator);
    expect([added.status, added.body.project.domain_id]).toEqual([201, own.domain.id]);
    expect((await create({ name: 'cn-south-1', domain_id: 'f'.repeat(32) }, operator)).status).toBe(404);
  });

  it('makes several projects of a region with a domain only where they are parts of the first', async () => {
    const add = (name: string, names: string[]) =>
      call(
        'POST',
        '/v1/domains',
        {
          name,
          projects: names.map((project) => ({ name: project, region: 'cn-north-4' })),
          administrator: { name: 'root', password: 'Very-Fine-Word-1' },
        },
        operator,
      );
    expect((await add('two', ['a', 'b'])).body.problems).toMatchObject([{ path: 'body.projects[1].name' }]);
    const { status, body } = await add('parts', ['cn-north-4_dev', 'main']);
    expect(status).toBe(201);
    const [dev, main] = body.projects as { id: string }[];
    const rows = await service.database.query('SELECT parent_id FROM projects WHERE id = $1', [dev?.id]);
    expect(rows).toEqual([{ parent_id: main?.id }]);
  });
});
