import { DAY_MS } from '../../../src/kernel/clock.js';
import { uuidV1 } from '../../../src/kernel/ids.js';
import { QuotasApp, type Tenant } from './harness.js';

const HOUR_MS = 3_600_000;

describe('what is told of quotas', () => {
  let service: QuotasApp;
  let tenant: Tenant;
  let count = 0;
  let sequence = 0;
  beforeAll(async () => (service = await QuotasApp.start()));
  beforeEach(async () => (tenant = await service.tenant(`acme-${String(++count)}`)));
  afterAll(() => service.stop());

  const user = (id = 'ann', project = tenant.project.id) => ({ kind: 'user', project_id: project, id });
  const grant = (limit: number, more: object = {}) =>
    service.post('/v1/quotas/grants', {
      domain_id: tenant.domain.id,
      quota_key: 'namespace',
      scope: user(),
      limit,
      reason: 'moving in',
      ...more,
    });
  const event = (traceName: string, name: string, at: number, who = 'ann') => ({
    trace_id: uuidV1(at, ++sequence, '8000a1b2c3d4e5f7'),
    trace_name: traceName,
    trace_rating: 'normal',
    trace_type: 'ApiCall',
    service_type: 'SWR',
    resource_type: 'usernamespace',
    resource_name: name,
    domain_id: tenant.domain.id,
    project_id: tenant.project.id,
    user: { id: who, name: who, domain: { id: tenant.domain.id } },
    code: '201',
    time: at,
    record_time: at,
  });
  const quotaOf = async (id: string) => {
    const { body } = await service.get('/v1/quotas?scope_kind=user', tenant.token).expect(200);
    return body.quotas.find(({ scope }: { scope: { id: string } }) => scope.id === id);
  };

  describe('revoking grants', () => {
    it('takes one by its id, or all that are active for a key and scope', async () => {
      const { body: first } = await grant(8).expect(201);
      const { body: second } = await grant(9).expect(201);
      const { body: later } = await grant(10, { from: Date.now() + DAY_MS, until: Date.now() + 2 * DAY_MS }).expect(
        201,
      );
      const { body: other } = await grant(7, { scope: user('ben') }).expect(201);
      const named = { domain_id: tenant.domain.id, quota_key: 'namespace', scope: user() };
      const one = await service.delete('/v1/quotas/grants', { domain_id: tenant.domain.id, id: first.id }).expect(200);
      expect(one.body.grants).toMatchObject([{ id: first.id, revoked_at: expect.any(Number) }]);
      const all = await service.delete('/v1/quotas/grants', { ...named, reason: 'moved in' }).expect(200);
      expect(all.body.grants).toMatchObject([{ id: second.id, revoked_at: expect.any(Number) }]);
      await service.delete('/v1/quotas/grants', named).expect(404);
      const { body } = await service.get('/v1/quotas/grants', tenant.token).expect(200);
      const standing = body.grants.filter((one: { revoked_at: number | null }) => one.revoked_at === null);
      expect(standing.map(({ id }: { id: string }) => id).sort()).toEqual([later.id, other.id].sort());
      const { body: past } = await service.get('/v1/quotas/history', tenant.token).expect(200);
      expect(past.history[0]).toMatchObject({
        change: 'deleteQuotaGrant',
        reason: 'moved in',
        before: { id: second.id },
      });
    });

    it('needs to be told which, and finds none of another domain', async () => {
      const { body } = await grant(8).expect(201);
      const ask = (more: object) => service.delete('/v1/quotas/grants', { domain_id: tenant.domain.id, ...more });
      expect((await ask({}).expect(400)).body.problems).toHaveLength(2);
      expect((await ask({ id: body.id, quota_key: 'namespace' }).expect(400)).body.problems).toHaveLength(1);
      const other = await service.tenant(`other-${String(count)}`);
      await service.delete('/v1/quotas/grants', { domain_id: other.domain.id, id: body.id }).expect(404);
      await service.delete('/v1/quotas/grants', { id: body.id }, tenant.token).expect(403);
      expect((await quotaOf('ann')).limit).toBe(8);
    });
  });

  describe('the forecast', () => {
    const limit = (value: number) =>
      service
        .put('/v1/quotas/limits', {
          domain_id: tenant.domain.id,
          quota_key: 'namespace',
          scope: user(),
          limit: value,
          reason: 'x',
        })
        .expect(200);

    it('follows the creations of the last days, and not what came and went', async () => {
      await limit(100);
      const now = Date.now();
      const every = (hours: number, name: string, days: number) =>
        Array.from({ length: (days * 24) / hours }, (_, index) =>
          event(
            'createUserNamespace',
            `${tenant.domain.name}.${name}${String(index)}`,
            now - index * hours * HOUR_MS - 60_000,
          ),
        );
      const kept = every(6, 'kept', 6);
      await service.ingest(kept);
      const steady = (await quotaOf('ann')).forecast_full_at;
      // Four a day, and 100 − 24 are left.
      expect((steady - now) / DAY_MS).toBeGreaterThan(17);
      expect((steady - now) / DAY_MS).toBeLessThan(21);
      const passing = every(6, 'gone', 6);
      await service.ingest(passing);
      await service.ingest(
        passing.map(({ resource_name: name, record_time: at }) =>
          event('deleteUserNamespace', name, Math.min(at + HOUR_MS, now)),
        ),
      );
      const after = (await quotaOf('ann')).forecast_full_at;
      expect((after - now) / DAY_MS).toBeGreaterThan(17);
      expect((after - now) / DAY_MS).toBeLessThan(21);
      await service.ingest(kept.slice(0, 12).map(({ resource_name: name }) => event('deleteUserNamespace', name, now)));
      const { forecast_full_at: less, used } = await quotaOf('ann');
      expect(used).toBe(12);
      expect(less === null || less > steady).toBe(true);
    });

    it('does not take a baseline for growth', async () => {
      await limit(100);
      const names = Array.from({ length: 40 }, (_, index) => `${tenant.domain.name}.old${String(index)}`);
      const items = [{ quota_key: 'namespace', scope: user(), resource_names: names }];
      await service.post('/v1/quotas/baseline', { domain_id: tenant.domain.id, items, reason: 'moved' }).expect(200);
      const at = Date.now() - 2 * DAY_MS;
      await service.database.query('UPDATE quota_ledger SET event_at = $2 WHERE domain_id = $1', [
        tenant.domain.id,
        at,
      ]);
      expect(await quotaOf('ann')).toMatchObject({ used: 40, forecast_full_at: null });
    });
  });

  describe('the report', () => {
    it('sums up, ranks, and finds what is nearly or more than full, as JSON and as CSV', async () => {
      const now = Date.now();
      const make = (who: string, units: number) =>
        Array.from({ length: units }, (_, index) =>
          event('createUserNamespace', `${tenant.domain.name}.${who}${String(index)}`, now - 1_000, who),
        );
      await service.ingest([...make('ann', 7), ...make('ben', 5), ...make('=eve', 1)]);
      const path = `/v1/quotas/report?domain_id=${tenant.domain.id}`;
      const { body } = await service.get(path).expect(200);
      expect(body).toMatchObject({
        near_percent: 85,
        totals: [{ quota_key: 'namespace', scopes: 3, used: 13, near: 1, exceeded: 1 }],
        top: [
          { scope: user('ann'), used: 7, limit: 5, origin: 'default', percent: 140, domain_id: tenant.domain.id },
          { scope: user('ben'), used: 5 },
          { scope: user('=eve'), used: 1 },
        ],
        near: [{ scope: user('ben') }],
        near_total: 1,
        exceeded: [{ scope: user('ann') }],
        exceeded_total: 1,
      });
      const short = (await service.get(`${path}&limit=1&quota_key=namespace`).expect(200)).body;
      expect(short.top).toMatchObject([{ scope: user('ann') }]);
      const csv = await service.get(`${path}&format=csv`).expect(200);
      expect(csv.headers['content-type']).toContain('text/csv');
      const lines = csv.text.trimEnd().split('\r\n');
      const { id: domain } = tenant.domain;
      const { id: project } = tenant.project;
      expect(lines).toEqual([
        'section,domain_id,quota_key,unit,scope_kind,project_id,scope_id,limit,origin,used,reserved,percent',
        'total,,namespace,count,,,,,,13,0,',
        `top,${domain},namespace,count,user,${project},ann,5,default,7,0,140`,
        `top,${domain},namespace,count,user,${project},ben,5,default,5,0,100`,
        `top,${domain},namespace,count,user,${project},'=eve,5,default,1,0,20`,
        `near,${domain},namespace,count,user,${project},ben,5,default,5,0,100`,
        `exceeded,${domain},namespace,count,user,${project},ann,5,default,7,0,140`,
      ]);
      const everywhere = (await service.get('/v1/quotas/report?quota_key=namespace').expect(200)).body;
      expect(everywhere.top[0].scope.kind).toBe('domain');
      expect(new Set(everywhere.top.map((row: { domain_id: string }) => row.domain_id)).size).toBe(
        everywhere.top.length,
      );
      await service.get('/v1/quotas/report', tenant.token).expect(403);
      await service.get('/v1/quotas/report?near=0').expect(400);
    });
  });

  describe('the quotas of IAM', () => {
    it('are counted where they are kept, and limited by their definitions', async () => {
      const path = `/v3.0/OS-QUOTA/domains/${tenant.domain.id}`;
      await service.post('/v3/groups', { group: { name: 'crew' } }, tenant.token).expect(201);
      const { body } = await service.get(path, tenant.token).expect(200);
      const types = body.quotas.resources.map(({ type }: { type: string }) => type);
      expect(types).toEqual([
        'user',
        'group',
        'idp',
        'agency',
        'policy',
        'assigment_group_mp',
        'assigment_agency_mp',
        'assigment_group_ep',
        'assigment_user_ep',
        'mapping',
      ]);
      expect(body.quotas.resources.slice(0, 2)).toEqual([
        { type: 'user', used: 1, quota: 50, min: 50, max: 1000 },
        { type: 'group', used: 1, quota: 20, min: 10, max: 300 },
      ]);
      const scope = { kind: 'domain', id: tenant.domain.id };
      const set = { domain_id: tenant.domain.id, quota_key: 'iam_group', scope, limit: 400, reason: 'asked for' };
      await service.put('/v1/quotas/limits', set).expect(200);
      const one = await service.get(`${path}?type=group`, tenant.token).expect(200);
      expect(one.body.quotas.resources).toEqual([{ type: 'group', used: 1, quota: 400, min: 10, max: 400 }]);
      await service.get(`${path}?type=cows`, tenant.token).expect(400);
      const other = await service.tenant(`other-${String(count)}`);
      await service.get(path, other.token).expect(403);
    });

    it('of a project are the projects below it', async () => {
      const make = (project: object) => service.post('/v3/projects', { project }, tenant.token).expect(201);
      const region = (await make({ name: 'cn-south-1' })).body.project as { id: string };
      await make({ name: 'cn-south-1_team', parent_id: region.id });
      const { body } = await service.get(`/v3.0/OS-QUOTA/projects/${region.id}`, tenant.token).expect(200);
      expect(body.quotas.resources).toEqual([{ type: 'project', used: 1, quota: 10, min: 0, max: 50 }]);
    });
  });
});
