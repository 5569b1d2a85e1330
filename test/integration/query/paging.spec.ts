/** ListTraces against a naive model of it: random rows with equal record times, random filters, random page sizes. */
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import { uuidV1Time } from '../../../src/kernel/ids.js';
import { decodeRepositoryName } from '../../../src/kernel/repository-name.js';
import { listTracesQuery } from '../../../src/traces/cts-traces.dto.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { TraceQueryService } from '../../../src/traces/trace-query.service.js';
import { TraceQueryStore } from '../../../src/traces/trace-query.store.js';
import { insertTraces, type TraceRow, traceRow } from '../retention/rows.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';

const NOW = Date.UTC(2026, 2, 10, 0, 0, 0, 500);
const OWNER = { domainId: 'domain-1', projectId: 'project-1' };

interface Case {
  readonly rows: readonly TraceRow[];
  readonly query: Readonly<Record<string, string>>;
}

/** Few distinct values each, so that equal times, equal ids and filters that match are frequent. */
const rowArbitrary: fc.Arbitrary<TraceRow> = fc
  .record({
    // Both sides of midnight UTC, so that pages cross partitions; some beyond the window and some ahead of the clock.
    recordTime: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -6, max: 6 }).map((ms) => NOW - 500 + ms) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          NOW - HOUR_MS - 1,
          NOW - HOUR_MS,
          NOW - 2 * DAY_MS + 1,
          NOW - 2 * DAY_MS - 1,
          NOW,
          NOW + 1,
        ),
      },
    ),
    traceId: fc.oneof(
      fc.constantFrom('id-a', 'id-b', 'id-c@1234567890123', '5f000000-1c16-11f1-8000-000000000001'),
      fc.integer({ min: 0, max: 999 }).map((n) => traceRow({ recordTime: NOW - 500 + (n % 7) }).traceId),
    ),
    domainId: fc.constantFrom('domain-1', 'domain-1', 'domain-1', 'domain-2'),
    projectId: fc.constantFrom('project-1', 'project-1', 'project-1', 'project-2'),
    eventType: fc.constantFrom('system', 'system', 'system', 'data'),
    serviceType: fc.constantFrom('SWR', 'swr', 'FunctionGraph', 'Own'),
    resourceName: fc.constantFrom('c/a/b', 'c/a$b', 'c$a$b', 'c/a%24b', 'C/A/B', null),
    traceRating: fc.constantFrom('normal', 'warning'),
    userName: fc.constantFrom('ann', 'Ann', null),
    accessKeyId: fc.constantFrom('AK1', null),
    enterpriseProjectId: fc.constantFrom('0', 'ep', null),
    trackerName: fc.constantFrom('system', 'bucket', null),
  })
  .map((row) => traceRow(row));

/** Present in `percent` of the queries: filters are rare, so that mostly something is left to page through. */
const sometimes = (percent: number, arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
  fc.oneof({ weight: 100 - percent, arbitrary: fc.constant(undefined) }, { weight: percent, arbitrary });

const queryArbitrary: fc.Arbitrary<Case['query']> = fc
  .record({
    trace_type: sometimes(20, fc.constantFrom('system', 'data')),
    limit: sometimes(90, fc.integer({ min: 1, max: 7 }).map(String)),
    from: sometimes(50, fc.constantFrom(NOW - 3 * DAY_MS, NOW - 503, NOW - 500).map(String)),
    to: sometimes(30, fc.constantFrom(NOW - 497, NOW + 10).map(String)),
    service_type: sometimes(20, fc.constantFrom('SWR', 'Swr', 'functiongraph', 'Own', 'own')),
    resource_name: sometimes(15, fc.constantFrom('c/a/b', 'c/a$b', 'c%24a%24b', 'x')),
    trace_rating: sometimes(10, fc.constantFrom('normal', 'warning')),
    user: sometimes(10, fc.constantFrom('ann', 'Ann')),
    access_key_id: sometimes(10, fc.constant('AK1')),
    enterprise_project_id: sometimes(10, fc.constantFrom('0', 'ep')),
    tracker_name: sometimes(10, fc.constantFrom('system', 'bucket')),
  })
  .map((query) =>
    Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  );

const caseArbitrary: fc.Arbitrary<Case> = fc.record({
  rows: fc.uniqueArray(rowArbitrary, {
    maxLength: 60,
    size: 'max',
    selector: (row) => [row.domainId, row.traceId, row.recordTime].join('\0'),
  }),
  query: queryArbitrary,
});

/** The same in a few lines that need no database. Service spellings: any case of a known name, else the case given. */
function model({ rows, query }: Case): string[] {
  const system = (query.trace_type ?? 'system') === 'system';
  const from = Math.max(Number(query.from ?? NOW - HOUR_MS), NOW - 2 * DAY_MS - 1);
  const to = Number(query.to ?? NOW);
  const matches = (row: TraceRow): boolean =>
    row.domainId === OWNER.domainId &&
    row.projectId === OWNER.projectId &&
    row.eventType === (system ? 'system' : 'data') &&
    row.recordTime > from &&
    row.recordTime < to &&
    (query.access_key_id ?? row.accessKeyId) === row.accessKeyId &&
    (query.enterprise_project_id ?? row.enterpriseProjectId) === row.enterpriseProjectId &&
    (system ? matchesSystem(row, query) : (query.tracker_name ?? row.trackerName) === row.trackerName);
  return rows
    .filter(matches)
    .sort((a, b) => b.recordTime - a.recordTime || (a.traceId < b.traceId ? 1 : -1))
    .map(({ recordTime, traceId }) => `${String(recordTime)} ${traceId}`);
}

function matchesSystem(row: TraceRow, query: Case['query']): boolean {
  const service = query.service_type;
  return (
    (query.tracker_name ?? 'system') === 'system' &&
    (query.trace_rating ?? row.traceRating) === row.traceRating &&
    (query.user ?? row.userName) === row.userName &&
    (query.resource_name === undefined ||
      (row.resourceName !== null &&
        decodeRepositoryName(row.resourceName) === decodeRepositoryName(query.resource_name))) &&
    (service === undefined ||
      (service.toLowerCase() === 'own'
        ? row.serviceType === service
        : row.serviceType.toLowerCase() === service.toLowerCase()))
  );
}

describe('paging through ListTraces', () => {
  let db: OpenDatabase;
  let service: TraceQueryService;

  beforeAll(async () => {
    db = await openTestDatabase();
    await new DayPartitions(db.database).ensure(NOW - 3 * DAY_MS, NOW + DAY_MS);
    service = new TraceQueryService({ retentionDays: 2 }, { now: () => NOW }, new TraceQueryStore(db.database));
  });
  afterAll(() => db.close());

  const pagesOf = async (query: Case['query'], between?: () => Promise<void>): Promise<string[][]> => {
    const pages: string[][] = [];
    let next: string | null = null;
    do {
      const parsed = listTracesQuery.parse(next === null ? query : { ...query, next });
      const answer = await service.list(OWNER, parsed);
      pages.push(answer.traces.map((trace) => `${String(trace.recordTime)} ${trace.traceId}`));
      next = answer.marker;
      if (next !== null) await between?.();
      if (pages.length > 60) throw new Error(`paging does not end: ${JSON.stringify(pages.slice(-3))}`);
    } while (next !== null);
    return pages;
  };

  it('shows every trace of the model once and in its order, on full pages', async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async (example) => {
        await db.database.query('TRUNCATE traces');
        await insertTraces(db.database, example.rows);
        const pages = await pagesOf(example.query);
        expect(pages.flat()).toEqual(model(example));
        const limit = Number(example.query.limit ?? 10);
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
        expect(pages.at(-1)?.length ?? 0).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 100 },
    );
  }, 240_000);

  it('goes on after any trace of the project, one that the filters leave out too', async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, fc.nat(), async ({ rows, query }, pick) => {
        const own = rows.filter((row) => row.domainId === OWNER.domainId && row.projectId === OWNER.projectId);
        const marked = own[pick % Math.max(own.length, 1)];
        fc.pre(marked !== undefined && !marked.traceId.includes('@'));
        await db.database.query('TRUNCATE traces');
        await insertTraces(db.database, rows);
        const times = own.filter(({ traceId }) => traceId === marked.traceId).map(({ recordTime }) => recordTime);
        const meant = times.find((time) => time === uuidV1Time(marked.traceId)) ?? Math.max(...times);
        const place = `${String(meant)} ${marked.traceId}`;
        const answer = await service.list(
          OWNER,
          listTracesQuery.parse({ ...query, limit: '200', next: marked.traceId }),
        );
        const found = answer.traces.map((trace) => `${String(trace.recordTime)} ${trace.traceId}`);
        expect(found).toEqual(model({ rows, query }).filter((other) => other < place));
      }),
      { numRuns: 100 },
    );
  }, 240_000);

  it('asks the database once for a page after an id that tells its own time', async () => {
    await db.database.query('TRUNCATE traces');
    const rows = Array.from({ length: 9 }, (_, n) => traceRow({ recordTime: NOW - HOUR_MS + n, ...OWNER }));
    await insertTraces(db.database, rows);
    const read = jest.spyOn(db.database, 'read');
    try {
      const query = { limit: '3', from: String(NOW - 2 * HOUR_MS), to: String(NOW - 1_000), next: rows[7]?.traceId };
      const { traces } = await service.list(OWNER, listTracesQuery.parse(query));
      expect(traces.map(({ traceId }) => traceId)).toEqual([6, 5, 4].map((n) => rows[n]?.traceId));
      expect(read).toHaveBeenCalledTimes(1);
      expect(read.mock.calls[0]?.[2]).toEqual({ inOrder: true });
    } finally {
      read.mockRestore();
    }
  });

  it('neither skips nor repeats what was there when traces arrive between the pages', async () => {
    await db.database.query('TRUNCATE traces');
    const there = Array.from({ length: 30 }, (_, n) => traceRow({ recordTime: NOW - 500 + Math.floor(n / 10) }));
    await insertTraces(db.database, there);
    let arrived = 0;
    const pages = await pagesOf({ limit: '4', from: String(NOW - HOUR_MS), to: String(NOW) }, async () => {
      await insertTraces(db.database, [traceRow({ recordTime: NOW - 500 + (arrived++ % 3) })]);
    });
    const seen = pages.flat();
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(there.map((row) => `${String(row.recordTime)} ${row.traceId}`)));
  });
});
