import type { Tenant } from '../quotas/harness.js';
import { known, type Person, RequestsApp } from './harness.js';

interface Step {
  readonly request_id: string;
  readonly quota_key: string;
  readonly at: number;
  readonly action: string;
  readonly side: string;
  readonly to: string;
}

describe('lists, figures and exports of quota requests', () => {
  let service: RequestsApp;
  let tenant: Tenant;
  let other: Tenant;
  let people: Person[];
  let stranger: Person;
  let approver: Person;
  let ids: string[];

  beforeAll(async () => {
    service = await RequestsApp.start();
    [tenant, other] = [await service.quotas.tenant('acme'), await service.quotas.tenant('umbrella')];
    approver = await service.approver();
    people = [];
    for (let index = 0; index < 7; index++) people.push(await service.user(tenant.token, tenant.domain.name));
    stranger = await service.user(other.token, other.domain.name);
    ids = [];
    for (const [index, person] of people.entries()) {
      const { body } = await service.ask(tenant, person, 6 + (index % 3)).expect(201);
      ids.push(String(body.id));
    }
    const scope = { kind: 'domain', id: tenant.domain.id };
    const limit = { domain_id: tenant.domain.id, quota_key: 'repo', scope, limit: 10, reason: 'small' };
    await service.quotas.put('/v1/quotas/limits', limit).expect(200);
    const wide = { quota_key: 'repo', scope };
    const { body } = await service.ask(tenant, administrator(), 15, wide).expect(201);
    ids.push(String(body.id));
    await service.ask(other, stranger, 9).expect(201);
    await service.act(ids[0], 'approve', approver).expect(200);
    await service.act(ids[1], 'approve', approver, { granted: 6 }).expect(200);
    await service.act(ids[2], 'deny', approver, { reason: '=too much' }).expect(200);
    await service.act(ids[3], 'withdraw', known(people[3])).expect(200);
    await service.act(ids[4], 'ask', approver, { question: 'why?' }).expect(200);
    await service.act(ids[5], 'assign', approver, { priority: 'urgent' }).expect(200);
    await service.act(ids[7], 'approve', approver).expect(200);
  });
  afterAll(() => service.stop());

  const administrator = (): Person => ({ ...tenant.administrator, token: tenant.token });
  const list = async (query: string, token = tenant.token) =>
    (await service.quotas.get(`/v1/quota-requests${query}`, token).expect(200)).body;
  const idsOf = (page: { requests: { id: string }[] }) => page.requests.map(({ id }) => id);

  it('shows the domain to its administrator, and to others what is theirs', async () => {
    expect(idsOf(await list(''))).toEqual([...ids].reverse());
    expect(idsOf(await list('', people[2]?.token))).toEqual([ids[2]]);
    expect(idsOf(await list('', stranger.token))).toHaveLength(1);
    await service.quotas.get(`/v1/quota-requests?domain_id=${other.domain.id}`, tenant.token).expect(403);
    await service.quotas.get('/v1/quota-requests?all_domains=true', tenant.token).expect(403);
    expect(idsOf(await list('?all_domains=true', approver.token))).toHaveLength(ids.length + 1);
    expect(idsOf(await list(`?domain_id=${other.domain.id}`, approver.token))).toHaveLength(1);
  });

  it.each<[string, number[]]>([
    ['state=approved,partially_approved', [7, 1, 0]],
    ['state=denied&state=withdrawn', [3, 2]],
    ['quota_key=repo', [7]],
    ['scope_kind=domain', [7]],
    ['priority=urgent', [5]],
    ['overdue=true', []],
    ['from=9999999999999', []],
    ['state=pending&sort=due_at', [5, 6]],
  ])('filters by %s', async (query, places) => {
    expect(idsOf(await list(`?${query}`))).toEqual(places.map((place) => ids[place]));
  });

  it('goes on with a cursor, of its caller and filters only', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 9; pages++) {
      const page = await list(`?limit=3&sort=created_at${cursor}`);
      seen.push(...idsOf(page));
      if (page.page.next === null) break;
      cursor = `&cursor=${String(page.page.next)}`;
    }
    expect(seen).toEqual(ids);
    await service.quotas.get(`/v1/quota-requests?limit=3&sort=due_at${cursor}`, tenant.token).expect(400);
    await service.quotas.get(`/v1/quota-requests?limit=3&sort=created_at${cursor}`, people[0]?.token).expect(400);
    await service.quotas.get('/v1/quota-requests?stat=pending', tenant.token).expect(400);
  });

  it('puts into the inbox of an approver what it may decide on, and nothing else', async () => {
    const inbox = async (token: string, query = '') =>
      idsOf((await service.quotas.get(`/v1/quota-requests/inbox${query}`, token).expect(200)).body);
    const everywhere = await inbox(approver.token);
    // The urgent one first, those without a time running out as they come.
    expect(everywhere[0]).toBe(ids[5]);
    expect(new Set(everywhere)).toEqual(new Set([ids[4], ids[5], ids[6], everywhere.find((id) => !ids.includes(id))]));
    const there = await service.operator({
      Action: ['quota:request:approve'],
      Resource: [`quota:*:${other.domain.id}:request:*`],
    });
    expect(await inbox(there.token)).toHaveLength(1);
    expect(await inbox(there.token, `?domain_id=${tenant.domain.id}`)).toEqual([]);
    expect(await inbox(approver.token, '?limit=1')).toEqual([ids[5]]);
    await service.quotas.get('/v1/quota-requests/inbox', tenant.token).expect(403);
  });

  /** By the history alone: what the figures should be. */
  function recomputed(steps: readonly Step[]) {
    const requests = new Map<string, Step[]>();
    for (const step of steps) requests.set(step.request_id, [...(requests.get(step.request_id) ?? []), step]);
    const ended = ['approved', 'partially_approved', 'denied'];
    const told = [...requests.values()].map((own) => {
      const last = known(own.at(-1));
      const decision = own.find(({ to }) => ended.includes(to));
      return {
        state: last.to,
        rule: decision?.side === 'service',
        took: decision === undefined ? null : decision.at - known(own[0]).at,
        approved: decision !== undefined && decision.to !== 'denied',
      };
    });
    const took = told.flatMap((one) => one.took ?? []).sort((left, right) => left - right);
    const at = (share: number) => took[Math.ceil(share * took.length) - 1];
    const byState: Record<string, number> = {};
    for (const { state } of told) byState[state] = (byState[state] ?? 0) + 1;
    return {
      total: told.length,
      by_state: byState,
      decided: took.length,
      approved: told.filter(({ approved }) => approved).length,
      approval_rate: took.length === 0 ? null : told.filter(({ approved }) => approved).length / took.length,
      decided_by_rule: told.filter(({ rule }) => rule).length,
      time_to_decision_ms:
        took.length === 0
          ? null
          : {
              median: at(0.5),
              p95: at(0.95),
              mean: Math.round(took.reduce((sum, value) => sum + value, 0) / took.length),
            },
    };
  }

  it.each(['', '?quota_key=namespace', '?state=denied', '?from=9999999999999', '?all_domains=true'])(
    'tells figures%s that agree with the exported history',
    async (query) => {
      const token = query === '?all_domains=true' ? approver.token : tenant.token;
      const { body: stats } = await service.quotas.get(`/v1/quota-requests/stats${query}`, token).expect(200);
      const { text } = await service.quotas.get(`/v1/quota-requests/export${query}`, token).buffer().expect(200);
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Step & { exported?: number });
      const footer = lines.pop();
      expect(footer).toEqual({ exported: lines.length });
      const { by_key: byKey, ...all } = stats;
      expect(all).toEqual(recomputed(lines));
      const keys = [...new Set(lines.map(({ quota_key }) => quota_key))].sort();
      expect(byKey).toEqual(
        keys.map((key) => ({ quota_key: key, ...recomputed(lines.filter(({ quota_key }) => quota_key === key)) })),
      );
    },
  );

  it('exports CSV that no spreadsheet runs, without what is internal, and says so in a trace', async () => {
    const { text, headers } = await service.quotas
      .get('/v1/quota-requests/export?format=csv', tenant.token)
      .buffer()
      .expect(200);
    expect(headers['content-type']).toContain('text/csv');
    expect(text).toContain(`,'=too much,`);
    expect(text).not.toContain('assign');
    expect(text.trimEnd().split('\r\n').at(-1)).toMatch(/^# exported \d+,/);
    const names = (await service.quotas.recorded(tenant.domain.id)).map(({ trace_name }) => trace_name);
    expect(names).toContain('exportQuotaRequests');
    const own = await service.quotas.get('/v1/quota-requests/export', people[2]?.token).buffer().expect(200);
    expect(own.text.trimEnd().split('\n')).toHaveLength(3);
    const inside = await service.quotas.get(`/v1/quota-requests/export?all_domains=true`, approver.token).buffer();
    expect(inside.text).toContain('"action":"assign"');
  });

  it('answers what granting would change, and what stands against it, and changes nothing', async () => {
    const whatIf = async (id: unknown, query = '') =>
      (await service.quotas.get(`/v1/quota-requests/${String(id)}/what-if${query}`, tenant.token).expect(200)).body;
    expect(await whatIf(ids[5])).toEqual({
      request_id: ids[5],
      now: { limit: 5, origin: 'default', used: 0, reserved: 0, remaining: 5 },
      then: { limit: 8, remaining: 8, until: null },
      changes: true,
      confirmable: true,
      obstacles: [],
      approvers: { needed: 1, given: 0 },
    });
    expect(await whatIf(ids[5], '?granted=9')).toMatchObject({
      confirmable: false,
      obstacles: [{ code: 'QST.BadRequest' }],
    });
    expect(await whatIf(ids[0])).toMatchObject({
      confirmable: false,
      obstacles: [{ code: 'QST.QuotaRequest.IllegalTransition' }],
    });
    const project = { kind: 'project', id: tenant.project.id };
    const limit = {
      domain_id: tenant.domain.id,
      quota_key: 'namespace',
      scope: project,
      limit: 7,
      reason: 'full',
      force: true,
    };
    const set = await service.quotas.put('/v1/quotas/limits', { ...limit, limit: 8 }).expect(200);
    expect(set.body.limit).toBe(8);
    expect(await whatIf(ids[5])).toMatchObject({ confirmable: true });
    const counted = await service.quotas.database.query(
      'SELECT FROM quota_counters WHERE domain_id = $1 AND scope = $2',
      [tenant.domain.id, `user/${tenant.project.id}/${String(people[5]?.id)}`],
    );
    expect(counted).toEqual([]);
    await service.quotas.get(`/v1/quota-requests/${String(ids[5])}/what-if`, stranger.token).expect(404);
  });
});
