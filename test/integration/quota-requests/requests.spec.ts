import { RequestNotifier } from '../../../src/quota-requests/request-notifier.js';
import { type Person, RequestsApp } from './harness.js';
import type { Tenant } from '../quotas/harness.js';

describe('quota requests', () => {
  let service: RequestsApp;
  let tenant: Tenant;
  let user: Person;
  let approver: Person;
  let second: Person;
  let count = 0;
  beforeAll(async () => {
    service = await RequestsApp.start();
    [approver, second] = [await service.approver(), await service.approver()];
  });
  beforeEach(async () => {
    tenant = await service.quotas.tenant(`acme-${String(++count)}`);
    user = await service.user(tenant.token, tenant.domain.name);
  });
  afterAll(() => service.stop());

  const administrator = (): Person => ({ ...tenant.administrator, token: tenant.token });
  const made = async (desired = 8, more: Record<string, unknown> = {}) =>
    (await service.ask(tenant, user, desired, more).expect(201)).body;
  const names = async () =>
    (await service.quotas.recorded(tenant.domain.id))
      .map(({ trace_name }) => String(trace_name))
      .filter((name) => name !== 'login');

  it('goes from being asked to being granted, effective in the next reservation, each step a trace', async () => {
    const { body: request, headers } = await service.ask(tenant, user, 8).expect(201);
    expect(headers.etag).toBe('"1"');
    expect(request).toMatchObject({
      state: 'pending',
      domain_id: tenant.domain.id,
      quota_key: 'namespace',
      scope: { kind: 'user', project_id: tenant.project.id, id: user.id },
      limit_at_request: 5,
      desired: 8,
      granted: null,
      until: null,
      requester: { id: user.id, name: user.name },
      reason: 'a migration',
      decision: null,
      phase: null,
      history: [{ from: null, to: 'pending', by: { id: user.id }, note: 'a migration', action: 'create' }],
    });
    expect(request).not.toHaveProperty('approvals');
    const until = Date.now() + 86_400_000;
    const { body } = await service
      .act(request.id, 'approve', approver, { granted: 7, until, reason: 'seven will do' })
      .expect(200);
    expect(body).toMatchObject({
      state: 'partially_approved',
      granted: 7,
      until,
      phase: 'applied',
      ends_at: until,
      decision: { outcome: 'partially_approved', by: { id: approver.id }, reason: 'seven will do', rule: null },
      approvals: [{ by: { id: approver.id }, granted: 7, until }],
    });
    expect(await service.limitOf(tenant, user)).toBe(7);
    expect(await names()).toEqual(['createUser', 'createQuotaRequest', 'createQuotaGrant', 'approveQuotaRequest']);
    const traces = await service.quotas.recorded(tenant.domain.id);
    expect(traces.at(-1)).toMatchObject({
      resource_type: 'quotaRequest',
      service_type: 'QUOTA',
      resource_id: request.id,
      project_id: tenant.project.id,
      user: { id: approver.id },
    });
    const { body: seen } = await service.show(request.id, user).expect(200);
    expect(seen.history).toMatchObject([{ to: 'pending' }, { from: 'pending', to: 'partially_approved' }]);
    expect(seen).not.toHaveProperty('approvals');
    expect(seen).not.toHaveProperty('assignee');
  });

  it('is ended when its grant is revoked', async () => {
    const { id } = await made();
    const { body } = await service.act(id, 'approve', approver).expect(200);
    expect(body).toMatchObject({ state: 'approved', phase: 'applied', ends_at: null });
    await service.quotas.delete(`/v1/quotas/grants/${String(body.grant_id)}`, { reason: 'over' }).expect(200);
    expect((await service.show(id, user)).body).toMatchObject({ state: 'approved', phase: 'ended' });
    expect(await service.limitOf(tenant, user)).toBe(5);
  });

  it('raises the limit that was set, where one was, as a grant would not count', async () => {
    const scope = { kind: 'user', project_id: tenant.project.id, id: user.id };
    const limit = { domain_id: tenant.domain.id, quota_key: 'namespace', scope, limit: 6, reason: 'as agreed' };
    await service.quotas.put('/v1/quotas/limits', limit).expect(200);
    const { id } = await made();
    const until = Date.now() + 86_400_000;
    const { body } = await service.act(id, 'approve', approver, { until }).expect(409);
    expect(body).toMatchObject({ error_code: 'QST.Quota.LimitConflict', conflict: 'override_stands', limit: 6 });
    expect((await service.show(id, user)).body).toMatchObject({ state: 'pending', version: 1 });
    expect((await service.act(id, 'approve', approver).expect(200)).body).toMatchObject({
      grant_id: null,
      phase: 'applied',
    });
    expect(await service.limitOf(tenant, user)).toBe(8);
  });

  describe('asking', () => {
    it('is refused with all that is wrong at once', async () => {
      const { body } = await service
        .ask(tenant, user, 8, {
          quota_key: 'nothing',
          until: 5,
          scope: { kind: 'user', project_id: 'f'.repeat(32), id: user.id },
        })
        .expect(400);
      expect(body.problems.map(({ path }: { path: string }) => path).sort()).toEqual([
        'body.quota_key',
        'body.scope.project_id',
        'body.until',
      ]);
      const shape = await service.ask(tenant, user, 0, { reason: ' ', links: ['ftp://x'], surprise: 1 }).expect(400);
      expect(shape.body.problems.map(({ path }: { path: string }) => path).sort()).toEqual([
        'body.desired',
        'body.links[0]',
        'body.reason',
        'body.surprise',
      ]);
    });

    it('is refused above the hard limit', async () => {
      const definition = (await service.quotas.get('/v1/quotas/definitions/namespace').expect(200)).body;
      const { key: _key, version: _version, ...document } = definition;
      const put = (hard_limit: number | null) =>
        service.quotas.put('/v1/quotas/definitions/namespace', {
          ...document,
          hard_limit,
          reason: 'what disks can bear',
        });
      await put(50).expect(200);
      const { body } = await service.ask(tenant, user, 51).expect(400);
      expect(body.problems).toEqual([{ path: 'body.desired', message: 'must be at most 50' }]);
      await service.ask(tenant, user, -1).expect(400);
      await put(null).expect(200);
    });

    it('for what is there already is refused clearly, also for less', async () => {
      for (const desired of [5, 3]) {
        const { body } = await service.ask(tenant, user, desired).expect(409);
        expect(body).toMatchObject({ error_code: 'QST.QuotaRequest.AlreadySatisfied', limit: 5, desired });
      }
    });

    it('the same again makes no second one; another wish is told of the open one', async () => {
      const { id } = await made();
      expect((await service.ask(tenant, user, 8).expect(200)).body.id).toBe(id);
      const { body } = await service.ask(tenant, user, 9).expect(409);
      expect(body).toMatchObject({ error_code: 'QST.QuotaRequest.Open', open_request_id: id });
      await service.act(id, 'approve', approver).expect(200);
      await service.ask(tenant, user, 8).expect(409);
    });

    it('twenty times at once makes one', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => service.ask(tenant, user, 8)));
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    });

    it('only to check changes nothing', async () => {
      const { body } = await service.ask(tenant, user, 8, { validate_only: true }).expect(200);
      expect(body).toMatchObject({ id: '', state: 'pending', limit_at_request: 5 });
      await service.ask(tenant, user, 5, { validate_only: true }).expect(409);
      expect(await names()).toEqual(['createUser']);
      await made(9);
    });

    it('with a repeated key is answered as the first time', async () => {
      const first = await service.ask(tenant, user, 8).set('Idempotency-Key', 'once').expect(201);
      await service.act(first.body.id, 'withdraw', user).expect(200);
      const again = await service.ask(tenant, user, 8).set('Idempotency-Key', 'once').expect(201);
      expect(again.body).toMatchObject({ id: first.body.id, state: 'pending' });
      await service.ask(tenant, user, 9).set('Idempotency-Key', 'once').expect(422);
    });

    it('for others is for those whom a policy allows', async () => {
      const other = await service.user(tenant.token, tenant.domain.name);
      const scope = { kind: 'user', project_id: tenant.project.id, id: other.id };
      await service.ask(tenant, user, 8, { scope }).expect(403);
      await service.ask(tenant, user, 8, { scope: { kind: 'domain', id: tenant.domain.id } }).expect(403);
      const { body } = await service.ask(tenant, administrator(), 8, { scope }).expect(201);
      // Both whose it is and who may see all of the domain.
      await service.show(body.id, other).expect(200);
      await service.show(body.id, user).expect(404);
    });

    it('stops at as many open ones as the rules allow', async () => {
      const { body: rules, headers } = await service.quotas.get('/v1/quota-request-rules').expect(200);
      const { version: _version, ...document } = rules;
      const put = (change: object) =>
        service.quotas.put('/v1/quota-request-rules', { ...document, ...change, reason: 'a test' });
      await put({ max_open_per_domain: 1 }).set('If-Match', '"99"').expect(412);
      await put({ max_open_per_domain: 1 }).set('If-Match', String(headers.etag)).expect(200);
      await made();
      const { body } = await service.ask(tenant, administrator(), 8).expect(409);
      expect(body).toMatchObject({ error_code: 'QST.QuotaRequest.TooManyOpen', open: 1, max_open: 1 });
      await put({}).expect(200);
      await service.ask(tenant, administrator(), 8).expect(201);
    });
  });

  describe('deciding', () => {
    it('is not for those who wish, by whatever key', async () => {
      const { id } = await made();
      for (const action of ['approve', 'deny'])
        expect(
          (await service.act(id, action, user, action === 'deny' ? { reason: 'no' } : {}).expect(403)).body,
        ).toMatchObject({
          error_code: 'QST.QuotaRequest.SelfApproval',
        });
      // An administrator of the domain may all that tenants may, which is not this.
      expect((await service.act(id, 'approve', administrator()).expect(403)).body).toMatchObject({
        error_code: 'QST.Forbidden',
      });
      const { domain, project } = service.quotas.credentials;
      const scope = { kind: 'user', project_id: project.id, id: approver.id };
      const own = await service.ask(tenant, approver, 8, { scope }).expect(201);
      expect(own.body.domain_id).toBe(domain.id);
      expect((await service.act(own.body.id, 'approve', approver).expect(403)).body).toMatchObject({
        error_code: 'QST.QuotaRequest.SelfApproval',
      });
      await service.act(own.body.id, 'approve', second).expect(200);
    });

    it('is not for whom it is made, nor for who amended it', async () => {
      const project = service.quotas.credentials.project.id;
      const scope = { kind: 'user', project_id: project, id: approver.id };
      const key = { quota_key: 'namespace', scope };
      const asked = await service.ask(tenant, second, 9, key).expect(201);
      await service.act(asked.body.id, 'approve', approver).expect(403);
      const third = await service.approver();
      await service.act(asked.body.id, 'amend', third, { desired: 10 }).expect(200);
      expect((await service.act(asked.body.id, 'approve', third).expect(403)).body.error_code).toBe(
        'QST.QuotaRequest.SelfApproval',
      );
      await service.act(asked.body.id, 'withdraw', second).expect(200);
    });

    it('is by policy on the scope’s URN', async () => {
      const { id } = await made();
      const elsewhere = await service.operator({ Action: ['quota:request:*'], Resource: ['quota:*:other:request:*'] });
      await service.act(id, 'approve', elsewhere).expect(404);
      const otherKey = await service.operator({
        Action: ['quota:request:*'],
        Resource: [`quota:*:${tenant.domain.id}:request:repo/*`],
      });
      await service.act(id, 'approve', otherKey).expect(404);
      const reader = await service.operator({
        Action: ['quota:request:get'],
        Resource: [`quota:*:${tenant.domain.id}:request:*`],
      });
      await service.show(id, reader).expect(200);
      await service.act(id, 'approve', reader).expect(403);
      const here = await service.operator({
        Action: ['quota:request:approve'],
        Resource: [`quota:*:${tenant.domain.id}:request:namespace/user/${tenant.project.id}/*`],
      });
      await service.act(id, 'approve', here).expect(200);
    });

    it('grants no more than was asked, nor what is there already', async () => {
      const { id } = await made(8, { until: Date.now() + 60_000_000 });
      const { body } = await service.act(id, 'approve', approver, { granted: 9, until: null }).expect(400);
      expect(body.problems.map(({ path }: { path: string }) => path)).toEqual(['body.granted', 'body.until']);
      await service.act(id, 'approve', approver, { granted: 5 }).expect(400);
      await service.act(id, 'approve', approver, { until: 5 }).expect(400);
      const scope = { kind: 'user', project_id: tenant.project.id, id: user.id };
      const grant = { domain_id: tenant.domain.id, quota_key: 'namespace', scope, limit: 8, reason: 'by hand' };
      await service.quotas.post('/v1/quotas/grants', grant).expect(201);
      expect((await service.act(id, 'approve', approver).expect(409)).body.error_code).toBe(
        'QST.QuotaRequest.AlreadySatisfied',
      );
    });

    it('takes two different approvers for much', async () => {
      const { id } = await made(20);
      const { body: first } = await service.act(id, 'approve', approver, { reason: 'from me' }).expect(200);
      expect(first).toMatchObject({ state: 'in_review', decision: null, approvals: [{ granted: 20 }] });
      expect((await service.act(id, 'approve', approver, { reason: 'again' }).expect(200)).body).toMatchObject({
        state: 'in_review',
      });
      expect(await service.limitOf(tenant, user)).toBe(5);
      // The second consents to less: that is what both consent to.
      const { body } = await service.act(id, 'approve', second, { granted: 15 }).expect(200);
      expect(body).toMatchObject({ state: 'partially_approved', granted: 15, decision: { by: { id: second.id } } });
      expect(await service.limitOf(tenant, user)).toBe(15);
      // The first may repeat what it said, and is told how it came out.
      const again = await service.act(id, 'approve', approver, { reason: 'again' }).expect(200);
      expect(again.body).toMatchObject({ state: 'partially_approved', version: body.version });
    });

    it('by two at once is one decision', async () => {
      const { id } = await made();
      const answers = await Promise.all([
        service.act(id, 'approve', approver, { granted: 7 }),
        service.act(id, 'approve', second, { granted: 6 }),
        service.act(id, 'deny', await service.approver(), { reason: 'no' }),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      for (const { body, status } of answers)
        if (status === 409)
          expect(body).toMatchObject({ error_code: 'QST.QuotaRequest.IllegalTransition', allowed: [] });
      const grants = (await service.quotas.get('/v1/quotas/grants', tenant.token)).body.grants;
      const { body } = await service.show(id, approver).expect(200);
      expect(grants).toHaveLength(body.state === 'denied' ? 0 : 1);
      expect(await service.limitOf(tenant, user)).toBe(body.granted ?? 5);
    });

    it('is one transaction with the grant: what fails in it leaves nothing, and may be repeated', async () => {
      const { id } = await made();
      const notifier = service.quotas.app.get(RequestNotifier, { strict: false });
      const told: string[] = [];
      const notify = jest.spyOn(notifier, 'notify').mockRejectedValueOnce(new Error('a crash'));
      await service.act(id, 'approve', approver, { granted: 7 }).expect(500);
      expect((await service.show(id, user)).body).toMatchObject({ state: 'pending', version: 1, granted: null });
      expect((await service.quotas.get('/v1/quotas/grants', tenant.token)).body.grants).toEqual([]);
      expect(await service.limitOf(tenant, user)).toBe(5);
      notify.mockImplementation((_, step) => {
        told.push(`${step.action} to ${step.to}`);
        return Promise.resolve();
      });
      await service.act(id, 'approve', approver, { granted: 7 }).expect(200);
      await service.act(id, 'approve', approver, { granted: 7 }).expect(200);
      expect(told).toEqual(['approve to partially_approved']);
      notify.mockRestore();
      expect(await service.limitOf(tenant, user)).toBe(7);
    });

    it('the same again gives the same, however often', async () => {
      const { id } = await made();
      const first = await service.act(id, 'approve', approver, { granted: 7 }).set('If-Match', '"1"').expect(200);
      const again = await service.act(id, 'approve', approver, { granted: 7 }).set('If-Match', '"1"').expect(200);
      expect(again.headers.etag).toBe(first.headers.etag);
      expect({ ...again.body }).toEqual({ ...first.body });
      await service.act(id, 'approve', approver, { granted: 8 }).expect(409);
      expect((await service.quotas.get('/v1/quotas/grants', tenant.token)).body.grants).toHaveLength(1);
    });

    it('against a request needs a reason', async () => {
      const { id } = await made();
      await service.act(id, 'deny', approver).expect(400);
      const { body } = await service.act(id, 'deny', approver, { reason: 'use what you have' }).expect(200);
      expect(body).toMatchObject({
        state: 'denied',
        granted: null,
        phase: null,
        decision: { outcome: 'denied', reason: 'use what you have', by: { id: approver.id } },
      });
      expect(await service.limitOf(tenant, user)).toBe(5);
      // Denied is not for ever.
      await made();
    });

    it('by a rule happens in the moment of asking, and says which and why', async () => {
      const { version: _version, ...document } = (await service.quotas.get('/v1/quota-request-rules')).body;
      const rule = {
        ...document.auto[0],
        mode: 'dry_run',
        max_factor: 2,
        min_account_age_days: 0,
        min_used_percent: 0,
      };
      const put = (auto: object[]) =>
        service.quotas.put('/v1/quota-request-rules', { ...document, auto, reason: 'a test' }).expect(200);
      await put([rule]);
      const rehearsed = await made();
      expect(rehearsed).toMatchObject({ state: 'pending' });
      expect(rehearsed).not.toHaveProperty('auto');
      expect((await service.show(rehearsed.id, approver)).body.auto).toEqual({
        decided_by: null,
        verdicts: [{ rule: 'small-raise', approves: true, failed: [] }],
      });
      await service.act(rehearsed.id, 'withdraw', user).expect(200);
      await put([{ ...rule, mode: 'apply' }]);
      const decided = await made();
      expect(decided).toMatchObject({
        state: 'approved',
        granted: 8,
        decision: {
          outcome: 'approved',
          by: { id: '', name: 'small-raise' },
          rule: { name: 'small-raise', inputs: { desired: 8, given: 5, used_percent: 0, days_since_grant: null } },
        },
      });
      expect(await service.limitOf(tenant, user)).toBe(8);
      // The next within the days without a grant is left to people.
      expect(await made(10)).toMatchObject({ state: 'pending' });
      await put(document.auto);
    });
  });

  describe('in between', () => {
    it('asks and is answered; what is not allowed is told with what is', async () => {
      const { id } = await made();
      const asked = await service.act(id, 'ask', approver, { question: 'for how long?' }).expect(200);
      expect(asked.body).toMatchObject({ state: 'needs_info', assignee: { id: approver.id } });
      expect(asked.body.history.map(({ to }: { to: string }) => to)).toEqual(['pending', 'in_review', 'needs_info']);
      const { body } = await service.act(id, 'amend', user, { desired: 9 }).expect(409);
      expect(body).toMatchObject({
        error_code: 'QST.QuotaRequest.IllegalTransition',
        state: 'needs_info',
        allowed: ['answer', 'withdraw'],
      });
      await service.act(id, 'ask', approver, { question: 'for how long?' }).expect(200);
      await service.act(id, 'ask', approver, { question: 'and why?' }).expect(409);
      expect((await service.act(id, 'answer', user, { text: 'for good' }).expect(200)).body).toMatchObject({
        state: 'in_review',
      });
      expect((await service.act(id, 'withdraw', user).expect(200)).body).toMatchObject({ state: 'withdrawn' });
      expect((await service.act(id, 'withdraw', user).expect(200)).body).toMatchObject({ state: 'withdrawn' });
      await service.act(id, 'review', approver).expect(409);
    });

    it('is amended while pending, by those who have seen it', async () => {
      const { id } = await made();
      await service.act(id, 'amend', user, {}).expect(400);
      await service.act(id, 'amend', user, { desired: 9 }).set('If-Match', '"7"').expect(412);
      const { body, headers } = await service
        .act(id, 'amend', user, { desired: 9, contact: 'me@x.example' })
        .set('If-Match', '"1"')
        .expect(200);
      expect(body).toMatchObject({ desired: 9, contact: 'me@x.example', reason: 'a migration', version: 2 });
      expect(headers.etag).toBe('"2"');
      await service.act(id, 'amend', user, { desired: 4 }).expect(409);
      await service.act(id, 'amend', user, { until: 4 }).expect(400);
      expect((await service.act(id, 'amend', user, { desired: 9 }).expect(200)).headers.etag).toBe('"2"');
    });

    it('keeps what is said among operators from the tenant', async () => {
      const { id } = await made();
      await service.act(id, 'comments', user, { text: 'please hurry' }).expect(200);
      await service.act(id, 'comments', user, { text: 'secretly', internal: true }).expect(403);
      await service.act(id, 'comments', approver, { text: 'on it' }).expect(200);
      await service.act(id, 'comments', approver, { text: 'a good customer', internal: true }).expect(200);
      await service
        .act(id, 'assign', approver, { assignee: { id: second.id, name: second.name }, priority: 'high' })
        .expect(200);
      const inside = (await service.show(id, second).expect(200)).body;
      expect(inside.comments).toMatchObject([
        { side: 'requester', text: 'please hurry', internal: false },
        { side: 'approver', text: 'on it' },
        { side: 'approver', text: 'a good customer', internal: true },
      ]);
      expect(inside).toMatchObject({ assignee: { id: second.id }, priority: 'high' });
      for (const token of [user.token, tenant.token]) {
        const outside = JSON.stringify((await service.show(id, { token }).expect(200)).body);
        expect(outside).not.toMatch(/good customer|assign/);
        expect(outside).toContain('on it');
      }
      expect(JSON.stringify(await service.quotas.recorded(tenant.domain.id))).not.toMatch(
        /good customer|assignQuotaRequest/,
      );
    });
  });

  describe('ends by itself', () => {
    it('when its domain is disabled', async () => {
      const { id } = await made();
      const { id: domainId } = tenant.domain;
      await service.quotas
        .http()
        .patch(`/v1/domains/${domainId}`)
        .set('X-Auth-Token', service.quotas.operatorToken)
        .send({ enabled: false })
        .expect(200);
      expect((await service.show(id, approver).expect(200)).body).toMatchObject({
        state: 'invalid',
        history: [{ to: 'pending' }, { to: 'invalid', by: { id: '' }, note: 'the domain was disabled' }],
      });
      const wish = {
        domain_id: domainId,
        quota_key: 'namespace',
        scope: { kind: 'domain', id: domainId },
        desired: 3,
        reason: 'x',
      };
      expect((await service.quotas.post('/v1/quota-requests', wish)).status).toBeGreaterThanOrEqual(400);
    });
  });
});
