import { DAY_MS } from '../../../src/kernel/clock.js';
import { uuidV1 } from '../../../src/kernel/ids.js';
import { QuotaPurgeJob } from '../../../src/quotas/quota-purge.job.js';
import { QuotasApp, type Tenant } from './harness.js';

describe('instances', () => {
  let service: QuotasApp;
  let tenant: Tenant;
  let count = 0;
  beforeAll(async () => {
    service = await QuotasApp.start();
    await specLimits('namespace_quota', { 'swr.ee.basic': 3, 'swr.ee.professional': 10 });
    await specLimits('sign_policy_quota', { 'swr.ee.professional': 5 });
  });
  beforeEach(async () => (tenant = await service.tenant(`acme-${String(++count)}`)));
  afterAll(() => service.stop());

  async function specLimits(key: string, limits: object): Promise<void> {
    const { body } = await service.get(`/v1/quotas/definitions/${key}`).expect(200);
    const { key: _key, version: _version, ...document } = body;
    await service
      .put(`/v1/quotas/definitions/${key}`, { ...document, spec_limits: limits, reason: 'as sold' })
      .expect(200);
  }
  const instance = () => ({ kind: 'instance', project_id: tenant.project.id, id: 'i-1' });
  const of = (more: object) => ({ domain_id: tenant.domain.id, scope: instance(), reason: 'bought', ...more });
  const setSpec = (spec: string, more: object = {}) => service.put('/v1/quotas/specs', of({ spec, ...more }));
  const reserve = (name: string) =>
    service.post('/v1/quotas/reservations', {
      domain_id: tenant.domain.id,
      items: [{ quota_key: 'namespace_quota', scope: instance(), resource_name: name }],
    });
  const commit = async (name: string) => {
    const { body } = await reserve(name).expect(201);
    await service.post(`/v1/quotas/reservations/${String(body.id)}/commit`).expect(200);
  };
  const statistics = () => service.get(`/v2/${tenant.project.id}/instances/i-1/statistics`, tenant.token);

  describe('their specification', () => {
    it('limits what is counted in them, by the definitions', async () => {
      expect((await statistics().expect(200)).body).toMatchObject({ namespace_quota: -1, sign_policy_quota: -1 });
      const { body, headers } = await setSpec('swr.ee.basic').expect(200);
      expect([headers['etag'], body]).toMatchObject(['"1"', { spec: 'swr.ee.basic', version: 1, scope: instance() }]);
      for (const name of ['a', 'b', 'c']) await commit(name);
      expect((await reserve('d').expect(409)).body.exceeded).toMatchObject([{ limit: 3, used: 3, origin: 'spec' }]);
      expect((await statistics().expect(200)).body).toMatchObject({
        namespace_quota: 3,
        total_namespace_count: 3,
        sign_policy_quota: -1,
      });
      await setSpec('swr.ee.professional').expect(200);
      await commit('d');
      expect((await statistics().expect(200)).body).toMatchObject({ namespace_quota: 10, sign_policy_quota: 5 });
    });

    it('goes below what is in use only by force, and flags it', async () => {
      await setSpec('swr.ee.professional').expect(200);
      for (const name of ['a', 'b', 'c', 'd']) await commit(name);
      const { body } = await setSpec('swr.ee.basic').expect(409);
      expect(body).toMatchObject({ conflict: 'below_use', quota_key: 'namespace_quota', used: 4 });
      await setSpec('swr.ee.basic', { force: true }).expect(200);
      const told = (await service.recorded(tenant.domain.id)).map(({ trace_name: name }) => name);
      expect(told.slice(-2)).toEqual(['updateQuotaSpec', 'quotaExceeded']);
      const { body: report } = await service.get(`/v1/quotas/report?domain_id=${tenant.domain.id}`).expect(200);
      expect(report.exceeded).toMatchObject([{ scope: instance(), limit: 3, used: 4, origin: 'spec', percent: 133.3 }]);
      await service.delete('/v1/quotas/specs', of({})).expect(204);
      await commit('e');
    });

    it('is not above what its project may have', async () => {
      const project = { kind: 'project', id: tenant.project.id };
      await service
        .put('/v1/quotas/limits', of({ quota_key: 'namespace_quota', scope: project, limit: 5 }))
        .expect(200);
      expect((await setSpec('swr.ee.professional').expect(409)).body).toMatchObject({
        conflict: 'above_parent',
        quota_key: 'namespace_quota',
        parent: { scope: project, limit: 5 },
      });
      await setSpec('swr.ee.basic').expect(200);
    });

    it('is changed as its author has seen it, with history, and not by rehearsal', async () => {
      await setSpec('swr.ee.basic', { validate_only: true }).expect(200);
      await service.delete('/v1/quotas/specs', of({})).expect(404);
      await setSpec('swr.ee.basic').set('If-Match', '*').expect(412);
      await setSpec('swr.ee.basic').expect(200);
      await setSpec('swr.ee.professional').set('If-Match', '"2"').expect(412);
      await setSpec('swr.ee.professional', { reason: 'upgraded' }).set('If-Match', '"1"').expect(200);
      const { body } = await service.get('/v1/quotas/specs', tenant.token).expect(200);
      expect(body).toMatchObject({
        specs: [{ spec: 'swr.ee.professional', version: 2 }],
        page: { count: 1, next: null },
      });
      const history = (await service.get('/v1/quotas/history', tenant.token).expect(200)).body.history;
      expect(history).toMatchObject([
        {
          change: 'updateQuotaSpec',
          scope: instance(),
          before: { spec: 'swr.ee.basic' },
          after: { spec: 'swr.ee.professional' },
          reason: 'upgraded',
        },
        { change: 'updateQuotaSpec', before: null, by: { user_name: 'admin' } },
      ]);
    });

    it('is refused where nobody knows it, where the instance cannot be, and to tenants', async () => {
      expect((await setSpec('swr.ee.gold').expect(400)).body.problems).toMatchObject([
        { path: 'body.spec', message: expect.stringContaining('swr.ee.basic, swr.ee.professional') },
      ]);
      await setSpec('swr.ee.basic', { scope: { ...instance(), project_id: 'nowhere' } }).expect(404);
      await setSpec('swr.ee.basic', { scope: { kind: 'domain', id: tenant.domain.id } }).expect(400);
      await service.put('/v1/quotas/specs', of({ spec: 'swr.ee.basic' }), tenant.token).expect(403);
    });

    it('is listed page by page, and only to its own domain', async () => {
      const ids = ['i-1', 'i-2', 'i-3'];
      for (const id of ids) await setSpec('swr.ee.basic', { scope: { ...instance(), id } }).expect(200);
      const seen: string[] = [];
      let cursor = '';
      for (;;) {
        const { body } = await service.get(`/v1/quotas/specs?limit=2${cursor}`, tenant.token).expect(200);
        seen.push(...body.specs.map(({ scope }: { scope: { id: string } }) => scope.id));
        if (body.page.next === null) break;
        cursor = `&cursor=${String(body.page.next)}`;
      }
      expect(seen).toEqual(ids);
      const other = await service.tenant(`other-${String(count)}`);
      await service.get(`/v1/quotas/specs?limit=2${cursor}`, other.token).expect(400);
      expect((await service.get('/v1/quotas/specs', other.token).expect(200)).body.specs).toEqual([]);
    });
  });

  const deleted = () => {
    const at = Date.now();
    return {
      trace_id: uuidV1(at, count, '8000a1b2c3d4e5f7'),
      trace_name: 'deleteInstance',
      trace_rating: 'normal',
      trace_type: 'ApiCall',
      service_type: 'SWR',
      resource_type: 'instance',
      resource_name: 'my instance',
      resource_id: 'i-1',
      domain_id: tenant.domain.id,
      project_id: tenant.project.id,
      user: { name: 'root' },
      code: '200',
      time: at,
      record_time: at,
    };
  };

  it('take corrections with them when they are deleted, on every level', async () => {
    await commit('a');
    const counts = [{ quota_key: 'namespace_quota', scope: instance(), count: 4 }];
    const reconcile = { domain_id: tenant.domain.id, counts, repair: true };
    await service.post('/v1/quotas/reconcile', reconcile).expect(200);
    expect((await service.counters(tenant.domain.id))['namespace_quota domain']).toEqual([4, 0]);
    await service.ingest([deleted()]);
    expect(await service.counters(tenant.domain.id)).toEqual({});
    const { body } = await service.post('/v1/quotas/reconcile', { domain_id: tenant.domain.id }).expect(200);
    expect(body.drifted).toEqual([]);
    await statistics().expect(404);
    expect((await setSpec('swr.ee.basic').expect(409)).body.error_code).toBe('QST.Quota.ScopeClosed');
  });

  it('give back what expired though nobody comes by, and the reservations are forgotten', async () => {
    await reserve('a').expect(201);
    const held = async () =>
      service.database.query<{ state: string }>(
        'SELECT i.state FROM quota_reservations r JOIN quota_reservation_items i ON i.reservation_id = r.id WHERE r.domain_id = $1',
        [tenant.domain.id],
      );
    const job = service.app.get(QuotaPurgeJob, { strict: false });
    await job.run(new AbortController().signal);
    expect(await held()).toEqual([{ state: 'held' }]);
    await service.pass(DAY_MS);
    await job.run(new AbortController().signal);
    expect(await held()).toEqual([{ state: 'expired' }]);
    expect(await service.counters(tenant.domain.id)).toEqual({});
    await service.pass(7 * DAY_MS);
    await job.run(new AbortController().signal);
    expect(await held()).toEqual([]);
  });
});
