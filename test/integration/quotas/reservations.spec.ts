import { QuotasApp, type Tenant } from './harness.js';

describe('reservations', () => {
  let service: QuotasApp;
  let tenant: Tenant;
  let users = 0;
  beforeAll(async () => {
    service = await QuotasApp.start();
    tenant = await service.tenant('acme');
  });
  afterAll(() => service.stop());

  const domain = (): string => tenant.domain.id;
  const freshUser = (project = tenant.project.id) => ({
    kind: 'user',
    project_id: project,
    id: `user-${String(++users)}`,
  });
  const name = (stem = 'team'): string => `${stem}-${String(++users)}`;
  const counterOf = async (scope: { project_id: string; id: string }) =>
    (await service.counters(domain()))[`namespace user/${scope.project_id}/${scope.id}`] ?? [0, 0];
  const act = (id: string, verb: string, body: object = {}) =>
    service.post(`/v1/quotas/reservations/${id}/${verb}`, body);

  it('is granted, committed, and refused with all the facts when the limit is reached', async () => {
    const scope = freshUser();
    for (let count = 1; count <= 5; count++) {
      const { body } = await service.reserve(domain(), scope, name()).expect(201);
      expect(body).toMatchObject({
        state: 'held',
        items: [
          {
            quota_key: 'namespace',
            scope,
            limit: 5,
            origin: 'default',
            used: count - 1,
            reserved: 1,
            remaining: 5 - count,
          },
        ],
      });
      expect(body.expires_at).toBeGreaterThan(Date.now() + 290_000);
      expect((await act(body.id, 'commit').expect(200)).body.state).toBe('committed');
    }
    const { body, headers } = await service.reserve(domain(), scope, name()).expect(409);
    expect(body).toEqual({
      error_code: 'QST.Quota.Exceeded',
      error_msg: `The quota namespace of user ${scope.id} is exhausted: 1 needed, 5 used, 0 reserved, limit 5 (default).`,
      request_id: headers['x-request-id'],
      exceeded: [
        {
          quota_key: 'namespace',
          scope,
          needed: 1,
          used: 5,
          reserved: 0,
          limit: 5,
          origin: 'default',
          mode: 'enforce',
        },
      ],
      request_more: '/v1/quota-requests',
      equivalents: {
        swr: { status: 400, error_code: 'SVCSTG.SWR.4000097' },
        registry: { status: 403, code: 'DENIED' },
      },
    });
  });

  it('counts on the user, the project and the domain', async () => {
    const other = await service.tenant('levels');
    const scope = freshUser(other.project.id);
    const { body } = await service.reserve(other.domain.id, scope, 'team-a').expect(201);
    const levels = (pair: number[]) => ({
      [`namespace user/${other.project.id}/${scope.id}`]: pair,
      [`namespace project/${other.project.id}`]: pair,
      'namespace domain': pair,
    });
    expect(await service.counters(other.domain.id)).toEqual(levels([0, 1]));
    await act(body.id, 'commit').expect(200);
    expect(await service.counters(other.domain.id)).toEqual(levels([1, 0]));
  });

  it('takes all items or none', async () => {
    const [full, free] = [freshUser(), freshUser()];
    for (let count = 0; count < 5; count++) await service.reserve(domain(), full, name()).expect(201);
    const items = [free, full].map((scope) => ({ quota_key: 'namespace', scope, resource_name: name() }));
    const { body } = await service.post('/v1/quotas/reservations', { domain_id: domain(), items }).expect(409);
    expect(body.exceeded).toMatchObject([{ scope: full, needed: 1, reserved: 5 }]);
    expect(await counterOf(free)).toEqual([0, 0]);
  });

  it('is free again after its release, which may be repeated', async () => {
    const scope = freshUser();
    const { body } = await service.reserve(domain(), scope, 'again').expect(201);
    await act(body.id, 'release').expect(200);
    expect((await act(body.id, 'release').expect(200)).body.state).toBe('released');
    expect(await counterOf(scope)).toEqual([0, 0]);
    expect((await act(body.id, 'commit').expect(409)).body.error_code).toBe('QST.Conflict');
    await service.reserve(domain(), scope, 'again').expect(201);
  });

  it('is committed once, however often it is told', async () => {
    const scope = freshUser();
    const { body } = await service.reserve(domain(), scope, name()).expect(201);
    const answers = [await act(body.id, 'commit').expect(200), await act(body.id, 'commit').expect(200)];
    expect(answers[1]?.body).toEqual({ ...answers[0]?.body, items: [expect.objectContaining({ state: 'committed' })] });
    expect(await counterOf(scope)).toEqual([1, 0]);
    expect((await act(body.id, 'release').expect(409)).body.error_code).toBe('QST.Conflict');
  });

  describe('that expired', () => {
    it('no longer counts, though nobody has swept it', async () => {
      const scope = freshUser();
      for (let count = 0; count < 5; count++) await service.reserve(domain(), scope, name(), { ttl: 10 }).expect(201);
      await service.reserve(domain(), scope, name()).expect(409);
      await service.pass(20_000);
      const { body } = await service
        .post('/v1/quotas/check', { domain_id: domain(), items: [{ quota_key: 'namespace', scope }] })
        .expect(200);
      expect(body).toMatchObject({ allowed: true, items: [{ reserved: 0, remaining: 5 }] });
      await service.reserve(domain(), scope, name()).expect(201);
      expect(await counterOf(scope)).toEqual([0, 1]);
    });

    it('is committed while there is room, and refused when there is none', async () => {
      const scope = freshUser();
      const late = [];
      for (let count = 0; count < 2; count++)
        late.push((await service.reserve(domain(), scope, name(), { ttl: 10 }).expect(201)).body.id as string);
      await service.pass(20_000);
      expect((await service.get(`/v1/quotas/reservations/${String(late[0])}`).expect(200)).body.state).toBe('expired');
      for (let count = 0; count < 4; count++) await service.reserve(domain(), scope, name(), { ttl: 1000 }).expect(201);
      expect((await act(String(late[0]), 'extend', { ttl_seconds: 60 }).expect(409)).body.error_code).toBe(
        'QST.Quota.ReservationExpired',
      );
      await act(String(late[0]), 'commit').expect(200);
      expect(await counterOf(scope)).toEqual([1, 4]);
      const { body } = await act(String(late[1]), 'commit').expect(409);
      expect(body.error_code).toBe('QST.Quota.ReservationExpired');
      expect(await counterOf(scope)).toEqual([1, 4]);
    });

    it('may be extended before', async () => {
      const scope = freshUser();
      const { body } = await service.reserve(domain(), scope, name(), { ttl: 10 }).expect(201);
      const extended = await act(body.id, 'extend', { ttl_seconds: 600 }).expect(200);
      expect(extended.body.expires_at).toBeGreaterThan(Number(body.expires_at) + 500_000);
      await service.pass(20_000);
      expect((await act(body.id, 'commit').expect(200)).body.state).toBe('committed');
    });
  });

  describe('with an idempotency key', () => {
    it('is answered as before, and held once', async () => {
      const scope = freshUser();
      const first = await service.reserve(domain(), scope, 'once-more', { key: 'k1' }).expect(201);
      const second = await service.reserve(domain(), scope, 'once-more', { key: 'k1' }).expect(201);
      expect(second.body).toEqual(first.body);
      expect(await counterOf(scope)).toEqual([0, 1]);
    });

    it('is refused as before', async () => {
      const scope = freshUser();
      const held = [];
      for (let count = 0; count < 5; count++) held.push(await service.reserve(domain(), scope, name()).expect(201));
      const asked = name();
      await service.reserve(domain(), scope, asked, { key: 'k2' }).expect(409);
      await act(held[0]?.body.id, 'release').expect(200);
      await service.reserve(domain(), scope, asked, { key: 'k2' }).expect(409);
      await service.reserve(domain(), scope, asked, { key: 'k3' }).expect(201);
    });

    it('is 422 for another request', async () => {
      const scope = freshUser();
      await service.reserve(domain(), scope, name(), { key: 'k4' }).expect(201);
      const { body } = await service.reserve(domain(), scope, name(), { key: 'k4' }).expect(422);
      expect(body.error_code).toBe('QST.IdempotencyConflict');
    });

    it('holds one reservation when the same comes many times at once', async () => {
      const scope = freshUser();
      const asked = name();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => service.reserve(domain(), scope, asked, { key: 'k5' })),
      );
      expect(new Set(answers.map(({ status, body }) => `${String(status)} ${String(body.id)}`)).size).toBe(1);
      expect(await counterOf(scope)).toEqual([0, 1]);
    });
  });

  it('changes nothing as a rehearsal', async () => {
    const scope = freshUser();
    const { body } = await service.reserve(domain(), scope, 'rehearsed', { dry: true, key: 'dry' }).expect(200);
    expect(body).toMatchObject({ id: null, state: 'dry_run', expires_at: null, items: [{ remaining: 4 }] });
    expect(await service.database.query('SELECT FROM quota_counters WHERE scope LIKE $1', [`%${scope.id}`])).toEqual(
      [],
    );
    await service.reserve(domain(), scope, 'rehearsed', { key: 'dry' }).expect(201);
    await service.reserve(domain(), scope, 'rehearsed', { dry: true }).expect(409);
  });

  describe('of a name', () => {
    it.each([
      ['that the rules forbid', 'Team-A'],
      ['that is reserved', 'library'],
    ])('%s is 400', async (_, resourceName) => {
      const { body } = await service.reserve(domain(), freshUser(), resourceName).expect(400);
      expect(body.problems).toMatchObject([{ path: 'body.items[0].resource_name' }]);
    });

    it('is required where names are counted', async () => {
      const items = [{ quota_key: 'namespace', scope: freshUser() }];
      const { body } = await service.post('/v1/quotas/reservations', { domain_id: domain(), items }).expect(400);
      expect(body.problems).toMatchObject([{ path: 'body.items[0].resource_name' }]);
    });

    it('that is taken in the region is 409, whoever has it', async () => {
      const other = await service.tenant('rival', { projects: [{}, { region: 'eu-west-101' }] });
      await service.reserve(domain(), freshUser(), 'golden').expect(201);
      const { body } = await service.reserve(other.domain.id, freshUser(other.project.id), 'golden').expect(409);
      expect(body).toMatchObject({
        error_code: 'QST.Quota.NameTaken',
        equivalents: { swr: { status: 409, error_code: 'SVCSTG.SWR.4090060' } },
      });
      await service.reserve(other.domain.id, freshUser(other.projects[1]?.id), 'golden').expect(201);
    });

    it('is given to one of many who want it at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => service.reserve(domain(), freshUser(), 'coveted')),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
    });
  });

  it('without a definition is only counted', async () => {
    const scope = { kind: 'project', id: tenant.project.id };
    const items = [{ quota_key: 'shiny_new', scope, amount: 1_000_000 }];
    const { body } = await service.post('/v1/quotas/reservations', { domain_id: domain(), items }).expect(201);
    expect(body.items).toMatchObject([{ limit: -1, origin: 'unset', mode: 'observe', remaining: null }]);
    await act(body.id, 'commit').expect(200);
    expect((await service.counters(domain()))[`shiny_new project/${tenant.project.id}`]).toEqual([1_000_000, 0]);
  });

  it.each<[string, object, number, string]>([
    [
      'a scope of another kind',
      { items: [{ quota_key: 'namespace', scope: { kind: 'project', id: 'x' }, resource_name: 'a' }] },
      400,
      'kind',
    ],
    ['no items', { items: [] }, 400, 'items'],
    [
      'an amount of zero',
      { items: [{ quota_key: 'x', scope: { kind: 'project', id: 'x' }, amount: 0 }] },
      400,
      'amount',
    ],
    [
      'an amount beyond all sense',
      { items: [{ quota_key: 'x', scope: { kind: 'project', id: 'x' }, amount: 1e15 }] },
      400,
      'amount',
    ],
    [
      'an unknown member',
      { items: [{ quota_key: 'x', scope: { kind: 'project', id: 'x' } }], ttl: 5 },
      400,
      'body.ttl: is not known',
    ],
    ['a NUL in an id', { items: [{ quota_key: 'x', scope: { kind: 'project', id: 'a\0' } }] }, 400, 'id'],
    [
      'an unknown project',
      { items: [{ quota_key: 'x', scope: { kind: 'project', id: 'nowhere' } }] },
      404,
      'no project',
    ],
  ])('refuses %s', async (_, body, status, said) => {
    const answer = await service.post('/v1/quotas/reservations', { domain_id: domain(), ...body });
    expect(answer.status).toBe(status);
    expect(answer.body.error_msg).toContain(said);
  });

  it('keeps domains apart', async () => {
    const other = await service.tenant('stranger');
    const { body } = await service.reserve(domain(), freshUser(), name()).expect(201);
    for (const id of [String(body.id), 'f'.repeat(32), `${'f'.repeat(32)}.${domain()}`, 'x.y'])
      for (const verb of ['commit', 'release'])
        expect((await service.post(`/v1/quotas/reservations/${id}/${verb}`, {}, other.token)).body).toEqual({
          error_code: 'QST.NotFound',
          error_msg: 'There is no such reservation.',
          request_id: expect.any(String),
        });
    await service.get(`/v1/quotas?domain_id=${domain()}`, other.token).expect(403);
    await service.post('/v1/quotas/check', { domain_id: domain(), items: [] }, other.token).expect(403);
    const items = [{ quota_key: 'namespace', scope: freshUser(), resource_name: name() }];
    await service.post('/v1/quotas/reservations', { domain_id: domain(), items }, other.token).expect(403);
    await service.post('/v1/quotas/reservations', { domain_id: 'absent', items }).expect(404);
  });

  it('is listed with what is used and reserved', async () => {
    const other = await service.tenant('listed');
    const scope = { kind: 'user', project_id: other.project.id, id: other.administrator.id };
    const { body } = await service.reserve(other.domain.id, scope, 'shown').expect(201);
    await act(body.id, 'commit').expect(200);
    await service.reserve(other.domain.id, scope, 'held').expect(201);
    const listed = await service.get('/v1/quotas?scope_kind=user', other.token).expect(200);
    expect(listed.body).toEqual({
      quotas: [
        {
          quota_key: 'namespace',
          unit: 'count',
          scope,
          limit: 5,
          origin: 'default',
          mode: 'enforce',
          used: 1,
          reserved: 1,
          remaining: 3,
          percent: 40,
          forecast_full_at: null,
          exceeded: false,
          closed: false,
        },
      ],
      page: { count: 1, next: null },
    });
    const first = await service.get('/v1/quotas?limit=2', other.token).expect(200);
    const second = await service
      .get(`/v1/quotas?limit=2&cursor=${String(first.body.page.next)}`, other.token)
      .expect(200);
    const kinds = [...first.body.quotas, ...second.body.quotas].map((quota) => quota.scope.kind as string);
    expect(kinds).toEqual(['domain', 'project', 'user']);
    const swr = await service.get(`/v2/manage/projects/${other.project.id}/quotas`, other.token).expect(200);
    expect(swr.body).toEqual({ quotas: [{ quota_key: 'namespace', quota_limit: 5, used: 1, unit: '' }] });
    await service.get(`/v2/manage/projects/${tenant.project.id}/quotas`, other.token).expect(403);
  });

  afterAll(() => {
    expect(service.lines.filter((line) => /"level":(50|"error")/.test(line))).toEqual([]);
  });
});
