/** The change feed: three logs written at once and one follower, new incarnations, waiting, and cursors that are too old. */
import { DAY_MS } from '../../../src/kernel/clock.js';
import { CLOCK } from '../../../src/platform/tokens.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { RetentionService } from '../../../src/traces/retention.service.js';
import { RETENTION_SETTINGS } from '../../../src/traces/retention-settings.js';
import { TraceChangesStore } from '../../../src/traces/trace-changes.store.js';
import { ChangePoller } from '../../../src/traces/trace-changes.poller.js';
import { until } from '../retention/test-database.js';
import { homeEvent, SearchApp } from './app.js';

const NOW = Date.now();

describe('GET /v1/traces/changes', () => {
  let search: SearchApp;
  const clock = { now: () => Date.now() };

  beforeAll(async () => {
    search = await SearchApp.open();
    jest.spyOn(search.ingest.module.get<typeof clock>(CLOCK), 'now').mockImplementation(() => clock.now());
  });
  afterAll(() => search.close());
  beforeEach(async () => {
    clock.now = () => Date.now();
    await search.ingest.reset();
  });

  const changes = async (query: Record<string, string>): Promise<{ ids: string[]; next: string }> => {
    const { status, body } = await search.get('/changes', query);
    if (status !== 200) throw new Error(`${String(status)} ${JSON.stringify(body)}`);
    return { ids: body.traces.map(({ trace_id }: { trace_id: string }) => trace_id), next: body.next };
  };
  const follow = async (from: string, limit: string): Promise<{ ids: string[]; next: string }> => {
    const all: string[] = [];
    let after = from;
    for (;;) {
      const { ids, next } = await changes({ after, limit });
      after = next;
      if (ids.length === 0) return { ids: all, next };
      all.push(...ids);
    }
  };
  const events = (count: number, prefix: string, overrides = {}): Record<string, unknown>[] =>
    Array.from({ length: count }, (_, n) => homeEvent({ trace_id: `${prefix}-${n}`, ...overrides }));
  const idsOf = (stored: readonly Record<string, unknown>[]): string[] =>
    stored.map(({ trace_id }) => String(trace_id));

  it('tells each trace once while three logs are written and one is replaced', async () => {
    const all: Record<string, unknown>[] = [];
    const produce = async (partition: number): Promise<void> => {
      for (let batch = 0; batch < 12; batch++) {
        const mine = events(7, `${partition}-${batch}`, batch % 4 === 0 ? { record_time: NOW - 6 * DAY_MS } : {});
        const foreign = events(5, `foreign-${partition}-${batch}`, { domain_id: 'other' });
        all.push(...mine);
        if (partition === 2 && batch === 6) search.ingest.replaceLog(2);
        await search.store([...foreign, ...mine], partition);
      }
    };
    let done = false;
    const producing = Promise.all([0, 1, 2].map(produce)).then(() => (done = true));
    const seen: string[] = [];
    let after = 'earliest';
    for (;;) {
      // What is asked for after the last batch is stored ends the feed when it finds nothing.
      const last = done;
      const { ids, next } = await changes({ after, limit: '10' });
      seen.push(...ids);
      after = next;
      if (last && ids.length === 0) break;
    }
    await producing;
    expect(seen).toHaveLength(all.length);
    expect(seen.toSorted()).toEqual(idsOf(all).toSorted());
    for (const partition of ['0', '1']) {
      const own = seen.filter((id) => id.startsWith(partition));
      expect(own).toEqual(idsOf(all).filter((id) => id.startsWith(partition)));
    }
  });

  it('tells each once with fewer places than logs', async () => {
    const stored = [0, 1, 2].map((partition) => events(3, `log-${partition}`));
    for (const [partition, mine] of stored.entries()) await search.store(mine, partition);
    const { ids } = await follow('earliest', '1');
    expect(ids.toSorted()).toEqual(stored.flatMap(idsOf).toSorted());
  });

  it('tells of a log that appears later from its beginning, and of a closed one no more', async () => {
    await search.store(events(2, 'first'));
    const { ids, next } = await follow('earliest', '100');
    expect(ids).toHaveLength(2);
    search.ingest.replaceLog(0);
    search.ingest.reader.assigned();
    await search.store(events(3, 'second'));
    const then = await follow(next, '100');
    expect(then.ids).toEqual(['second-0', 'second-1', 'second-2']);
    expect((await follow(then.next, '100')).ids).toEqual([]);
  });

  it('begins at the latest with what comes next', async () => {
    await search.store(events(2, 'before'));
    const { ids, next } = await changes({ after: 'latest' });
    expect(ids).toEqual([]);
    await search.store(events(2, 'after'));
    expect((await changes({ after: next })).ids).toEqual(['after-0', 'after-1']);
  });

  it('waits for a trace of the domain, not for those of others', async () => {
    const { next } = await changes({ after: 'latest' });
    let answered = false;
    const waits = jest.spyOn(search.ingest.module.get(ChangePoller), 'wait');
    const looks = jest.spyOn(search.ingest.module.get(TraceChangesStore), 'moved');
    const waiting = changes({ after: next, wait: '30' }).then((answer) => ((answered = true), answer));
    await until(() => waits.mock.calls.length > 0);
    await search.store(events(3, 'foreign', { domain_id: 'other' }));
    await until(() => looks.mock.results.length > 0);
    await looks.mock.results[0]?.value;
    expect(answered).toBe(false);
    await search.store(events(1, 'mine'), 1);
    expect((await waiting).ids).toEqual(['mine-0']);
  });

  it('answers with nothing when the wait is over', async () => {
    const { next } = await changes({ after: 'latest' });
    const { ids, next: then } = await changes({ after: next, wait: '1' });
    expect(ids).toEqual([]);
    await search.store(events(1, 'later'));
    expect((await changes({ after: then })).ids).toEqual(['later-0']);
  });

  it('answers 410 to a cursor older than what is kept, and to one ahead of it', async () => {
    const { next } = await changes({ after: 'latest' });
    clock.now = () => Date.now() + 8 * DAY_MS;
    const old = await search.get('/changes', { after: next });
    expect([old.status, old.body.error_code]).toEqual([410, 'QST.CursorGone']);
    clock.now = () => Date.now();
    await search.store(events(5, 'x'));
    const { next: ahead } = await changes({ after: 'latest' });
    await search.ingest.database.query('UPDATE ingest_logs SET next_seq = 2');
    expect((await search.get('/changes', { after: ahead })).status).toBe(410);
  });

  describe('when a day leaves', () => {
    /** Days kept by a retention run that drops yesterday, as if a day had passed. */
    const oneDayKept = { retentionDays: 1 };
    const late = { record_time: Date.now() - 3 * DAY_MS };
    const dropOldDays = async (): Promise<void> => {
      const { module } = search.ingest;
      const settings = module.get<{ retentionDays: number }>(RETENTION_SETTINGS);
      const kept = settings.retentionDays;
      Object.assign(settings, oneDayKept);
      const result = await module.get(RetentionService).run('command');
      Object.assign(settings, { retentionDays: kept });
      expect(result?.problems).toEqual([]);
      await module.get(DayPartitions).ensure(Date.now() - 7 * DAY_MS, Date.now());
    };

    it('tells a follower with 410 that a trace left before it asked', async () => {
      await search.store(events(2, 'seen'));
      const { next } = await follow('earliest', '100');
      await search.store([...events(1, 'late', late), ...events(1, 'foreign', { ...late, domain_id: 'other' })]);
      await search.store(events(1, 'new'));
      await dropOldDays();
      const { status, body } = await search.get('/changes', { after: next });
      expect([status, body.error_code]).toEqual([410, 'QST.CursorGone']);
      expect(JSON.stringify(body)).toContain('left before it was asked for');
      expect((await follow('earliest', '1')).ids).toEqual(['seen-0', 'seen-1', 'new-0']);
    });

    it('says nothing of traces that the follower has passed, nor of those of other domains', async () => {
      await search.store([...events(2, 'seen'), ...events(1, 'late', late)]);
      const { ids, next } = await follow('earliest', '100');
      expect(ids).toHaveLength(3);
      await search.store(events(1, 'foreign', { ...late, domain_id: 'other' }));
      await search.store(events(1, 'new'));
      await dropOldDays();
      const { ids: then, next: last } = await follow(next, '100');
      expect(then).toEqual(['new-0']);
      expect((await follow(last, '100')).ids).toEqual([]);
    });

    it('remembers it of a log that is closed', async () => {
      await search.store(events(1, 'seen'));
      const { next: behind } = await follow('earliest', '100');
      await search.store(events(1, 'late', late));
      const { next: whole } = await follow(behind, '100');
      search.ingest.replaceLog(0);
      search.ingest.reader.assigned();
      await search.store(events(1, 'new'));
      await dropOldDays();
      expect((await search.get('/changes', { after: behind })).status).toBe(410);
      expect((await follow(whole, '100')).ids).toEqual(['new-0']);
    });

    it('tells what aged while a follower read its backlog', async () => {
      await search.store(events(3, 'old', { record_time: Date.now() - 7 * DAY_MS + 5_000 }));
      const { ids, next } = await changes({ after: 'earliest', limit: '1' });
      expect(ids).toEqual(['old-0']);
      clock.now = () => Date.now() + 60_000;
      const second = await changes({ after: next, limit: '1' });
      expect(second.ids).toEqual(['old-1']);
      expect((await changes({ after: second.next, limit: '1' })).ids).toEqual(['old-2']);
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ wait: '31' }, 'must be an integer from 0 to 30'],
    [{ limit: '0' }, 'must be an integer from 1 to 1000'],
    [{ aftre: 'x' }, 'did you mean after?'],
  ])('refuses %j', async (query, message) => {
    const { status, body } = await search.get('/changes', query);
    expect(status).toBe(400);
    expect(body.error_msg).toContain(message);
  });

  it('lets go of those who wait when the service stops', async () => {
    const own = await SearchApp.open();
    const waiting = own.get('/changes', { after: 'latest', wait: '30' });
    let answered = false;
    void waiting.then(() => (answered = true));
    const poller = own.ingest.module.get(ChangePoller);
    const wait = jest.spyOn(poller, 'wait');
    await until(() => wait.mock.calls.length > 0);
    poller.onModuleDestroy();
    expect((await waiting).status).toBe(200);
    expect(answered).toBe(true);
    await own.close();
  });
});
