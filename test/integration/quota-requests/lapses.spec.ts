import { RequestLapses } from '../../../src/quota-requests/request-lapses.service.js';
import type { Tenant } from '../quotas/harness.js';
import { event } from '../ingest/harness.js';
import { type Person, RequestsApp } from './harness.js';

const DAY = 86_400_000;

describe('what time and others do to quota requests', () => {
  let service: RequestsApp;
  let tenant: Tenant;
  let user: Person;
  let approver: Person;
  let count = 0;
  beforeAll(async () => {
    service = await RequestsApp.start();
    approver = await service.approver();
  });
  beforeEach(async () => {
    tenant = await service.quotas.tenant(`acme-${String(++count)}`);
    user = await service.user(tenant.token, tenant.domain.name);
  });
  afterAll(() => service.stop());

  /** As if this long had passed for all that the domain asked for. */
  const pass = (ms: number) =>
    service.quotas.database.query(
      `UPDATE quota_requests SET created_at = created_at - $2, updated_at = updated_at - $2, due_at = due_at - $2,
         paused_at = paused_at - $2, until_at = until_at - $2 WHERE domain_id = $1`,
      [tenant.domain.id, ms],
    );
  const run = () => service.quotas.app.get(RequestLapses, { strict: false }).run(new AbortController().signal);
  const seen = async (id: unknown, by = approver) => (await service.show(id, by).expect(200)).body;

  it('expires a question that nobody answered, and nothing before its time', async () => {
    const { body } = await service.ask(tenant, user, 8).expect(201);
    await service.act(body.id, 'ask', approver, { question: 'why?' }).expect(200);
    await pass(13 * DAY);
    expect(await run()).toEqual({ expired: 0, reminded: 0 });
    await pass(DAY);
    expect(await run()).toEqual({ expired: 1, reminded: 0 });
    expect(await seen(body.id, user)).toMatchObject({
      state: 'expired',
      decision: null,
      history: [{}, {}, {}, { to: 'expired', by: { id: '', name: 'quota-request-lapses' } }],
    });
    expect(await run()).toEqual({ expired: 0, reminded: 0 });
    const names = (await service.quotas.recorded(tenant.domain.id)).map(({ trace_name }) => trace_name);
    expect(names.at(-1)).toBe('expireQuotaRequest');
    await service.ask(tenant, user, 8).expect(201);
  });

  it('expires what was wanted until an instant that is past', async () => {
    const { body } = await service.ask(tenant, user, 8, { until: Date.now() + 3_600_000 }).expect(201);
    await pass(3_700_000);
    expect((await run()).expired).toBe(1);
    expect((await seen(body.id)).state).toBe('expired');
  });

  it('reminds once, and once more when it is overdue; not while the requester is asked', async () => {
    const { body } = await service.ask(tenant, user, 8).expect(201);
    const due = Number(body.due_at);
    await pass(36 * 3_600_000 + 1);
    expect(await run()).toEqual({ expired: 0, reminded: 1 });
    expect(await run()).toEqual({ expired: 0, reminded: 0 });
    await service.act(body.id, 'ask', approver, { question: 'why?' }).expect(200);
    await pass(DAY);
    expect(await run()).toEqual({ expired: 0, reminded: 0 });
    const answered = await service.act(body.id, 'answer', user, { text: 'because' }).expect(200);
    // It waited a day for the requester, so the day is not the approvers'.
    const passed = 36 * 3_600_000 + 1 + DAY;
    expect(Number(answered.body.due_at) + passed).toBeGreaterThanOrEqual(due + DAY);
    await pass(13 * 3_600_000);
    expect(await run()).toEqual({ expired: 0, reminded: 1 });
    expect(await seen(body.id)).toMatchObject({ overdue: true, state: 'in_review' });
    const steps = (await seen(body.id)).history.map(({ action }: { action: string }) => action);
    expect(steps).toEqual(['create', 'remind', 'review', 'ask', 'answer', 'remind']);
    expect((await seen(body.id, user)).history.map(({ action }: { action: string }) => action)).not.toContain('remind');
  });

  it('stops between two requests when told to', async () => {
    await service.ask(tenant, user, 8, { until: Date.now() + 3_600_000 }).expect(201);
    await pass(3_700_000);
    const lapses = service.quotas.app.get(RequestLapses, { strict: false });
    expect(await lapses.run(AbortSignal.abort())).toEqual({ expired: 0, reminded: 0 });
    expect((await run()).expired).toBe(1);
  });

  it('makes requests of a deleted instance invalid, in the transaction that closes it', async () => {
    const instance = 'b'.repeat(32);
    const scope = { kind: 'instance', project_id: tenant.project.id, id: instance };
    const wish = { quota_key: 'namespace_quota', scope };
    const limit = { domain_id: tenant.domain.id, ...wish, limit: 3, reason: 'a small one' };
    await service.quotas.put('/v1/quotas/limits', limit).expect(200);
    const administrator = { ...tenant.administrator, token: tenant.token };
    const { body } = await service.ask(tenant, administrator, 5, wish).expect(201);
    const elsewhere = await service.ask(tenant, user, 8).expect(201);
    await service.quotas.ingest([
      event({
        domain_id: tenant.domain.id,
        project_id: tenant.project.id,
        service_type: 'SWR',
        resource_type: 'instance',
        trace_name: 'deleteInstance',
        resource_id: instance,
        resource_name: 'registry',
      }),
    ]);
    expect(await seen(body.id)).toMatchObject({
      state: 'invalid',
      history: [{}, { note: expect.stringContaining('deleted') }],
    });
    expect(await seen(elsewhere.body.id)).toMatchObject({ state: 'pending' });
    expect((await service.ask(tenant, administrator, 5, wish).expect(409)).body.error_code).toBe(
      'QST.Quota.ScopeClosed',
    );
  });
});
