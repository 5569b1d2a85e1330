import { IdentityApp } from './harness.js';

describe('/v1/domains', () => {
  let service: IdentityApp;
  let token: string;
  beforeAll(async () => {
    service = await IdentityApp.start();
    token = await service.operatorToken();
  });
  afterAll(() => service.stop());
  const send = (method: 'get' | 'post' | 'patch', path: string, body?: object) =>
    service.http()[method](`/v1/domains${path}`).set('X-Auth-Token', token).send(body);
  const id = (digit: string) => digit.repeat(32);
  const paths = (body: { problems: { path: string }[] }) => body.problems.map(({ path }) => path).sort();

  it('creates a domain with given ids, whose administrator can log in', async () => {
    const { body, text } = await send('post', '', {
      name: 'week',
      id: id('1'),
      projects: [
        { name: 'a', id: id('2'), region: 'cn-north-4' },
        { name: 'b', region: 'cn-east-3' },
      ],
      administrator: { name: 'auditor', password: 'eight-or-more' },
    }).expect(201);
    expect(body).toEqual({
      domain: {
        id: id('1'),
        name: 'week',
        enabled: true,
        recording: true,
        is_operator: false,
        created_at: expect.any(Number),
      },
      projects: [
        { id: id('2'), name: 'a', region: 'cn-north-4' },
        { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'b', region: 'cn-east-3' },
      ],
      administrator: { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'auditor' },
    });
    expect(text).not.toMatch(/eight-or-more|password/);
    await service.login(
      { name: 'auditor', password: 'eight-or-more', domain: { id: id('1') } },
      { project: { id: id('2') } },
    );
    const trace = (await service.recorded()).find(
      ({ trace_name: name, resource_id: of }) => name === 'createDomain' && of === id('1'),
    );
    expect(trace).toMatchObject({
      service_type: 'IAM',
      resource_type: 'domain',
      resource_name: 'week',
      domain_id: service.credentials.domain.id,
    });
    expect(JSON.stringify(trace)).not.toContain('eight-or-more');
  });

  it('names all that is taken, and creates nothing then', async () => {
    await send('post', '', {
      name: 'first',
      id: id('3'),
      projects: [{ name: 'p', id: id('4'), region: 'cn-east-2' }],
      administrator: { name: 'a', password: 'eight-or-more' },
    }).expect(201);
    const { body } = await send('post', '', {
      name: 'first',
      id: id('3'),
      projects: [
        { name: 'q', id: id('5'), region: 'cn-east-3' },
        { name: 'p', id: id('4'), region: 'cn-east-2' },
      ],
      administrator: { name: 'a', password: 'eight-or-more' },
    }).expect(409);
    expect(body.error_code).toBe('QST.Conflict');
    expect(paths(body)).toEqual(['body.id', 'body.name', 'body.projects[1].id']);
    expect(await service.database.query('SELECT 1 FROM projects WHERE id = $1', [id('5')])).toEqual([]);
  });

  it('lets one of two simultaneous creations win and names the conflict to the other', async () => {
    const attempt = () =>
      send('post', '', {
        name: 'race',
        projects: [{ name: 'p', region: 'cn-north-1' }],
        administrator: { name: 'a', password: 'eight-or-more' },
      });
    const answers = await Promise.all([attempt(), attempt(), attempt()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    for (const { status, body } of answers) if (status === 409) expect(paths(body)).toEqual(['body.name']);
  });

  it('names all problems of a body at once', async () => {
    const { body } = await send('post', '', {
      name: ' blank',
      id: 'no blanks',
      projects: [
        { name: 'p', region: 'cn-north-1' },
        { name: 'p', region: '' },
      ],
      administrator: { name: 'a', password: 'short' },
      owner: 'x',
    }).expect(400);
    expect(paths(body)).toEqual([
      'body.administrator.password',
      'body.id',
      'body.name',
      'body.owner',
      'body.projects[1].name',
      'body.projects[1].region',
    ]);
    const twins = await send('post', '', {
      name: 'twins',
      projects: [
        { name: 'p', id: id('6'), region: 'cn-north-1' },
        { name: 'p', id: id('6'), region: 'cn-north-2' },
      ],
      administrator: { name: 'a', password: 'eight-or-more' },
    }).expect(400);
    expect(paths(twins.body)).toEqual(['body.projects[1].id', 'body.projects[1].name']);
    expect(paths((await send('post', '').expect(400)).body)).toEqual(['body']);
  });

  it('shows one, lists all by pages, and does not know the unknown', async () => {
    const { domain } = await service.createTenant('zz-last');
    expect((await send('get', `/${domain.id}`).expect(200)).body).toMatchObject({
      domain: { name: 'zz-last' },
      projects: [{ name: 'cn-north-4' }],
    });
    expect((await send('get', `/${id('9')}`).expect(404)).body.error_code).toBe('QST.NotFound');
    const all = (await send('get', '').expect(200)).body;
    const names: string[] = all.domains.map(({ name }: { name: string }) => name);
    expect(names).toEqual([...names].sort());
    expect(all.page).toEqual({ count: names.length, next: null });
    const paged: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await send('get', `?limit=2${cursor}`).expect(200);
      paged.push(...body.domains.map(({ name }: { name: string }) => name));
      if (body.page.next === null) break;
      cursor = `&cursor=${body.page.next}`;
    }
    expect(paged).toEqual(names);
    expect((await send('get', '?cursor=%21%21').expect(400)).body.error_code).toBe('QST.BadCursor');
    expect((await send('get', '?limt=2').expect(400)).body.problems[0].message).toContain('did you mean limit?');
  });

  it('switches domains and their recording', async () => {
    const { domain } = await service.createTenant();
    const off = await send('patch', `/${domain.id}`, { recording: false }).expect(200);
    expect(off.body.domain).toMatchObject({ recording: false, enabled: true });
    const both = await send('patch', `/${domain.id}`, { recording: true, enabled: false }).expect(200);
    expect(both.body.domain).toMatchObject({ recording: true, enabled: false });
    const traces = (await service.recorded()).filter(
      ({ trace_name: name, resource_id: of }) => name === 'updateDomain' && of === domain.id,
    );
    expect(traces).toHaveLength(2);
    await send('patch', `/${domain.id}`, {}).expect(400);
    await send('patch', `/${domain.id}`, { enabled: 'no', name: 'x' }).expect(400);
    await send('patch', `/${id('9')}`, { enabled: true }).expect(404);
  });

  it('does not let the operator shut itself out', async () => {
    const { body } = await send('patch', `/${service.credentials.domain.id}`, { enabled: false }).expect(409);
    expect(body.error_msg).toContain('operator domain');
    await send('get', '').expect(200);
  });
});
