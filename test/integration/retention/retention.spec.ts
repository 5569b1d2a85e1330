import { Logger } from '@nestjs/common';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { Metrics } from '../../../src/platform/metrics/metrics.js';
import { DAY_PARTITIONED_TABLES, dayPartition, startOfDay } from '../../../src/traces/day-partition.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { RetentionMetrics } from '../../../src/traces/retention.metrics.js';
import { RetentionService } from '../../../src/traces/retention.service.js';
import { RetentionStore } from '../../../src/traces/retention.store.js';
import { RetentionTraces } from '../../../src/traces/retention-traces.service.js';
import { TraceOutboxStore } from '../../../src/traces/trace-outbox.store.js';
import { TraceRecorder } from '../../../src/traces/trace-recorder.service.js';
import { insertTraces, traceRow } from './rows.js';
import { openTestDatabase, type OpenDatabase, until } from './test-database.js';

const RETRY = { attempts: 2, lockTimeoutMs: 150, firstPauseMs: 10 };
const OWNER = { domainId: 'operator', projectId: 'op-project' };

describe('RetentionService', () => {
  let db: OpenDatabase;
  let partitions: DayPartitions;
  let store: RetentionStore;
  let metrics: Metrics;
  let now: number;

  /** A service of its own process: nothing remembered. */
  const service = (retentionDays = 7, owner: typeof OWNER | null = OWNER) => {
    const recorder = new TraceRecorder(new TraceOutboxStore(db.database));
    const traces = new RetentionTraces(recorder, () => Promise.resolve(owner));
    metrics = new Metrics();
    return new RetentionService(
      { retentionDays, lockRetry: RETRY },
      db.database,
      new DayPartitions(db.database),
      store,
      traces,
      new RetentionMetrics(metrics),
    );
  };
  const states = async () =>
    Object.fromEntries((await partitions.list()).map(({ name, state }) => [name, state] as const));
  const ago = (days: number) => now - days * DAY_MS;
  const tracesDay = (days: number) => dayPartition('traces', ago(days));
  const outbox = async () =>
    (await db.database.query<{ payload: string }>('SELECT payload FROM trace_outbox ORDER BY created_at')).map(
      ({ payload }) => JSON.parse(payload) as Record<string, unknown>,
    );

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(async () => {
    db = await openTestDatabase();
    partitions = new DayPartitions(db.database);
    store = new RetentionStore(db.database);
    now = await store.now();
    await partitions.ensure(ago(10), ago(6));
    await insertTraces(
      db.database,
      [10, 10, 9, 7, 6].map((days) => traceRow({ recordTime: ago(days), log: 99 })),
    );
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await db.close();
  });

  it('drops the days that ended before the window in all tables, counts their rows, and makes the days ahead', async () => {
    const result = await service().run('schedule');
    expect(result?.problems).toEqual([]);
    const windowDay = startOfDay(ago(7));
    const traces = result?.dropped.filter(({ partition }) => partition.startsWith('traces_')) ?? [];
    expect(traces).toEqual([
      { partition: tracesDay(10).name, from: startOfDay(ago(10)), to: startOfDay(ago(9)), rows: 2 },
      { partition: tracesDay(9).name, from: startOfDay(ago(9)), to: startOfDay(ago(8)), rows: 1 },
      { partition: tracesDay(8).name, from: startOfDay(ago(8)), to: startOfDay(ago(7)), rows: 0 },
    ]);
    expect(result?.dropped).toHaveLength(3 * DAY_PARTITIONED_TABLES.length);
    const left = await partitions.list();
    expect(left[0]?.fromMs).toBe(windowDay);
    expect(left.at(-1)?.fromMs).toBe(startOfDay(now + 2 * DAY_MS));
    expect(left).toHaveLength(10 * DAY_PARTITIONED_TABLES.length);
    expect(result?.created).toContainEqual({
      partition: dayPartition('traces', now).name,
      from: startOfDay(now),
      to: startOfDay(now) + DAY_MS,
      rows: 0,
    });
    expect(await db.database.query('SELECT trace_id FROM traces')).toHaveLength(2);
  });

  it('never deletes traces row by row', async () => {
    await db.database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'DELETE'; END$$`,
    );
    await db.database.query('CREATE TRIGGER refuse BEFORE DELETE ON traces FOR EACH ROW EXECUTE FUNCTION refuse()');
    const result = await service().run('schedule');
    expect(result?.problems).toEqual([]);
    expect(result?.dropped).not.toHaveLength(0);
  });

  it('records the run and its trace, both or neither', async () => {
    const result = await service().run('schedule');
    const [run] = await store.runs(10);
    expect(run).toMatchObject({ trigger: 'schedule', retentionDays: 7, error: null });
    expect(run?.finishedAt).toBeGreaterThanOrEqual(run?.startedAt ?? Infinity);
    expect(run?.dropped).toEqual(result?.dropped);
    expect(run?.created).toEqual(result?.created);
    const [trace, ...more] = await outbox();
    expect(more).toEqual([]);
    expect(trace).toMatchObject({
      trace_name: 'retentionRun',
      trace_type: 'SystemAction',
      trace_rating: 'normal',
      service_type: 'CTS',
      resource_type: 'trace',
      domain_id: 'operator',
      project_id: 'op-project',
      resource_id: run?.id,
    });
    expect(JSON.parse(String(trace?.response))).toMatchObject({ dropped: result?.dropped, created: result?.created });
  });

  it('leaves no trace of a scheduled run that had nothing to drop, but of a run by command', async () => {
    await service().run('schedule');
    await db.database.query('DELETE FROM trace_outbox');
    const again = await service().run('schedule');
    expect(again).toMatchObject({ dropped: [], created: [], problems: [] });
    expect(await outbox()).toEqual([]);
    await service().run('command');
    expect(await outbox()).toHaveLength(1);
    expect(await store.runs(10)).toHaveLength(3);
  });

  it('runs before there is an operator domain, and records no trace then', async () => {
    expect((await service(7, null).run('schedule'))?.problems).toEqual([]);
    expect(await outbox()).toEqual([]);
  });

  it('changes nothing in a dry run and tells the same as the run after it', async () => {
    const before = await states();
    const dry = await service().dryRun();
    expect(await states()).toEqual(before);
    expect(await store.runs(10)).toEqual([]);
    expect(dry.dropped).toHaveLength(9);
    const run = await service().run('command');
    expect(dry.dropped).toEqual(run?.dropped);
    expect([...dry.created].map(({ partition }) => partition).sort()).toEqual(
      run?.created.map(({ partition }) => partition).sort(),
    );
  });

  it('tells what a run at a later instant would drop', async () => {
    const before = await states();
    const now = await service().dryRun();
    const tomorrow = await service().dryRun({ atMs: now.atMs + DAY_MS });
    expect(tomorrow.windowFromMs).toBe(now.windowFromMs + DAY_MS);
    const names = (run: typeof now) => run.dropped.map(({ partition }) => partition);
    expect(names(tomorrow)).toEqual(expect.arrayContaining(names(now)));
    const further = tomorrow.dropped.filter(({ partition }) => !names(now).includes(partition));
    expect(further.map(({ to }) => to > now.windowFromMs && to <= tomorrow.windowFromMs)).toEqual(
      further.map(() => true),
    );
    expect(further.length).toBeGreaterThan(0);
    expect(await states()).toEqual(before);
  });

  it('finishes what a crash between detach and drop left, and tells of the run that died', async () => {
    const { id } = { id: await store.start('schedule', 7) };
    await partitions.detach(tracesDay(10));
    const result = await service().run('schedule');
    expect(result?.dropped[0]).toMatchObject({ partition: tracesDay(10).name, rows: 2 });
    const dead = (await store.runs(10)).find((run) => run.id === id);
    expect(dead).toMatchObject({ error: 'interrupted', dropped: [] });
    expect(dead?.finishedAt).not.toBeNull();
    expect((await outbox()).map(({ trace_rating }) => trace_rating).sort()).toEqual(['normal', 'warning']);
  });

  it('knows of each drop whose run died right after it', async () => {
    const retention = service();
    const crash = new Error('killed');
    jest.spyOn(store, 'finish').mockRejectedValueOnce(crash);
    await expect(retention.run('schedule')).rejects.toBe(crash);
    expect((await states())[tracesDay(10).name]).toBeUndefined();
    await service().run('schedule');
    const dead = (await store.runs(10)).find(({ error }) => error === 'interrupted');
    expect(dead?.dropped).toContainEqual(expect.objectContaining({ partition: tracesDay(10).name, rows: 2 }));
    const traces = await outbox();
    expect(traces.map(({ resource_id }) => resource_id)).toContain(dead?.id);
  });

  it('finishes a day that was left half detached', async () => {
    const reader = await db.client();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM traces');
    await partitions.detach(tracesDay(9), RETRY).catch(() => undefined);
    expect((await states())[tracesDay(9).name]).toBe('detaching');
    await reader.query('COMMIT');
    const result = await service().run('schedule');
    expect(result?.problems).toEqual([]);
    expect(result?.dropped[0]).toMatchObject({ partition: tracesDay(9).name, rows: 1 });
  });

  it('gives up on a day that a reader holds, does all the others, and drops it at the next run', async () => {
    const reader = await db.client();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM traces');
    const first = await service().run('schedule');
    expect(first?.problems.some((problem) => problem.includes(tracesDay(10).name))).toBe(true);
    expect(first?.dropped.map(({ partition }) => partition)).toContain(dayPartition('dead_letters', ago(10)).name);
    expect((await store.runs(1))[0]?.error).toContain('lock timeout');
    expect(await metrics.text()).toContain('quaestor_retention_runs_total{outcome="incomplete"} 1');
    await reader.query('COMMIT');
    const second = await service().run('schedule');
    expect(second?.problems).toEqual([]);
    expect(second?.dropped.map(({ partition }) => partition)).toContain(tracesDay(10).name);
    expect(await metrics.text()).toContain('quaestor_retention_rows_dropped_total{table="traces"} 3');
  });

  it('is held back by no reader of the kept days after its transaction', async () => {
    const reader = await db.client();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM traces');
    const tries = jest.spyOn(db.database, 'withConnection');
    const run = service().run('schedule');
    await until(() => tries.mock.calls.length >= 2);
    await reader.query('COMMIT');
    expect((await run)?.problems).toEqual([]);
  });

  it('stops between two days when told to, and catches up at the next run', async () => {
    const abort = new AbortController();
    jest.spyOn(store, 'addDropped').mockImplementationOnce(async () => {
      abort.abort(new Error('stopping'));
    });
    const stopped = await service().run('schedule', abort.signal);
    expect(stopped?.dropped).toHaveLength(1);
    expect((await store.runs(1))[0]?.finishedAt).not.toBeNull();
    const next = await service().run('schedule');
    expect(next?.dropped).toHaveLength(8);
    expect(next?.problems).toEqual([]);
  });

  it('says what lowering the retention will drop before it does, and raising it keeps longer', async () => {
    await service(30).run('schedule');
    expect(Object.keys(await states())).toContain(tracesDay(10).name);
    const said: string[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((message: string) => {
      said.push(message);
    });
    const attached: string[] = [];
    jest.spyOn(DayPartitions.prototype, 'detach').mockImplementationOnce(async () => {
      attached.push(...Object.keys(await states()));
    });
    await service(8).run('schedule');
    expect(said[0]).toMatch(/lowered from 30 to 8/);
    expect(said[0]).toContain(tracesDay(10).name);
    expect(said[0]).not.toContain(tracesDay(8).name);
    expect(attached).toContain(tracesDay(10).name);
    said.length = 0;
    const raised = await service(9).run('schedule');
    expect(said).toEqual([]);
    expect(raised?.created).toHaveLength(DAY_PARTITIONED_TABLES.length);
  });

  it('lets one of two runs through', async () => {
    const results = await Promise.all([service().run('schedule'), service().run('command')]);
    expect(results.filter((result) => result === null)).toHaveLength(1);
    expect(await store.runs(10)).toHaveLength(1);
    expect((await service().run('schedule'))?.problems).toEqual([]);
  });

  it('deletes names not seen for 30 days, old runs, and old logs without traces', async () => {
    await db.database.query(
      `INSERT INTO actors VALUES ('d', 'gone', now() - interval '31 days'), ('d', 'here', now() - interval '29 days')`,
    );
    await db.database.query(
      `INSERT INTO retention_runs (started_at, finished_at, trigger, retention_days)
       VALUES (now() - interval '401 days', now(), 'schedule', 7), (now() - interval '399 days', now(), 'schedule', 7)`,
    );
    await db.database.query(
      `INSERT INTO ingest_logs (topic, "partition", incarnation, current, first_offset, next_offset, high_watermark, updated_at)
       VALUES ('t', 0, 1, false, 0, 0, 0, now() - interval '8 days'), ('t', 0, 2, false, 0, 0, 0, now() - interval '8 days'),
              ('t', 0, 3, false, 0, 0, 0, now() - interval '6 days'), ('t', 0, 4, true, 0, 0, 0, now() - interval '9 days')`,
    );
    const logs = await db.database.query<{ log: number; incarnation: number }>(
      'SELECT log, incarnation FROM ingest_logs',
    );
    const logOf = (incarnation: number) => logs.find((row) => row.incarnation === incarnation)?.log ?? NaN;
    await insertTraces(db.database, [
      traceRow({ recordTime: ago(6), log: logOf(2) }),
      // Leaves with its day in this very run, so it does not keep its log.
      traceRow({ recordTime: ago(10), log: logOf(1) }),
    ]);
    const result = await service().run('schedule');
    expect(result?.problems).toEqual([]);
    expect(await db.database.query('SELECT user_name FROM actors')).toEqual([{ user_name: 'here' }]);
    expect(await store.runs(10)).toHaveLength(2);
    expect(
      (await db.database.query<{ incarnation: number }>('SELECT incarnation FROM ingest_logs ORDER BY 1')).map(
        ({ incarnation }) => incarnation,
      ),
    ).toEqual([2, 3, 4]);
  });
});
