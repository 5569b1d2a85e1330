import { reaches } from '../../support/reaches.js';
import { QuotasApp, type Tenant } from './harness.js';

describe('limits, grants and definitions', () => {
  let service: QuotasApp;
  let tenant: Tenant;
  let count = 0;
  beforeAll(async () => (service = await QuotasApp.start()));
  beforeEach(async () => (tenant = await service.tenant(`acme-${String(++count)}`)));
  afterAll(() => service.stop());

  const user = (id = 'u1') => ({ kind: 'user', project_id: tenant.project.id, id });
  const project = () => ({ kind: 'project', id: tenant.project.id });
  const domain = () => ({ kind: 'domain', id: tenant.domain.id });
  const wish = (scope: object, limit: number, more: object = {}) => ({
    domain_id: tenant.domain.id,
    quota_key: 'namespace',
    scope,
    limit,
    reason: 'asked for by ticket 17',
    ...more,
  });
  const setLimit = (scope: object, limit: number, more: object = {}) =>
    service.put('/v1/quotas/limits', wish(scope, limit, more));
  const split = (scope: object, limit: number, more: object = {}) => {
    const { domain_id: _own, ...body } = wish(scope, limit, more);
    return service.put('/v1/quotas/splits', body, tenant.token);
  };
  const reserve = (scope: Record<string, unknown>, name: string) =>
    service.reserve(tenant.domain.id, scope, `${tenant.domain.name}.${name}`);
  const commit = async (scope: Record<string, unknown>, name: string) => {
    const { body } = await reserve(scope, name).expect(201);
    await service.post(`/v1/quotas/reservations/${String(body.id)}/commit`).expect(200);
  };
  const quotaOf = async (scope: object) => {
    const { body } = await service.get('/v1/quotas', tenant.token).expect(200);
    return body.quotas.find((quota: { scope: object }) => JSON.stringify(quota.scope) === JSON.stringify(scope));
  };

  it('lets more pass for as long as a grant holds, and flags what is left above the limit', async () => {
    for (let index = 1; index <= 5; index++) await commit(user(), `n${String(index)}`);
    await reserve(user(), 'n6').expect(409);
    const until = Date.now() + 4_000;
    await service.post('/v1/quotas/grants', wish(user(), 8, { until })).expect(201);
    for (const name of ['n6', 'n7']) await commit(user(), name);
    expect(await quotaOf(user())).toMatchObject({ limit: 8, origin: 'grant', used: 7, exceeded: false });
    await reaches(
      'the grant has ended',
      () => Date.now(),
      (now) => now > until + 100,
    );
    const { body } = await reserve(user(), 'n8').expect(409);
    expect(body.exceeded).toMatchObject([{ used: 7, limit: 5, origin: 'default' }]);
    expect(await quotaOf(user())).toMatchObject({ limit: 5, used: 7, exceeded: true, percent: 140 });
  });

  it('counts an override above a grant, and tells who changed it and why', async () => {
    const { body: granted } = await service.post('/v1/quotas/grants', wish(user(), 8)).expect(201);
    await setLimit(user(), 2).expect(200);
    expect(await quotaOf(user())).toMatchObject({ limit: 2, origin: 'override' });
    await service
      .delete('/v1/quotas/limits', { domain_id: tenant.domain.id, quota_key: 'namespace', scope: user() })
      .expect(204);
    expect(await quotaOf(user())).toMatchObject({ limit: 8, origin: 'grant' });
    await service.delete(`/v1/quotas/grants/${String(granted.id)}`, { reason: 'moved in' }).expect(200);
    expect((await service.get('/v1/quotas/grants', tenant.token).expect(200)).body.grants).toMatchObject([
      { id: granted.id, limit: 8, until: null, revoked_at: expect.any(Number) },
    ]);
    const { body } = await service.get('/v1/quotas/history', tenant.token).expect(200);
    const by = { user_id: service.credentials.user.id, user_name: 'admin', domain_id: service.credentials.domain.id };
    expect(body.history).toMatchObject([
      { change: 'deleteQuotaGrant', reason: 'moved in', by },
      { change: 'deleteQuotaLimit', before: { limit: 2 }, after: null, by },
      {
        change: 'updateQuotaLimit',
        before: null,
        after: { limit: 2 },
        reason: 'asked for by ticket 17',
        scope: user(),
        by,
      },
      { change: 'createQuotaGrant', after: { limit: 8 }, by },
    ]);
    const names = (await service.recorded(tenant.domain.id)).map(({ trace_name }) => trace_name);
    expect(names).toEqual(['login', 'createQuotaGrant', 'updateQuotaLimit', 'deleteQuotaLimit', 'deleteQuotaGrant']);
  });

  it('keeps a child below its parents, and a parent above its children', async () => {
    await setLimit(domain(), 8).expect(200);
    await setLimit(project(), 9).expect(409);
    await setLimit(project(), -1).expect(409);
    await setLimit(project(), 6).expect(200);
    const { body } = await setLimit(user(), 7).expect(409);
    expect(body).toMatchObject({
      error_code: 'QST.Quota.LimitConflict',
      conflict: 'above_parent',
      parent: { scope: project(), limit: 6 },
    });
    await service.post('/v1/quotas/grants', wish(user(), 7)).expect(409);
    await setLimit(user(), 6).expect(200);
    expect((await setLimit(domain(), 5).expect(409)).body).toMatchObject({ conflict: 'below_children' });
  });

  it('refuses at every level that is full', async () => {
    await setLimit(project(), 3).expect(200);
    for (const [index, id] of ['u1', 'u2', 'u3'].entries())
      await reserve(user(id), `level${String(index)}`).expect(201);
    const { body } = await reserve(user('u4'), 'level4').expect(409);
    expect(body.exceeded).toMatchObject([{ scope: project(), limit: 3, reserved: 3, origin: 'override' }]);
  });

  it('sets less than is in use only by force, and flags it', async () => {
    for (let index = 1; index <= 3; index++) await commit(user(), `u${String(index)}`);
    expect((await setLimit(user(), 2).expect(409)).body).toMatchObject({ conflict: 'below_use', used: 3 });
    await setLimit(user(), 2, { force: true, validate_only: true }).expect(200);
    expect(await quotaOf(user())).toMatchObject({ limit: 5, exceeded: false });
    await setLimit(user(), 2, { force: true }).expect(200);
    expect(await quotaOf(user())).toMatchObject({ limit: 2, exceeded: true });
    const told = (await service.recorded(tenant.domain.id)).filter(({ trace_name }) => trace_name === 'quotaExceeded');
    expect(told).toMatchObject([{ message: '3 of 2 namespace are used' }]);
  });

  it('changes what its author has seen, and nothing else', async () => {
    const first = await setLimit(user(), 6).expect(200);
    expect(first.headers.etag).toBe('"1"');
    await setLimit(user(), 7).set('If-Match', '"2"').expect(412);
    await setLimit(user(), 7).set('If-Match', '"1"').expect(200);
    await setLimit(user('other'), 7).set('If-Match', '*').expect(412);
    expect((await service.get('/v1/quotas/limits', tenant.token)).body.limits).toMatchObject([
      { limit: 7, version: 2 },
    ]);
  });

  describe('a split by the tenant', () => {
    it('shares out what its domain was given, and no more', async () => {
      await setLimit(domain(), 20).expect(200);
      await split(user('u1'), 12).expect(200);
      expect((await split(user('u2'), 9).expect(409)).body).toMatchObject({ conflict: 'split_exceeds', total: 21 });
      await split(user('u2'), 8).expect(200);
      await split(user('u1'), 11).expect(200);
      expect((await split(project(), 10).expect(409)).body).toMatchObject({ conflict: 'below_children' });
    });

    it('only lowers where nothing was given', async () => {
      expect((await split(user(), 6).expect(409)).body).toMatchObject({ conflict: 'not_lower', limit: 5 });
      await split(user(), 3).expect(200);
      expect(await quotaOf(user())).toMatchObject({ limit: 3, origin: 'override' });
    });

    it("touches neither its domain nor an operator's limit", async () => {
      await split(domain(), 1).expect(400);
      await setLimit(user(), 4).expect(200);
      await split(user(), 3).expect(403);
      await service.put('/v1/quotas/limits', wish(user(), 9), tenant.token).expect(403);
    });

    it('stays within its domain when many are made at once', async () => {
      await setLimit(domain(), 20).expect(200);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => split(user(`many-${String(index)}`), 5)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    });
  });

  it.each<[string, object, string]>([
    ['an end before its beginning', { from: 2_000_000_000_000, until: 1_999_999_999_999 }, 'until'],
    ['an end in the past', { from: 1, until: 2 }, 'until'],
    ['no reason', { reason: '  ' }, 'reason'],
    ['a limit below -1', { limit: -2 }, 'limit'],
  ])('refuses a grant with %s', async (_, change, said) => {
    const { body } = await service.post('/v1/quotas/grants', { ...wish(user(), 8), ...change }).expect(400);
    expect(body.error_msg).toContain(`body.${said}`);
  });

  it('grants a migration what it needs, for a time', async () => {
    const scope = { kind: 'instance', project_id: tenant.project.id, id: 'i1' };
    const { body } = await service
      .post('/v1/quotas/grants/presets/migration', { domain_id: tenant.domain.id, scope, reason: 'moving in' })
      .expect(201);
    expect(body.grants.map(({ quota_key }: { quota_key: string }) => quota_key)).toContain('namespace_quota');
    expect(body.grants.length).toBeGreaterThan(3);
    const tooLong = { domain_id: tenant.domain.id, scope, reason: 'x', until: Date.now() + 90 * 86_400_000 };
    await service.post('/v1/quotas/grants/presets/migration', tooLong).expect(400);
  });

  describe('a definition', () => {
    const definition = { scope_kind: 'project', mode: 'enforce', default_limit: 2, reason: 'new' };
    const items = (amount = 1) => [{ quota_key: 'robot', scope: project(), amount }];

    it('decides from its change on, and no longer once it is deleted', async () => {
      const put = await service.put('/v1/quotas/definitions/robot', definition).expect(200);
      expect(put.headers.etag).toMatch(/^"\d+"$/);
      const ask = (amount: number) =>
        service.post('/v1/quotas/reservations', { domain_id: tenant.domain.id, items: items(amount) });
      await ask(2).expect(201);
      await ask(1).expect(409);
      const stale = service.put('/v1/quotas/definitions/robot', { ...definition, default_limit: 3 });
      await stale.set('If-Match', '"99"').expect(412);
      await service.put('/v1/quotas/definitions/robot', { ...definition, default_limit: 3 }).expect(200);
      await ask(1).expect(201);
      await service.put('/v1/quotas/definitions/robot', { ...definition, scope_kind: 'user' }).expect(409);
      await service.delete('/v1/quotas/definitions/robot', { reason: 'gone' }).expect(204);
      await service.get('/v1/quotas/definitions/robot').expect(404);
      await ask(100).expect(201);
      const { body } = await service.get('/v1/quotas/history?installation=true&quota_key=robot').expect(200);
      expect(body.history.map(({ change }: { change: string }) => change)).toEqual([
        'deleteQuotaDefinition',
        'updateQuotaDefinition',
        'updateQuotaDefinition',
      ]);
      await service.get('/v1/quotas/history?installation=true', tenant.token).expect(403);
    });

    it('is refused with every problem at once', async () => {
      const traces = [{ effect: 'add', service_type: 'S', resource_type: 'r', trace_names: ['t'], name: ['nope'] }];
      const { body } = await service
        .put('/v1/quotas/definitions/robot', { ...definition, thresholds: [90, 80], spec_limits: { basic: 1 }, traces })
        .expect(400);
      expect(body.problems.map(({ path }: { path: string }) => path)).toEqual([
        'body.thresholds',
        'body.spec_limits',
        'body.traces[0].name[0]',
      ]);
    });

    it('is seeded, and an operator’s alone', async () => {
      const { body } = await service.get('/v1/quotas/definitions').expect(200);
      expect(body.definitions.map(({ key }: { key: string }) => key)).toEqual(
        expect.arrayContaining(['namespace', 'namespace_quota', 'iam_user', 'cts_tracker']),
      );
      await service.get('/v1/quotas/definitions', tenant.token).expect(403);
    });
  });

  describe('usage', () => {
    const reconcile = (more: object = {}) =>
      service.post('/v1/quotas/reconcile', { domain_id: tenant.domain.id, ...more }).expect(200);
    const counter = async (scope: string) => (await service.counters(tenant.domain.id))[`namespace ${scope}`] ?? [0, 0];
    const own = () => `user/${tenant.project.id}/u1`;

    it('that drifted is found, and mended when asked', async () => {
      await commit(user(), 'drift1');
      await reserve(user(), 'drift2').expect(201);
      expect((await reconcile()).body).toMatchObject({ checked: 3, drifted: [], unconfirmed: [], repaired: 0 });
      await service.database.query('UPDATE quota_counters SET used = 7, reserved = 9 WHERE scope = $1', [own()]);
      const drifted = [{ scope: user(), quota_key: 'namespace', used: 7, recounted: 1, reserved: 9, held: 1 }];
      expect((await reconcile()).body).toMatchObject({ drifted, repaired: 0 });
      expect(await counter(own())).toEqual([7, 9]);
      expect((await reconcile({ repair: true })).body).toMatchObject({ drifted, repaired: 1 });
      expect(await counter(own())).toEqual([1, 1]);
      expect((await reconcile()).body.drifted).toEqual([]);
    });

    it('is what somebody with authority counted, on every level', async () => {
      await commit(user(), 'given1');
      const counts = [{ quota_key: 'namespace', scope: user(), count: 4 }];
      await reconcile({ counts, repair: true });
      for (const scope of [own(), `project/${tenant.project.id}`, 'domain'])
        expect(await counter(scope)).toEqual([4, 0]);
      expect((await reconcile({ counts })).body.drifted).toEqual([]);
      expect((await reconcile()).body.drifted).toEqual([]);
      await commit(user(), 'given2');
      expect(await counter(own())).toEqual([5, 0]);
      await reserve(user(), 'given3').expect(409);
    });

    it('begins with what is imported, once', async () => {
      const items = [{ quota_key: 'namespace', scope: user(), resource_names: ['old-1', 'old-2', 'old-2'] }];
      const body = { domain_id: tenant.domain.id, items, reason: 'moved in' };
      expect(
        (await service.post('/v1/quotas/baseline', { ...body, validate_only: true }).expect(200)).body.imported,
      ).toBe(2);
      expect(await counter(own())).toEqual([0, 0]);
      expect((await service.post('/v1/quotas/baseline', body).expect(200)).body).toEqual({ imported: 2, unchanged: 0 });
      expect((await service.post('/v1/quotas/baseline', body).expect(200)).body).toEqual({ imported: 0, unchanged: 2 });
      expect(await counter(own())).toEqual([2, 0]);
      expect((await reconcile()).body).toMatchObject({ drifted: [], unconfirmed: [] });
      await service.reserve(tenant.domain.id, user(), 'old-1').expect(409);
    });

    it('that no trace confirmed within an hour is told of', async () => {
      const { body: held } = await reserve(user(), 'silent').expect(201);
      await service.post(`/v1/quotas/reservations/${String(held.id)}/commit`).expect(200);
      await service.database.query(`UPDATE quota_ledger SET updated_at = now() - interval '2 hours'`);
      const { body } = await reconcile();
      expect(body.unconfirmed).toMatchObject([
        { resource_name: `${tenant.domain.name}.silent`, reservation_id: held.id },
      ]);
    });
  });
});
