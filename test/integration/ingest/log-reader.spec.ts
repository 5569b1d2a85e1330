import { event, DOMAIN, Ingest } from './harness.js';

describe('reading a log into the trace table', () => {
  let ingest: Ingest;

  beforeAll(async () => {
    ingest = await Ingest.open();
  });
  afterAll(async () => {
    await ingest.close();
  });
  beforeEach(async () => {
    await ingest.reset();
  });

  const total = async () => (await ingest.coverage()).total;

  it('stores each trace once, however often and in whatever shape it is delivered', async () => {
    const first = event();
    const second = event({
      user: JSON.stringify({ id: 'u1', name: 'lin', domain: { id: DOMAIN, name: 'acme' } }),
      code: 201,
    });
    const third = event();
    ingest.log().append(first, second, first);
    await ingest.consume();
    ingest.log().append(second, third, {
      ...second,
      code: '201',
      user: { id: 'u1', name: 'lin', domain: { id: DOMAIN, name: 'acme' } },
    });
    await ingest.consume(0, 3n);
    expect(await ingest.traceIds()).toEqual([first.trace_id, second.trace_id, third.trace_id]);
    expect(await total()).toMatchObject({
      offsets: '6',
      stored: '3',
      duplicate: '3',
      dead_lettered: '0',
      balanced: true,
    });
  });

  it('numbers the traces of a log without gaps, in the order of their offsets', async () => {
    const known = event();
    ingest.log().append(known);
    await ingest.consume();
    const fresh = Array.from({ length: 5 }, () => event());
    ingest.log().append(...fresh.flatMap((each) => [each, known]));
    await ingest.consume(0, 1n);
    const rows = await ingest.database.query<{ seq: string; trace_id: string }>(
      'SELECT seq, trace_id FROM traces ORDER BY seq',
    );
    expect(rows.map(({ seq }) => seq)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(rows.slice(1).map(({ trace_id }) => trace_id)).toEqual(fresh.map(({ trace_id }) => trace_id));
  });

  it('takes one id at another time or of another domain for another trace, also within one batch', async () => {
    const [first, other] = [event(), 'f'.repeat(32)];
    const traces = [first, { ...first, record_time: Number(first['record_time']) + 1 }, { ...first, domain_id: other }];
    ingest.log().append(...traces, ...traces);
    await ingest.consume();
    expect((await ingest.coverage()).total).toMatchObject({
      offsets: '6',
      stored: '3',
      duplicate: '3',
      balanced: true,
    });
  });

  it('dead-letters a trace that has the key of another, naming both contents', async () => {
    const original = event();
    ingest.log().append(original, { ...original, resource_name: 'other' });
    await ingest.consume();
    ingest.log().append({ ...original, resource_name: 'third' });
    await ingest.consume(0, 2n);
    const rows = await ingest.database.query<{ detail: string; offset: string }>(
      `SELECT detail, "offset" FROM dead_letters ORDER BY "offset"`,
    );
    expect(rows.map(({ offset }) => offset)).toEqual(['1', '2']);
    for (const { detail } of rows) expect(detail).toMatch(/stored content [0-9a-f]{64}, received [0-9a-f]{64}/);
    expect(await total()).toMatchObject({
      stored: '1',
      dead_lettered: '2',
      by_reason: { conflict: '2' },
      balanced: true,
    });
  });

  it('keeps what it refuses, with its bytes, and goes on', async () => {
    const good = event();
    ingest
      .log()
      .append(
        '{"half',
        event({ domain_id: '', user: null }),
        event({ record_time: Date.now() - 8 * 86_400_000 }),
        good,
        null,
      );
    await ingest.consume();
    const rows = await ingest.database.query<{ reason: string; value: Buffer; size: number }>(
      `SELECT reason, value, size FROM dead_letters ORDER BY "offset"`,
    );
    expect(rows.map(({ reason }) => reason)).toEqual(['not_json', 'no_domain', 'expired', 'not_json']);
    expect(rows[0]?.value.toString()).toBe('{"half');
    expect(await ingest.traceIds()).toEqual([good.trace_id]);
    expect(await total()).toMatchObject({ stored: '1', dead_lettered: '4', balanced: true });
  });

  it('keeps 64 KiB of a record that is too large, with its whole size', async () => {
    ingest.log().append('x'.repeat(300 * 1024));
    await ingest.consume();
    const [row] = await ingest.database.query<{ reason: string; kept: number; size: number }>(
      'SELECT reason, octet_length(value) AS kept, size FROM dead_letters',
    );
    expect(row).toEqual({ reason: 'too_large', kept: 65_536, size: 307_200 });
  });

  it('finds the one row that the database refuses and stores the rest', async () => {
    const good = Array.from({ length: 20 }, () => event());
    await ingest.database.query(`ALTER TABLE traces ADD CONSTRAINT no_poison CHECK (trace_name <> 'poison')`);
    ingest
      .log()
      .append(
        ...good.slice(0, 7),
        event({ trace_name: 'poison' }),
        ...good.slice(7),
        event({ trace_name: 'poison' }),
        good[3] ?? '',
      );
    await ingest.consume();
    expect(await ingest.traceIds()).toEqual(good.map(({ trace_id }) => trace_id));
    expect(await total()).toMatchObject({
      stored: '20',
      duplicate: '1',
      dead_lettered: '2',
      by_reason: { rejected_by_store: '2' },
      balanced: true,
    });
    const rows = await ingest.database.query<{ seq: string }>('SELECT seq FROM traces ORDER BY seq');
    expect(rows.map(({ seq }) => Number(seq))).toEqual(good.map((_, index) => index + 1));
  });

  it('accounts for offsets that never were records and for those evicted before they were read', async () => {
    const log = ingest.log().append(event(), event()).skip().append(event());
    await ingest.consume();
    log.append(event(), event(), event()).skip(2).append(event()).evictBelow(6n);
    await ingest.consume(0, 4n);
    expect(await total()).toMatchObject({ offsets: '10', stored: '5', absent: '3', evicted: '2', balanced: true });
    const gaps = await ingest.database.query(
      'SELECT from_offset, to_offset, kind FROM ingest_gaps ORDER BY from_offset',
    );
    expect(gaps).toEqual([
      { from_offset: '2', to_offset: '3', kind: 'absent' },
      { from_offset: '4', to_offset: '6', kind: 'evicted' },
      { from_offset: '7', to_offset: '9', kind: 'absent' },
    ]);
  });

  it('begins a new incarnation when the log was replaced, and stores nothing twice', async () => {
    const traces = Array.from({ length: 4 }, () => event());
    ingest.log().append(...traces);
    await ingest.consume();
    ingest.reader.assigned();
    const again = ingest.replaceLog();
    for (const trace of traces) again.add(trace, {}, 2_000);
    again.add(event(), {}, 2_000);
    await ingest.consume();
    const { logs, total: all } = await ingest.coverage();
    expect(
      logs.map(({ incarnation, current, stored, duplicate }) => ({ incarnation, current, stored, duplicate })),
    ).toEqual([
      { incarnation: 1, current: false, stored: '4', duplicate: '0' },
      { incarnation: 2, current: true, stored: '1', duplicate: '4' },
    ]);
    expect(all.balanced).toBe(true);
  });

  it('recognises a replaced log that is shorter, and one that grew as long in the meantime', async () => {
    ingest.log().append(event(), event(), event());
    await ingest.consume();
    ingest.reader.assigned();
    ingest.replaceLog().append(event());
    await ingest.consume();
    ingest.reader.assigned();
    ingest.replaceLog().append(event(), event(), event(), event());
    await ingest.consume();
    const { logs, total: all } = await ingest.coverage();
    expect(logs.map(({ incarnation, stored }) => [incarnation, stored])).toEqual([
      [1, '3'],
      [2, '1'],
      [3, '4'],
    ]);
    expect(all).toMatchObject({ stored: '8', balanced: true });
  });

  it('goes on where it stood when the log is the same, wherever the consumer starts', async () => {
    const traces = Array.from({ length: 6 }, () => event());
    ingest.log().append(...traces.slice(0, 3));
    await ingest.consume();
    ingest.log().append(...traces.slice(3));
    for (const start of [0n, 2n, 3n, 5n]) {
      ingest.reader.assigned();
      await ingest.consume(0, start);
    }
    expect(await ingest.traceIds()).toEqual(traces.map(({ trace_id }) => trace_id));
    expect(await total()).toMatchObject({ offsets: '6', stored: '6', duplicate: '0', balanced: true });
    expect((await ingest.coverage()).logs).toHaveLength(1);
  });

  it('reads the missing stretch again when the database is older than the committed offset', async () => {
    ingest.log().append(event(), event(), event());
    await ingest.consume(0, 2n);
    expect(await total()).toMatchObject({ offsets: '3', stored: '3', balanced: true });
  });

  it('counts, and does not store, what a domain or a project does not want recorded', async () => {
    await ingest.database.query('INSERT INTO trace_recording (domain_id, enabled) VALUES ($1, false)', ['quiet']);
    await ingest.database.query(`INSERT INTO trace_configurations VALUES ($1, 'p1', true, false, '{IAM}')`, [DOMAIN]);
    const kept = [
      event({ project_id: 'p1', read_only: false }),
      event({ project_id: 'p1', read_only: true, service_type: 'iam' }),
      event({ project_id: 'p2', read_only: true }),
    ];
    ingest.log().append(...kept, event({ domain_id: 'quiet' }), event({ project_id: 'p1', read_only: true }));
    await ingest.consume();
    expect(await ingest.traceIds()).toEqual(kept.map(({ trace_id }) => trace_id));
    expect(await total()).toMatchObject({ stored: '3', filtered: '2', balanced: true });
  });

  it('keeps hourly counts and the names seen', async () => {
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
    const at = (minute: number, user: string) =>
      event({ record_time: hour + minute * 60_000, user: { name: user, domain: { id: DOMAIN } } });
    const repeated = at(1, 'early');
    ingest.log().append(repeated, at(2, 'early'), repeated);
    await ingest.consume();
    ingest.log().append(at(59, 'early'), at(60, 'later'));
    await ingest.consume(0, 3n);
    const rollups = await ingest.database.query('SELECT hour, traces FROM trace_rollups ORDER BY hour');
    expect(rollups).toEqual([
      { hour: new Date(hour), traces: '3' },
      { hour: new Date(hour + 3_600_000), traces: '1' },
    ]);
    const actors = await ingest.database.query('SELECT user_name FROM actors ORDER BY user_name');
    expect(actors).toEqual([{ user_name: 'early' }, { user_name: 'later' }]);
  });
});
