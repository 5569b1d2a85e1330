/** Exports: whole files and how they end, nothing stored later, flat memory, and no transaction held for a slow reader. */
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { dayPartition } from '../../../src/traces/day-partition.js';
import { NativeTracesStore } from '../../../src/traces/native-traces.store.js';
import { RETENTION_SETTINGS } from '../../../src/traces/retention-settings.js';
import { RetentionService } from '../../../src/traces/retention.service.js';
import { until } from '../retention/test-database.js';
import { homeEvent, HOME, type Query, SearchApp } from './app.js';

const NOW = Date.now();
const MANY = 100_000;

describe('GET /v1/traces/export', () => {
  let search: SearchApp;

  beforeAll(async () => {
    search = await SearchApp.open();
    const at = NOW - 60_000;
    await search.store([
      homeEvent({ trace_id: 'one', record_time: at + 3, resource_name: '=SUM(A1)', request: '{"a":"b,c"}' }),
      homeEvent({ trace_id: 'two', record_time: at + 2, resource_name: 'quote " and\r\nline', project_id: '' }),
      homeEvent({ trace_id: 'three', record_time: at + 1, resource_name: '+1', service_type: 'IAM', read_only: null }),
    ]);
    await search.app.listen(0, '127.0.0.1');
  });
  // A test that fails must not leave its spy to the next.
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => search.close());

  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  const open = async (query: Query, headers: Record<string, string> = {}): Promise<IncomingMessage> => {
    const { port } = search.app.getHttpServer().address() as AddressInfo;
    const path = `/v1/traces/export?${new URLSearchParams(query as Record<string, string>).toString()}`;
    return new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', path, headers, agent: false }, resolve).on('error', reject);
    });
  };

  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      search.app.getHttpServer().getConnections((error: Error | null, count: number) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });

  const transactionsOfClients = async (): Promise<number | undefined> => {
    const [row] = await search.ingest.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
         AND xact_start IS NOT NULL`,
    );
    return row?.n;
  };

  it('writes NDJSON that ends with its count', async () => {
    const response = await search.get('/export', {});
    expect(response.headers['content-type']).toContain('application/x-ndjson');
    const rows = lines(response.text).map((line) => JSON.parse(line));
    const listed = await search.get('', {});
    expect(rows).toEqual([...listed.body.traces, { exported: 3 }]);
  });

  it('takes filters, fields and order', async () => {
    const { text } = await search.get('/export', { service_type: 'swr', fields: 'trace_id', order: 'asc' });
    expect(lines(text)).toEqual(['{"trace_id":"two"}', '{"trace_id":"one"}', '{"exported":2}']);
  });

  it('writes CSV that a spreadsheet takes for text only', async () => {
    const { text, headers } = await search.get('/export', {
      format: 'csv',
      fields: 'trace_id,resource_name,request,project_id',
    });
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['content-disposition']).toBe('attachment; filename="traces.csv"');
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'trace_id,resource_name,project_id,request',
      expect.stringMatching(/^one,'=SUM\(A1\),e+,"\{""a"":""b,c""\}"$/),
    ]);
    expect(text).toContain('two,"quote "" and\r\nline",,');
    expect(text).toContain("three,'+1,");
    expect(text.endsWith('\r\n# exported 3,,,\r\n')).toBe(true);
  });

  it('ends with a trailer too', async () => {
    const response = await open({ format: 'csv' });
    response.resume();
    await new Promise((resolve) => response.on('end', resolve));
    expect(response.trailers).toEqual({ 'x-exported-count': '3' });
  });

  it('is recorded as a trace before it begins', async () => {
    await search.ingest.database.query('DELETE FROM trace_outbox');
    await search.get('/export', { trace_name: 'create*', format: 'csv' });
    const rows = await search.ingest.database.query<{ payload: string }>('SELECT payload FROM trace_outbox');
    expect(rows).toHaveLength(1);
    expect(JSON.parse(rows[0]?.payload ?? '')).toMatchObject({
      service_type: 'CTS',
      resource_type: 'trace',
      trace_name: 'exportTrace',
      domain_id: HOME,
      resource_id: HOME,
      read_only: false,
      user: { id: 'user-1', name: 'ann' },
      request: expect.stringContaining('"create"'),
    });
  });

  it('answers an error instead of a file that begins', async () => {
    const broken = jest.spyOn(search.ingest.module.get(NativeTracesStore), 'eachOfPage');
    broken.mockRejectedValueOnce(Object.assign(new Error('canceling statement'), { code: '57014' }));
    const { status, body } = await search.get('/export', {});
    expect([status, body.error_code]).toEqual([503, 'QST.Timeout']);
    expect(body.error_msg).toContain('a shorter time window');
    broken.mockRestore();
    expect((await search.get('/export', { format: 'xml' })).body.error_msg).toContain('must be ndjson or csv');
  });

  it('goes on behind the last row that fitted when rows turn out far larger than those before', async () => {
    const sizes = Array.from({ length: 120 }, (_, n) => (n < 60 ? 10 : 60_000));
    const ids = sizes.map((_, n) => `sized-${String(n).padStart(3, '0')}`);
    await search.store(
      sizes.map((size, n) =>
        homeEvent({ domain_id: 'sized', user: null, trace_id: ids[n], request: 'x'.repeat(size) }),
      ),
    );
    const { text } = await search.get('/export', { order: 'asc', fields: 'trace_id,request' }, { 'x-domain': 'sized' });
    const rows = lines(text).map((line) => JSON.parse(line));
    expect(rows.map((row) => row.trace_id)).toEqual([...ids, undefined]);
    expect(rows.at(-1)).toEqual({ exported: 120 });
    expect(rows.slice(0, -1).map((row) => row.request.length)).toEqual(sizes);
  });

  it('holds no more than what was stored when it began, and no more than is read', async () => {
    for (let stored = 0; stored < MANY; stored += 10_000)
      await search.store(
        Array.from({ length: 10_000 }, (_, n) =>
          homeEvent({ domain_id: 'big', user: null, trace_id: `big-${stored + n}`, record_time: NOW - 100_000 + n }),
        ),
        1,
      );
    search.ingest.logs.clear();
    const response = await open({}, { 'x-domain': 'big' });
    await new Promise((resolve) => response.once('readable', resolve));
    // Later than the rest in the order, and earlier: none of them belongs to what was there.
    await search.ingest.database.query(
      `INSERT INTO traces SELECT (jsonb_populate_record(t, jsonb_build_object('trace_id', 'late', 'seq', 10000000,
         'record_time', t.record_time - interval '1 hour'))).* FROM traces t WHERE trace_id = 'big-0'`,
    );
    globalThis.gc?.();
    const before = process.memoryUsage();
    let [rows, tail, most] = [0, '', 0];
    for await (const chunk of response) {
      const text = tail + String(chunk);
      const parts = text.split('\n');
      tail = parts.pop() ?? '';
      rows += parts.length;
      if (rows % 5_000 < parts.length) most = Math.max(most, process.memoryUsage().rss - before.rss);
      if (parts.at(-1)?.startsWith('{"exported"')) expect(parts.at(-1)).toBe(`{"exported":${String(MANY)}}`);
    }
    expect(rows).toBe(MANY + 1);
    expect(most).toBeLessThan(200 * 1_024 * 1_024);
  }, 180_000);

  it('holds no transaction while nobody reads, and stops when the reader leaves', async () => {
    const page = jest.spyOn(search.ingest.module.get(NativeTracesStore), 'eachOfPage');
    const response = await open({}, { 'x-domain': 'big' });
    response.pause();
    // Buffers fill, then nothing more is asked for.
    let asked = 0;
    let unchanged = 0;
    await until(() => {
      unchanged = asked === page.mock.calls.length ? unchanged + 1 : 0;
      asked = page.mock.calls.length;
      return asked > 0 && unchanged > 15;
    });
    expect(asked).toBeLessThan(60);
    // Of clients only: the server's own workers (vacuum, analyze) have transactions, too. What others of the service ask for
    // in passing ends by itself; what the export held would stay.
    await until(async () => (await transactionsOfClients()) === 0);
    response.destroy();
    await until(async () => (await connections()) === 0);
    expect(page.mock.calls.length).toBeLessThanOrEqual(asked + 1);
  }, 60_000);

  it('breaks off without its last line when the rest cannot be read', async () => {
    const page = jest.spyOn(search.ingest.module.get(NativeTracesStore), 'eachOfPage');
    const response = await open({}, { 'x-domain': 'big' });
    page.mockRejectedValue(new Error('connection terminated'));
    const received: string[] = [];
    const outcome = await new Promise((resolve) => {
      response.on('data', (chunk) => received.push(String(chunk)));
      response.on('end', () => resolve('whole')).on('error', () => resolve('cut off'));
    });
    expect(outcome).toBe('cut off');
    expect(received.join('')).not.toContain('"exported"');
  });

  it('breaks off without its last line when a day of its window leaves before it is told', async () => {
    const { module } = search.ingest;
    const oldAt = dayPartition('traces', NOW - 5 * DAY_MS).fromMs;
    const event = (at: number, n: number) =>
      homeEvent({ domain_id: 'leaving', user: null, trace_id: `leaving-${String(n)}`, record_time: at + n });
    await search.store(Array.from({ length: 120 }, (_, n) => event(n < 60 ? oldAt : NOW - 60_000, n)));
    const { text: whole } = await search.get('/export', {}, { 'x-domain': 'leaving' });
    expect(lines(whole).at(-1)).toBe('{"exported":120}');

    const store = module.get(NativeTracesStore);
    const page = jest.spyOn(store, 'eachOfPage');
    page.mockImplementationOnce(async (...asked) => {
      await store.eachOfPage(...asked);
      const settings = module.get<{ retentionDays: number }>(RETENTION_SETTINGS);
      const kept = settings.retentionDays;
      Object.assign(settings, { retentionDays: 3 });
      await module.get(RetentionService).run('command');
      Object.assign(settings, { retentionDays: kept });
    });
    const response = await open({}, { 'x-domain': 'leaving' });
    const received: string[] = [];
    const outcome = await new Promise((resolve) => {
      response.on('data', (chunk) => received.push(String(chunk)));
      response.on('end', () => resolve('whole')).on('error', () => resolve('cut off'));
    });
    expect(received.join('')).not.toContain('"exported"');
    expect(outcome).toBe('cut off');
    // One that begins later never knew of that day.
    const { text: rest } = await search.get('/export', { from: String(NOW - DAY_MS) }, { 'x-domain': 'leaving' });
    expect(lines(rest).at(-1)).toBe('{"exported":60}');
  });
});
