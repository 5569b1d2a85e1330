/** Cursors: bound to who asks and what was asked, stable within one millisecond; and nothing of one domain shows in another. */
import { DAY_MS } from '../../../src/kernel/clock.js';
import { NativeCursors } from '../../../src/traces/native-cursors.service.js';
import { canonicalSelection } from '../../../src/traces/native-selection.js';
import { homeEvent, HOME, principal, type Query, SearchApp } from './app.js';

const NOW = Date.now();

describe('cursors of GET /v1/traces', () => {
  let search: SearchApp;

  beforeAll(async () => {
    search = await SearchApp.open();
    await search.store(
      Array.from({ length: 3_000 }, (_, n) =>
        homeEvent({ project_id: `p${n % 3}`, record_time: NOW - 1_000, time: NOW, trace_id: `id-${n}` }),
      ),
    );
  });
  afterAll(() => search.close());

  const first = async (query: Query = {}, headers: Record<string, string> = {}): Promise<string> => {
    const { body } = await search.get('', { limit: '2', ...query }, headers);
    if (typeof body.page?.next !== 'string') throw new Error(JSON.stringify(body));
    return body.page.next;
  };
  const refusal = async (query: Query, headers: Record<string, string> = {}): Promise<string> => {
    const { status, body } = await search.get('', query, headers);
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'QST.BadCursor' });
    return String(body.error_msg);
  };

  it.each([['desc'], ['asc']])('neither skip nor repeat any of 3,000 traces of one millisecond, %s', async (order) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query = { order, limit: '700', fields: 'trace_id', ...(cursor === null ? {} : { cursor }) };
      const { body } = await search.get('', query);
      seen.push(...(body.traces as { trace_id: string }[]).map(({ trace_id }) => trace_id));
      cursor = body.page.next;
    } while (cursor !== null && seen.length < 10_000);
    const ids = Array.from({ length: 3_000 }, (_, n) => `id-${n}`).sort();
    expect(seen).toEqual(order === 'asc' ? ids : ids.toReversed());
  });

  it('go on with another page size, other fields and a total', async () => {
    const cursor = await first();
    const { status, body } = await search.get('', { cursor, limit: '3', fields: 'trace_id', total: 'true' });
    expect(status).toBe(200);
    expect(body.total).toEqual({ value: 3_000, exact: true });
  });

  it('go on with the same filters said in another way', async () => {
    const cursor = await first({ project_id: ['p0', 'p1'], from: String(NOW - DAY_MS) });
    const same = { project_id: 'p1,p0', from: new Date(NOW - DAY_MS).toISOString(), cursor };
    expect((await search.get('', same)).status).toBe(200);
  });

  it('are refused with other filters, another order, another caller or another domain', async () => {
    const cursor = await first();
    expect(await refusal({ cursor, project_id: 'p1' })).toContain('other filters');
    expect(await refusal({ cursor, order: 'asc' })).toContain('other filters');
    expect(await refusal({ cursor }, { 'x-user': 'user-2' })).toContain('another caller');
    expect(await refusal({ cursor }, { 'x-domain': 'other' })).toContain('another caller');
    await refusal({ cursor, domain_id: 'other' }, { 'x-operator': '1' });
  });

  it('are refused when changed, and when they are none', async () => {
    const cursor = await first();
    for (const at of [0, 10, cursor.indexOf('.') - 1, cursor.indexOf('.') + 3, cursor.length - 1]) {
      const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
      await refusal({ cursor: changed });
    }
    for (const none of ['x', 'a.b', 'e30.e30', '.', '💥']) await refusal({ cursor: none });
  });

  it('are refused when their place has left what is kept', async () => {
    const selection = { fromMs: null, toMs: null, filters: {}, text: null, domainId: null };
    const cursor = search.ingest.module.get(NativeCursors).write([NOW - 8 * DAY_MS, 'id'], {
      version: 'traces.1',
      principal: principal(),
      domainId: HOME,
      filters: `desc ${canonicalSelection(selection)}`,
    });
    expect(await refusal({ cursor })).toContain('outdated');
  });

  it('of another endpoint are refused', async () => {
    const { body } = await search.get('/changes', { after: 'latest' });
    await refusal({ cursor: body.next });
    const changes = await search.get('/changes', { after: await first() });
    expect([changes.status, changes.body.error_code]).toEqual([400, 'QST.BadCursor']);
    expect(changes.body.error_msg).toContain('query.after');
  });
});

describe('two domains', () => {
  const SECRET = 'confidential';
  let search: SearchApp;
  const secretEvent = {
    domain_id: 'theirs',
    project_id: SECRET,
    service_type: SECRET,
    resource_type: SECRET,
    resource_name: SECRET,
    resource_id: SECRET,
    trace_name: SECRET,
    source_ip: SECRET,
    enterprise_project_id: SECRET,
    request: SECRET,
    trace_rating: SECRET,
    user: { id: SECRET, name: SECRET, access_key_id: SECRET, domain: { id: 'theirs' } },
    trace_id: SECRET,
  };

  beforeAll(async () => {
    search = await SearchApp.open();
    await search.store([homeEvent({ trace_id: 'mine' }), { ...homeEvent(), ...secretEvent }]);
  });
  afterAll(() => search.close());

  const filters = [
    'project_id',
    'service_type',
    'resource_type',
    'resource_name',
    'resource_id',
    'trace_name',
    'trace_rating',
    'user',
    'access_key_id',
    'enterprise_project_id',
    'trace_id',
    'source_ip',
  ].flatMap((name): [Query][] => [[{ [name]: SECRET }], [{ [name]: `${SECRET}*` }], [{ [`-${name}`]: 'x' }]]);

  it.each<[Query]>([...filters, [{ text: SECRET, trace_type: 'system' }], [{}]])('do not meet in %j', async (query) => {
    for (const path of ['', '/stats', '/export']) {
      const { status, text } = await search.get(path, path === '/stats' ? { ...query, field: 'service_type' } : query);
      expect(status).toBe(200);
      expect(text).not.toContain(SECRET);
    }
    const { body } = await search.get('', { ...query, total: 'true' });
    expect(body.total.value).toBeLessThanOrEqual(1);
    // The one whose they are finds them by the same query, so the query can find something.
    const theirs = await search.get('', query, { 'x-domain': 'theirs' });
    expect(theirs.text).toContain(SECRET);
  });

  it('do not meet in statistics, the change feed, or a single read', async () => {
    for (const field of ['service_type', 'resource_type', 'trace_name', 'trace_rating', 'user']) {
      const { body } = await search.get('/stats', { field });
      const counts = (body.buckets as { count: number }[]).reduce((sum, { count }) => sum + count, 0);
      expect([JSON.stringify(body).includes(SECRET), counts]).toEqual([false, 1]);
    }
    const { body } = await search.get('/changes', { after: 'earliest' });
    expect(body.traces.map(({ trace_id }: { trace_id: string }) => trace_id)).toEqual(['mine']);
    expect((await search.get(`/${SECRET}`)).status).toBe(404);
  });

  it('a cursor tells nothing: neither ids nor how much others store', async () => {
    const { body } = await search.get('/changes', { after: 'earliest' });
    const readable = Buffer.from(body.next.split('.')[0], 'base64url').toString('utf8');
    const [version, , , payload] = JSON.parse(readable);
    expect(version).toBe('changes.2');
    expect(payload).toMatch(/^[\w-]+$/);
    expect(Buffer.from(payload, 'base64url').toString('latin1')).not.toMatch(/\[\d+,\[/);
  });

  it.each(['', '/stats', '/export', '/changes', '/x'])('need an operator to look across: %s', async (path) => {
    const query = { domain_id: 'theirs', ...(path === '/stats' ? { field: 'user' } : {}) };
    const refused = await search.get(path, query);
    expect([refused.status, refused.body.error_code]).toEqual([403, 'QST.Forbidden']);
    const unknown = await search.get(path, { ...query, domain_id: 'nowhere' });
    expect(unknown.body.error_msg).toBe(refused.body.error_msg);
    const own = await search.get(path, { ...query, domain_id: HOME });
    expect(own.status).toBe(path === '/x' ? 404 : 200);
  });

  it('show themselves to an operator, one at a time', async () => {
    const { body } = await search.get('', { domain_id: 'theirs' }, { 'x-operator': '1' });
    expect(body.traces.map(({ trace_id }: { trace_id: string }) => trace_id)).toEqual([SECRET]);
    const single = await search.get(`/${SECRET}`, { domain_id: 'theirs' }, { 'x-operator': '1' });
    expect(single.status).toBe(200);
  });
});
