import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import { homeEvent, HOME, SearchApp } from './app.js';

const NOW = Date.now();
const MINUTE_MS = 60_000;

/** The traces of the suite by a name of their own; `minutes` before now. */
const EVENTS: Record<string, Record<string, unknown> & { minutes: number }> = {
  create: { minutes: 1, project_id: 'p1', resource_name: 'team/app', resource_id: 'r1', source_ip: '10.0.0.1' },
  spelled: {
    minutes: 2,
    project_id: 'p2',
    resource_name: 'team$app',
    trace_name: 'deleteRepo',
    trace_rating: 'warning',
  },
  lower: {
    minutes: 3,
    project_id: 'p2',
    service_type: 'swr',
    user: { id: 'u2', name: 'Ana, the 2nd*' },
    read_only: true,
  },
  homeless: {
    minutes: 4,
    project_id: '',
    resource_name: '100%_sure',
    request: '{"image":"NGINX:1"}',
    resource_id: 'r1',
  },
  data: { minutes: 5, project_id: 'p1', event_type: 'data', service_type: 'OBS', read_only: null, user: null },
  strange: {
    minutes: 6,
    project_id: 'p3',
    resource_name: 'a\\b',
    message: 'Größe ÄNDERN',
    enterprise_project_id: 'ep',
  },
  old: { minutes: 3 * 24 * 60, project_id: 'p1', resource_name: 'team/old', access_key_id: 'AK' },
};
const EVENT_NAMES = Object.keys(EVENTS);

describe('GET /v1/traces', () => {
  let search: SearchApp;
  const events = Object.fromEntries(
    Object.entries(EVENTS).map(([name, { minutes, ...rest }]) => {
      const at = NOW - minutes * MINUTE_MS;
      return [name, homeEvent({ ...rest, record_time: at, time: at, trace_id: `id-${name}` })];
    }),
  );

  beforeAll(async () => {
    search = await SearchApp.open();
    await search.store(Object.values(events));
    await search.store([
      homeEvent({ domain_id: 'other', project_id: 'p1', trace_id: 'id-foreign', resource_name: 'team/app' }),
    ]);
  });
  afterAll(() => search.close());

  const names = async (query: Record<string, string | string[]>): Promise<string[]> => {
    const { status, body } = await search.get('', query);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return (body.traces as { trace_id: string }[]).map(({ trace_id }) => trace_id.replace('id-', ''));
  };

  it('shows the whole domain, newest first, in the types of ListTraces', async () => {
    const { status, body } = await search.get('', { total: 'true', limit: '2' });
    expect(status).toBe(200);
    expect(body.page).toEqual({ count: 2, next: expect.any(String) });
    expect(body.total).toEqual({ value: 7, exact: true });
    expect(body.traces[0]).toMatchObject({
      trace_id: 'id-create',
      domain_id: HOME,
      project_id: 'p1',
      event_type: 'system',
      code: '201',
      record_time: NOW - MINUTE_MS,
      read_only: false,
      user: { id: 'u1', name: 'lin' },
    });
    expect(body.traces[0]).not.toHaveProperty('response');
  });

  it.each<[string, Record<string, string | string[]>, string[]]>([
    ['everything', {}, EVENT_NAMES],
    ['oldest first', { order: 'asc' }, EVENT_NAMES.toReversed()],
    ['a project', { project_id: 'p1' }, ['create', 'data', 'old']],
    ['several projects', { project_id: 'p2,p3' }, ['spelled', 'lower', 'strange']],
    ['no project', { project_id: '' }, ['homeless']],
    ['not a project', { '-project_id': ['p1', 'p2'] }, ['homeless', 'strange']],
    ['projects by prefix', { project_id: 'p*' }, EVENT_NAMES.filter((name) => name !== 'homeless')],
    ['an unknown project', { project_id: 'p9' }, []],
    ['a service in any case', { service_type: 'Swr' }, EVENT_NAMES.filter((name) => name !== 'data')],
    ['a service by prefix in any case', { service_type: 's*', project_id: 'p2' }, ['spelled', 'lower']],
    ['not a service', { '-service_type': 'swR' }, ['data']],
    ['a repository in any spelling', { resource_name: 'team%24app' }, ['create', 'spelled']],
    ['repositories by prefix in any spelling', { resource_name: 'team/*' }, ['create', 'spelled', 'old']],
    ['% and _ as themselves', { resource_name: '100%_*' }, ['homeless']],
    ['% and _ as nothing else', { resource_name: '1%*' }, []],
    ['a backslash', { resource_name: 'a\\b' }, ['strange']],
    ['a comma and a star in a value', { user: 'Ana\\, the 2nd\\*' }, ['lower']],
    [
      'several values, two filters',
      { trace_name: 'deleteRepo,createUserNamespace', trace_rating: 'warning' },
      ['spelled'],
    ],
    ['a user present', { user: '*', project_id: 'p1' }, ['create', 'old']],
    ['no user', { '-user': '*' }, ['data']],
    ['not a user includes those without', { '-user': 'lin' }, ['lower', 'data']],
    ['read_only', { read_only: 'true' }, ['lower']],
    ['not read_only', { '-read_only': 'false' }, ['lower', 'data']],
    ['a rating', { trace_rating: 'warning' }, ['spelled']],
    ['the usual rating', { trace_rating: 'normal', project_id: 'p2' }, ['lower']],
    ['data traces', { trace_type: 'data' }, ['data']],
    ['an address by prefix', { source_ip: '10.0.*', trace_type: 'data' }, ['data']],
    ['an enterprise project', { enterprise_project_id: 'ep' }, ['strange']],
    ['ids', { trace_id: ['id-old', 'id-data,id-foreign'] }, ['data', 'old']],
    ['text in a body, in any case', { text: 'nginx', from: String(NOW - HOUR_MS) }, ['homeless']],
    ['text in any case of any letter', { text: 'GRÖSSE'.replace('SS', 'ß'), project_id: 'p3' }, ['strange']],
    ['text that is no pattern', { text: '%', trace_type: 'system' }, ['homeless']],
    ['text in a name', { text: 'TEAM/', trace_type: 'system' }, ['create', 'old']],
    ['from inclusive', { from: String(NOW - 2 * MINUTE_MS) }, ['create', 'spelled']],
    ['to exclusive', { to: String(NOW - 4 * MINUTE_MS) }, ['data', 'strange', 'old']],
    ['RFC 3339', { from: new Date(NOW - MINUTE_MS).toISOString() }, ['create']],
    ['a clamped start', { from: '0', to: String(NOW - DAY_MS) }, ['old']],
    ['before what is kept', { to: String(NOW - 30 * DAY_MS) }, []],
  ])('finds %s', async (_, query, expected) => {
    const found = await names(query);
    const order = query.order === 'asc' ? EVENT_NAMES.toReversed() : EVENT_NAMES;
    expect(found).toEqual(order.filter((name) => expected.includes(name)));
  });

  it.each<[string, Record<string, string | string[]>, string]>([
    ['an unknown name', { servce_type: 'x' }, 'query.servce_type: is not known; did you mean service_type?'],
    ['a name from elsewhere', { event_type: 'x' }, 'did you mean trace_type?'],
    ['an operator', { 'service_type!': 'x' }, '"!" is no operator here; did you mean -service_type=…?'],
    ['an operator in brackets', { 'user[like]': 'x' }, 'did you mean user=value*?'],
    ['a comparison', { 'from>': '1' }, 'did you mean from=?'],
    ['a negated page', { '-limit': '1' }, 'cannot be negated; did you mean limit?'],
    ['a field', { fields: 'trace_nam' }, '"trace_nam" is not a field; did you mean trace_name?'],
    ['a star inside', { user: '*n' }, '"*" stands only at the end'],
    ['an empty value', { user: '' }, 'has an empty value'],
    ['a kind of trace', { trace_type: 'ApiCall' }, 'must be system or data'],
    ['an instant', { from: 'yesterday' }, 'must be epoch milliseconds or an RFC 3339'],
    ['an instant beyond all', { to: '999999999999999' }, 'query.to'],
    ['bounds the wrong way', { from: '2', to: '1' }, 'must be before to'],
    ['a limit', { limit: '1001' }, 'must be an integer from 1 to 1000'],
    ['an order', { order: 'up' }, 'must be desc or asc'],
    ['a NUL', { user: 'a\0' }, 'must not contain a NUL'],
    ['a text in everything', { text: 'x' }, 'needs another filter'],
    ['two texts', { text: ['x', 'y'], user: 'x' }, 'may be given only once'],
    ['too many values', { user: Array.from({ length: 101 }, (_, n) => `u${n}`).join(',') }, 'at most 100 values'],
  ])('refuses %s', async (_, query, message) => {
    const { status, body } = await search.get('', query);
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'QST.BadRequest' });
    expect(body.error_msg).toContain(message);
  });

  it('tells all problems at once', async () => {
    const { body } = await search.get('', { limit: '0', order: 'x', foo: '1', 'user~': 'x', from: 'x' });
    expect(body.problems).toHaveLength(5);
  });

  it('answers the fields asked for', async () => {
    const { body } = await search.get('', { fields: 'trace_name,user', limit: '1' });
    expect(body.traces).toEqual([{ trace_name: 'createUserNamespace', user: expect.anything() }]);
  });

  it('caps totals', async () => {
    const { store } = await countOf(search, 10_005);
    expect(store.body.total).toEqual({ value: 10_001, exact: false });
  });

  it('shows a single trace with what else its sender said', async () => {
    const at = NOW - 10 * MINUTE_MS;
    const odd = homeEvent({ trace_id: 'odd one', record_time: at, colour: 'red', tags: [1] });
    await search.store([odd, { ...odd, record_time: at + 1 }]);
    const { status, body } = await search.get('/odd%20one');
    expect(status).toBe(200);
    expect(body).toMatchObject({ record_time: at + 1, extra: { colour: 'red', tags: [1] }, wire_shape: 'api-v3' });
    expect(body.content_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(body.record_times).toEqual([at + 1, at]);
    const older = await search.get('/odd%20one', { record_time: String(at) });
    expect(older.body.record_time).toBe(at);
    const plain = await search.get('/id-create');
    expect(plain.body).toMatchObject({ extra: {} });
    expect(plain.body).not.toHaveProperty('record_times');
    for (const path of ['/nothing', '/id-foreign', '/a%00b']) {
      const missing = await search.get(path);
      expect([missing.status, missing.body.error_code]).toEqual([404, 'QST.NotFound']);
    }
  });

  it('asks for the actions of its routes', async () => {
    search.guard.asked.length = 0;
    for (const path of ['', '/x', '/stats?field=user', '/changes', '/export']) await search.get(path);
    expect(search.guard.asked).toEqual(
      ['list', 'get', 'list', 'list', 'export'].map((operation) => `tenant cts:trace:${operation}`),
    );
  });
});

async function countOf(search: SearchApp, rows: number) {
  const events = Array.from({ length: rows }, (_, n) =>
    homeEvent({ domain_id: 'many', user: { name: 'x' }, trace_id: `many-${n}` }),
  );
  await search.store(events);
  return { store: await search.get('', { total: 'true', limit: '1' }, { 'x-domain': 'many' }) };
}
