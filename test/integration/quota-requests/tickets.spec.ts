/** Quota requests in the shape of tickets, over HTTP. What only the native API can do is done by it. */
import type { Response } from 'supertest';
import { until } from '../../support/until.js';
import { IdentityApp } from '../identity/harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;
type User = Awaited<ReturnType<IdentityApp['createUser']>>;

const ROOT = '/v2/servicerequest';
const PROBLEM = 'b299157406901ea6a6bbdc81e5ddd8ef';
const SOURCE = '83aeb0f2834c4df49826c781d32a963e';
const SHARED = 'f1ff35249d62e85192f3d35497fd042a';

const REFUSED: readonly (readonly [string, string, object | undefined, number, string])[] = [
  ['POST', '/cases', undefined, 400, 'OSM.01010001'],
  ['POST', '/cases', [], 400, 'OSM.01010001'],
  ['GET', '/cases?status=6', undefined, 400, 'OSM.01010001'],
  ['GET', '/cases?limit=101', undefined, 400, 'OSM.01010001'],
  ['GET', '/cases?offset=65536', undefined, 400, 'OSM.01010001'],
  ['GET', '/cases?label_id_list=1', undefined, 400, 'OSM.01010001'],
  ['GET', '/cases?query_start_time=soon', undefined, 400, 'OSM.01010001'],
  ['GET', '/cases?search_key=a%20b%20c%20d', undefined, 400, 'OSM.01010001'],
  ['GET', '/cases/nothing', undefined, 404, 'OSM.01010015'],
  ['GET', '/cases/%00', undefined, 400, 'OSM.01010001'],
  ['POST', '/cases/nothing/action?action_id=open', {}, 400, 'OSM.01010013'],
  ['POST', '/cases/nothing/action', {}, 400, 'OSM.01010013'],
  ['POST', '/cases/nothing/action?action_id=cancel', {}, 404, 'OSM.01010015'],
  ['POST', '/cases/nothing/message', { message: { content: ' \n' } }, 400, 'OSM.01010001'],
  ['POST', '/cases/nothing/message', { message: { content: 'x', accessory_ids: ['y'] } }, 400, 'OSM.01010001'],
  ['POST', '/cases/nothing/score', { judgement: 'x' }, 400, 'OSM.01010001'],
  ['POST', '/cases/nothing/score', { judgement: 'x', incident_satisfaction_list: [] }, 404, 'OSM.01010015'],
  ['GET', '/config/extends-map', undefined, 400, 'OSM.01010001'],
  ['GET', '/quotas?business_type_id=x', undefined, 400, 'OSM.01010001'],
  ['GET', '/labels', undefined, 404, 'APIGW.0101'],
  ['POST', '/accessorys', {}, 404, 'APIGW.0101'],
];

describe('quota requests as tickets', () => {
  let service: IdentityApp;
  let tenant: Tenant;
  let operator: string;
  beforeAll(async () => {
    service = await IdentityApp.start();
    operator = await service.operatorToken();
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    tenant = await service.createTenant();
  });

  const call = (method: string, path: string, body?: object, token = tenant.token): Promise<Response> =>
    service.call(method, `${ROOT}${path}`, token, body);
  const native = (method: string, path: string, body?: object, token = tenant.token): Promise<Response> =>
    service.call(method, `/v1/quota-requests${path}`, token, body);
  const nativeId = (caseId: string, { domain } = tenant): string => `${caseId}.${domain.id}`;

  const wish = (userId = tenant.administrator.id, desired: unknown = 8, { project } = tenant) => ({
    quota_key: 'namespace',
    scope_kind: 'user',
    scope_id: userId,
    project_id: project.id,
    desired,
  });
  const ticket = (changed: object = {}) => ({
    business_type_id: PROBLEM,
    source_id: SOURCE,
    simple_description: 'a release a day until the audit',
    extends_map: wish(),
    ...changed,
  });
  async function file(changed: object = {}, token = tenant.token): Promise<string> {
    const answer = await call('POST', '/cases', ticket(changed), token);
    expect(answer).toMatchObject({ status: 200, body: { incident_id: expect.stringMatching(/^[0-9a-f]{32}$/) } });
    return (answer.body as { incident_id: string }).incident_id;
  }
  /** By whoever decides. */
  async function decide(caseId: string, verb: string, body: object): Promise<void> {
    const answer = await native('POST', `/${nativeId(caseId)}/${verb}`, body, operator);
    expect(answer).toMatchObject({ status: 200 });
  }
  const act = (caseId: string, action: string, body?: object, token = tenant.token): Promise<Response> =>
    call('POST', `/cases/${caseId}/action?action_id=${action}`, body, token);
  const statusOf = async (caseId: string): Promise<unknown> =>
    ((await call('GET', `/cases/${caseId}/status`)).body as { status: unknown }).status;
  const detailOf = async (caseId: string): Promise<Record<string, unknown>> =>
    ((await call('GET', `/cases/${caseId}`)).body as { incident_detail_info: Record<string, unknown> })
      .incident_detail_info;
  const said = async (caseId: string): Promise<[number, string][]> => {
    const { message_list: list } = (await call('GET', `/cases/${caseId}/messages?limit=100`)).body as {
      message_list: { type: number; content: string }[];
    };
    return list.map(({ type, content }) => [type, content]);
  };
  const listed = async (query: string, token = tenant.token): Promise<string[]> => {
    const answer = await call('GET', `/cases?limit=100${query}`, undefined, token);
    expect(answer.status).toBe(200);
    const { incident_info_list: list, total_count: total } = answer.body as {
      incident_info_list: { incident_id: string }[];
      total_count: number;
    };
    expect(total).toBe(list.length);
    return list.map(({ incident_id: id }) => id);
  };
  const problemsOf = ({ body }: Response): string[] =>
    (body as { problems: { path: string }[] }).problems.map(({ path }) => path).sort();

  it('are filed as requests, with everything that was said', async () => {
    const until = Date.UTC(2099, 0, 1);
    const id = await file({
      severity_id: '4',
      region_id: 'cn-north-4',
      product_category_id: SHARED,
      remind_mail: 'crew@week.example',
      remind_mobile: '13800000000',
      remind_time: '09:00-18:00',
      extends_map: { ...wish(undefined, '8'), until: '2099-01-01T00:00:00Z' },
    });
    const scope = { kind: 'user', project_id: tenant.project.id, id: tenant.administrator.id };
    const request = { quota_key: 'namespace', scope, desired: 8, until, state: 'pending', priority: 'urgent' };
    const reason = 'a release a day until the audit';
    expect((await native('GET', `/${nativeId(id)}`)).body).toMatchObject({ ...request, reason });
    expect(await detailOf(id)).toMatchObject({
      incident_id: id,
      status: 0,
      xcustomer_id: tenant.administrator.id,
      xcustomer_name: 'root',
      customer_id: tenant.domain.id,
      simple_description: reason,
      severity_name: '紧急',
      decision: null,
      extends_map: { ...wish(), until },
      ext_info: { remind_mail: 'crew@week.example', remind_mobile: '13800000000', remind_time: '09:00-18:00' },
      message_list: [{ type: 0, content: reason, is_first_message: 1, replier: tenant.administrator.id }],
    });
    const again = await file({ extends_map: { ...wish(), until }, simple_description: ' in other words ' });
    expect(again).toBe(id);
    const [trace, ...others] = (await service.recorded()).filter(
      ({ service_type: of, domain_id: domain }) => of === 'OSM' && domain === tenant.domain.id,
    );
    expect(trace).toMatchObject({
      trace_name: 'createCase',
      resource_type: 'case',
      resource_id: id,
      resource_name: id,
    });
    expect(others).toEqual([]);
  });

  it('are there for requests made elsewhere', async () => {
    const scope = { kind: 'user', project_id: tenant.project.id, id: tenant.administrator.id };
    const made = await native('POST', '', { quota_key: 'namespace', scope, desired: 8, reason: 'made elsewhere' });
    expect(made.status).toBe(201);
    const [id = ''] = await listed('');
    expect(nativeId(id)).toBe((made.body as { id: string }).id);
    expect(await detailOf(id)).toMatchObject({
      status: 0,
      simple_description: 'made elsewhere',
      severity_name: '一般',
    });
    expect(await act(id, 'press')).toMatchObject({ status: 200 });
  });

  it('are decided, closed, scored and deleted, and the decision stands beside the status', async () => {
    const id = await file();
    expect(await act(id, 'close')).toMatchObject({
      status: 409,
      body: { error_code: 'QST.QuotaRequest.IllegalTransition', status: 0, allowed: ['cancel', 'press'] },
    });
    await decide(id, 'approve', { granted: 7, reason: 'seven will do' });
    const decision = { outcome: 'partially_approved', granted: 7, until: null, reason: 'seven will do' };
    expect(await detailOf(id)).toMatchObject({ status: 2, decision, resolve_time: expect.any(Number) });
    expect((await call('GET', '/cases')).body).toMatchObject({
      total_count: 1,
      incident_info_list: [
        { incident_id: id, decision, resolution: 'seven will do', confirmed_time: expect.any(String) },
      ],
    });
    const score = (value: number) => [{ satisfaction_id: 1, satisfaction_value: value }];
    const closing = { judgement: 'fine', incident_satisfaction_list: score(4), operate_desc: 'thank you' };
    expect(await act(id, 'close', closing)).toMatchObject({ status: 200, body: {} });
    expect(await statusOf(id)).toBe(3);
    const scored = { judgement: 'very fine', incident_satisfaction_list: score(5) };
    expect(await call('POST', `/cases/${id}/score`, scored)).toMatchObject({ status: 200, body: {} });
    expect(await detailOf(id)).toMatchObject({
      judgement: 'very fine',
      incident_satisfaction: [{ satisfaction_id: 1, satisfaction_value: 5, value: 5 }],
    });
    const log = (await call('GET', `/cases/${id}/operate-logs`)).body as {
      total_count: number;
      incident_operate_log_list: Record<string, unknown>[];
    };
    expect(log.total_count).toBe(4);
    expect(
      log.incident_operate_log_list.map(({ operate_type: type, operator_type: side, operate_desc: text }) => [
        type,
        side,
        text,
      ]),
    ).toEqual([
      [0, 0, 'a release a day until the audit'],
      [undefined, 1, 'approve: seven will do'],
      [3, 0, 'thank you'],
      [5, 0, 'very fine'],
    ]);
    expect(await act(id, 'delete')).toMatchObject({ status: 200 });
    const gone = { status: 404, body: { error_code: 'OSM.01010015' } };
    expect(await call('GET', `/cases/${id}`)).toMatchObject(gone);
    expect(await act(id, 'delete')).toMatchObject(gone);
    expect(await call('POST', `/cases/${id}/message`, { message: { content: 'x' } })).toMatchObject(gone);
    expect(await listed('')).toEqual([]);
    expect((await native('GET', `/${nativeId(id)}`)).body).toMatchObject({ state: 'partially_approved' });
    const traces = (await service.recorded()).filter(({ resource_id: of }) => of === id);
    expect(traces.map(({ trace_name: name }) => name)).toEqual([
      'createCase',
      'closeCase',
      'createScores',
      'deleteCase',
    ]);
  });

  it('are canceled, and once is enough', async () => {
    const id = await file();
    expect(await act(id, 'cancel', { operate_desc: 'not needed' })).toMatchObject({ status: 200, body: {} });
    expect(await act(id, 'cancel', { operate_desc: 'not needed' })).toMatchObject({ status: 200 });
    expect(await act(id, 'cancel')).toMatchObject({ status: 409, body: { status: 4, allowed: ['delete'] } });
    expect(await statusOf(id)).toBe(4);
    expect((await native('GET', `/${nativeId(id)}`)).body).toMatchObject({ state: 'withdrawn' });
    const traces = (await service.recorded()).filter(({ resource_id: of }) => of === id);
    expect(traces.map(({ trace_name: name }) => name)).toEqual(['createCase', 'cancelCase']);
    expect(await call('POST', `/cases/${id}/score`, { judgement: '', incident_satisfaction_list: [] })).toMatchObject({
      status: 409,
      body: { status: 4 },
    });
  });

  it('carry questions, answers and comments, and nothing that is said among those who decide', async () => {
    const id = await file();
    await decide(id, 'ask', { question: 'for which registry?' });
    expect(await statusOf(id)).toBe(17);
    expect(await act(id, 'press')).toMatchObject({ status: 409, body: { status: 17, allowed: ['cancel'] } });
    await decide(id, 'comments', { text: 'looks like a habit', internal: true });
    await decide(id, 'comments', { text: 'we are looking at it', internal: false });
    const say = (content: string) => call('POST', `/cases/${id}/message`, { message: { content, accessory_ids: [] } });
    expect(await say('the one of the crew')).toMatchObject({ status: 200, body: {} });
    expect(await statusOf(id)).toBe(1);
    expect(await say('and soon, please')).toMatchObject({ status: 200 });
    expect(await said(id)).toEqual([
      [0, 'a release a day until the audit'],
      [1, 'for which registry?'],
      [1, 'we are looking at it'],
      [0, 'the one of the crew'],
      [0, 'and soon, please'],
    ]);
    expect((await call('GET', `/cases/${id}/messages?offset=1&limit=1`)).body).toMatchObject({
      count: 5,
      message_list: [{ content: 'for which registry?', is_first_message: 0, replier_type: 1 }],
    });
    for (const path of [`/cases/${id}`, `/cases/${id}/messages`, `/cases/${id}/operate-logs`])
      expect((await call('GET', path)).text).not.toContain('habit');
    const { comments } = (await native('GET', `/${nativeId(id)}`)).body as { comments: { text: string }[] };
    expect(comments.map(({ text }) => text)).toEqual(['we are looking at it', 'and soon, please']);
    const { incident_operate_log_list: log } = (await call('GET', `/cases/${id}/operate-logs`)).body as {
      incident_operate_log_list: { operate_type?: number }[];
    };
    expect(log.map(({ operate_type: type }) => type).filter((type) => type !== undefined)).toEqual([0, 85]);
  });

  it('are urged, which is seen by those who decide, but not all the time', async () => {
    const id = await file();
    expect(await act(id, 'press', { operate_desc: 'the audit is tomorrow' })).toMatchObject({ status: 200, body: {} });
    expect(await act(id, 'press')).toMatchObject({ status: 429, body: { error_code: 'OSM.01010004' } });
    const { history } = (await native('GET', `/${nativeId(id)}`, undefined, operator)).body as { history: object[] };
    expect(history).toHaveLength(2);
    expect(history[1]).toMatchObject({ note: 'the audit is tomorrow', from: 'pending', to: 'pending' });
    await service.database.query('UPDATE quota_tickets SET pressed_at = pressed_at - 1800000');
    expect(await act(id, 'press')).toMatchObject({ status: 200 });
  });

  it('are filed once and urged once, however many ask at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, () => file()));
    expect(new Set(ids).size).toBe(1);
    const [id = ''] = ids;
    const urges = await Promise.all(Array.from({ length: 4 }, () => act(id, 'press')));
    expect(urges.map(({ status }) => status).sort()).toEqual([200, 429, 429, 429]);
    const traces = (await service.recorded()).filter(({ resource_id: of }) => of === id);
    expect(traces.map(({ trace_name: name }) => name)).toEqual(['createCase']);
  });

  it('are refused with everything that is wrong', async () => {
    const bad = await call('POST', '/cases', {
      business_type_id: 'e'.repeat(32),
      source_id: 'x',
      simple_description: 'x'.repeat(1_201),
      severity_id: '9',
      product_category_id: 'y',
      remind_time: 'always',
      accessory_ids: ['z'],
      extension_map: { more: 'words' },
      extends_map: { quota_key: 'namespace', scope_kind: 'team', desired: 'many', colour: 'red' },
    });
    expect(bad).toMatchObject({ status: 400, body: { error_code: 'OSM.01010001' } });
    expect(problemsOf(bad)).toEqual([
      'body.accessory_ids',
      'body.business_type_id',
      'body.extends_map.colour',
      'body.extends_map.desired',
      'body.extends_map.scope_kind',
      'body.extension_map',
      'body.product_category_id',
      'body.remind_time',
      'body.severity_id',
      'body.simple_description',
      'body.source_id',
    ]);
    expect(JSON.stringify(bad.body)).toContain('no other tickets are filed here');
    const severity = await call('POST', '/cases', ticket({ severity_id: '9' }));
    expect(severity).toMatchObject({ status: 400, body: { error_code: 'OSM.01010006' } });
    const unfit = await call(
      'POST',
      '/cases',
      ticket({
        region_id: 'nowhere-1',
        product_category_id: '4a9b815771280475fda5e9cf0b14c8fd',
        extends_map: { ...wish(), project_id: 'f'.repeat(32), until: 1 },
      }),
    );
    expect(unfit).toMatchObject({ status: 400, body: { error_code: 'OSM.01010001' } });
    expect(problemsOf(unfit)).toEqual([
      'body.extends_map.project_id',
      'body.extends_map.until',
      'body.product_category_id',
      'body.region_id',
    ]);
    expect(await listed('')).toEqual([]);
  });

  it('refuse what cannot be, each with the code of the reference', async () => {
    for (const [method, path, body, status, code] of REFUSED) {
      const answer = await call(method, path, body);
      const { error_code: told } = answer.body as { error_code?: string };
      expect([method, path, body, answer.status, told]).toEqual([method, path, body, status, code]);
    }
  });

  it('meet what stands against the request, in its own words', async () => {
    const id = await file();
    const other = await call('POST', '/cases', ticket({ extends_map: wish(undefined, 9) }));
    expect(other).toMatchObject({
      status: 409,
      body: { error_code: 'QST.QuotaRequest.Open', open_request_id: nativeId(id) },
    });
    const satisfied = await call('POST', '/cases', ticket({ extends_map: wish('f'.repeat(32), 5) }));
    expect(satisfied).toMatchObject({ status: 409, body: { error_code: 'QST.QuotaRequest.AlreadySatisfied' } });
  });

  it('are found by what the reference offers', async () => {
    const [crew, guest] = [await service.createUser(tenant.token), await service.createUser(tenant.token)];
    const first = await file(
      { simple_description: 'Nightly builds of the crew', extends_map: wish(crew.id) },
      crew.token,
    );
    const second = await file({ simple_description: 'weekly builds', extends_map: wish(guest.id) }, guest.token);
    await act(second, 'cancel');
    expect(await listed('')).toEqual([second, first]);
    const found: [string, string[]][] = [
      ['&search_key=BUILDS%20nightly', [first]],
      ['&search_key=builds&search_key=weekly', [second]],
      ['&search_key=%25', []],
      ['&app_key=ly%20builds', [second, first]],
      [`&app_key=${first}`, [first]],
      [`&incident_id=${second}`, [second]],
      ['&status=4', [second]],
      ['&status=5', []],
      ['&status=13', []],
      ['&incident_status=0,%204', [second, first]],
      ['&incident_status=0,1&status=4', []],
      [`&x_customer_id=${crew.id}`, [first]],
      [`&x_customer_name=${guest.name}`, [second]],
      ['&query_end_time=2020-01-01', []],
      ['&query_start_time=2020-01-01%2000:00:00&query_end_time=2099-01-01T00:00:00Z', [second, first]],
      ['&group_id=x', [second, first]],
    ];
    for (const [query, ids] of found) expect([query, await listed(query)]).toEqual([query, ids]);
    const page = await call('GET', '/cases?offset=1&limit=1');
    expect(page.body).toMatchObject({ total_count: 2, incident_info_list: [{ incident_id: first }] });
    expect((await call('GET', '/cases?limit=0')).body).toEqual({ total_count: 2, incident_info_list: [] });
    expect((await call('GET', '/cases/count')).body).toEqual({
      incident_status_counts: [
        { status: 0, count: 1 },
        { status: 4, count: 1 },
      ],
    });
    expect((await call('GET', '/cases/count?status=4')).body).toEqual({
      incident_status_counts: [{ status: 4, count: 1 }],
    });
  });

  it('are shown to those whose they are, and to whom a policy allows it', async () => {
    const [own, other]: [User, User] = [await service.createUser(tenant.token), await service.createUser(tenant.token)];
    const stranger = await service.createTenant();
    const id = await file({ extends_map: wish(own.id) }, own.token);
    for (const token of [own.token, tenant.token])
      expect((await call('GET', `/cases/${id}`, undefined, token)).status).toBe(200);
    expect(await listed('', own.token)).toEqual([id]);
    for (const token of [other.token, stranger.token]) {
      expect(await listed('', token)).toEqual([]);
      expect((await call('GET', '/cases/count', undefined, token)).body).toEqual({ incident_status_counts: [] });
      for (const [method, path, body] of [
        ['GET', `/cases/${id}`],
        ['GET', `/cases/${id}/messages`],
        ['POST', `/cases/${id}/action?action_id=cancel`, {}],
        ['POST', `/cases/${id}/message`, { message: { content: 'x' } }],
      ] as const)
        expect(await call(method, path, body, token)).toMatchObject({
          status: 404,
          body: { error_code: 'OSM.01010015' },
        });
    }
    const forOthers = await call('POST', '/cases', ticket({ extends_map: wish(own.id, 9) }), other.token);
    expect(forOthers).toMatchObject({ status: 403, body: { error_code: 'OSM.01010002' } });
    expect(await statusOf(id)).toBe(0);
  });

  it('need both, for what is not one’s own: what policies say of tickets and of requests', async () => {
    const [own, other]: [User, User] = [await service.createUser(tenant.token), await service.createUser(tenant.token)];
    const id = await file({ extends_map: wish(own.id) }, own.token);
    const allow = async (name: string, effect: 'Allow' | 'Deny', actions: string[]): Promise<void> => {
      const document = { Version: '5.0', Statement: [{ Effect: effect, Action: actions, Resource: ['*'] }] };
      const body = { policy_name: name, policy_document: JSON.stringify(document) };
      const { policy } = (await service.call('POST', '/v5/policies', tenant.token, body)).body as {
        policy: { policy_id: string };
      };
      const path = `/v5/policies/${policy.policy_id}/attach-user`;
      expect((await service.call('POST', path, tenant.token, { user_id: other.id })).status).toBeLessThan(300);
    };
    const settles = (status: number, method: string, path: string, body?: object): Promise<Response> =>
      until(
        () => call(method, path, body, other.token),
        (answer) => answer.status === status,
      );
    const scope = { kind: 'user', project_id: tenant.project.id, id: own.id };
    const denied = { status: 403, body: { error_code: 'OSM.01010002' } };
    await allow('requests', 'Allow', [
      'quota:request:get',
      'quota:request:list',
      'quota:request:withdraw',
      'quota:request:create',
    ]);
    await until(
      () => native('GET', `/${nativeId(id)}`, undefined, other.token),
      (answer) => answer.status === 200,
    );
    expect(await call('GET', `/cases/${id}`, undefined, other.token)).toMatchObject({ status: 404 });
    expect(await listed('', other.token)).toEqual([]);
    expect(await act(id, 'cancel', {}, other.token)).toMatchObject(denied);
    expect(await call('POST', '/cases', ticket({ extends_map: wish(own.id) }), other.token)).toMatchObject(denied);
    await allow('tickets', 'Allow', ['osm:*:*']);
    await settles(200, 'GET', `/cases/${id}`);
    expect(await listed('', other.token)).toEqual([id]);
    expect(await file({ extends_map: wish(own.id) }, other.token)).toBe(id);
    expect(await act(id, 'press', {}, other.token)).toMatchObject(denied);
    await allow('nothing', 'Deny', ['osm:case:create']);
    await settles(403, 'POST', '/cases', ticket({ extends_map: wish(other.id) }));
    expect(
      await native('POST', '', { quota_key: 'namespace', scope, desired: 8, reason: 'x' }, other.token),
    ).toMatchObject({
      status: 200,
    });
    expect(await act(id, 'cancel', {}, other.token)).toMatchObject({ status: 200 });
  });

  it('are filled in from lists, in two languages', async () => {
    const english = await service
      .http()
      .get(`${ROOT}/config/problems`)
      .set({ 'X-Auth-Token': tenant.token, 'X-Language': 'en-us' });
    expect(english.body).toEqual({
      total_count: 1,
      incident_business_type_list: [
        {
          business_type_id: PROBLEM,
          business_type_name: 'Quota increase',
          case_type: '0',
          can_use_support_plan: false,
        },
      ],
    });
    expect((await call('GET', '/config/problems')).body).toMatchObject({
      incident_business_type_list: [{ business_type_name: '配额提升' }],
    });
    const lists: [string, object][] = [
      ['categories', { total_count: 1 }],
      ['product-categories', { total_count: 3 }],
      ['product-categories?product_category_name=%E4%BC%81%E4%B8%9A', { total_count: 1 }],
      ['severities', { show: true, severity_list: [{ severity_id: '1' }, {}, {}, { severity_id: '4' }] }],
      ['limits', { config: { create_case_ccemail_max_count: 0 } }],
      ['satisfaction-dimensions', { satisfaction_dimension_list: [{ satisfaction_id: 1 }, { satisfaction_id: 3 }] }],
      ['templates', { total_count: 1 }],
    ];
    for (const [path, body] of lists) expect(await call('GET', `/config/${path}`)).toMatchObject({ status: 200, body });
    expect((await call('GET', '/accessorys/limits')).body).toMatchObject({ accessory_limit: { limit_count: '0' } });
    const { data_center_list: regions } = (await call('GET', '/config/regions')).body as {
      data_center_list: { region_id: string }[];
    };
    expect(regions).toContainEqual({ type: 0, region_id: 'cn-north-4', region_name: '华北-北京四', is_sensitive: 0 });
    const { extends_params: parameters } = (
      await call('GET', `/config/extends-map?business_type_id=${PROBLEM}&product_category_id=${SHARED}`)
    ).body as { extends_params: Record<string, unknown>[] };
    expect(parameters.map(({ param_key: key }) => key)).toEqual(Object.keys({ ...wish(), until: 0 }));
    expect(parameters[0]).toMatchObject({ param_type: 4, required: 1, select_item: 'namespace,repo,tag' });
    expect(parameters[1]).toMatchObject({ select_item: 'domain,project,user' });
    expect(parameters[4]).toMatchObject({ param_type: 1, min_value: 1 });
  });

  it('count towards what the domain may have open', async () => {
    const openings = async () => (await call('GET', `/quotas?business_type_id=${PROBLEM}`)).body as object;
    const id = await file();
    expect(await openings()).toEqual({ total: 20, un_used: 19 });
    await act(id, 'cancel');
    expect(await openings()).toEqual({ total: 20, un_used: 20 });
  });
});
