/** The plans of native searches over many rows: pages, positions, boundary hours and the change feed read indexes, in order. */
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import type { FilterName, TraceFilters } from '../../../src/traces/core/native-filters.js';
import { type NativePage, pageStatement } from '../../../src/traces/native-traces.store.js';
import { changesStatement } from '../../../src/traces/trace-changes.store.js';
import type { Statement } from '../../../src/traces/trace-filter.store.js';
import { statsStatement } from '../../../src/traces/trace-stats.store.js';
import { fillForPlans, indexes, planOf, touched, types } from '../../support/plans.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';

const NOW = Date.UTC(2026, 2, 10, 12);
const ROWS = 200_000;
const PROJECTS = 4;
const LIMIT = 11;

const filter = (parts: Partial<Record<FilterName, string | string[]>>): TraceFilters =>
  Object.fromEntries(
    Object.entries(parts).map(([name, values]) => [
      name,
      { any: [values].flat().map((value) => ({ value, prefix: false })), none: [] },
    ]),
  );
const base: NativePage = {
  domainId: 'd1',
  window: { fromMs: NOW - 7 * DAY_MS, toMs: NOW + HOUR_MS },
  filters: {},
  text: null,
  newestFirst: true,
  after: null,
  limit: LIMIT,
  fields: ['trace_name', 'request'],
};

describe('plans of native searches', () => {
  let db: OpenDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
    await fillForPlans(db.database, { nowMs: NOW, rows: ROWS, projects: PROJECTS });
  }, 300_000);
  afterAll(() => db.close());

  const plan = (statement: Statement) => planOf(db.database, statement);

  const middle = { recordTime: NOW - 3 * DAY_MS - 12_345, traceId: '88888888' };
  /** Most rows a page may touch: the branches, each with its limit, and some for what is looked at in vain. */
  const pages: [string, TraceFilters, branches: number, index: string | null][] = [
    ['the whole domain', {}, PROJECTS, 'project_id'],
    ['a project', filter({ project_id: 'p1' }), 1, 'project_id'],
    ['two projects', filter({ project_id: ['p1', 'p2'] }), 2, 'project_id'],
    ['a user', filter({ user: 'user7' }), 1, 'user_name'],
    ['three users', filter({ user: ['user7', 'user8', 'user9'] }), 3, 'user_name'],
    ['a user who never came', filter({ user: 'nobody' }), 1, 'user_name'],
    ['a repository in its spellings', filter({ resource_name: 'org/repo7' }), 7, 'resource_name'],
    ['a resource', filter({ resource_id: 'id77' }), 1, 'resource_id'],
    ['an operation', filter({ trace_name: 'name7' }), 1, 'trace_name'],
    ['a rare service', filter({ service_type: 'functiongraph' }), 4, 'service_type'],
    ['a frequent service', filter({ service_type: 'SWR' }), 2, null],
    ['failures', filter({ trace_rating: 'warning' }), 1, 'rating'],
    ['the usual rating', filter({ trace_rating: 'normal' }), PROJECTS, 'project_id'],
    ['an access key', filter({ access_key_id: 'AK50' }), 1, 'access_key'],
    ['the default enterprise project', filter({ enterprise_project_id: '0' }), PROJECTS, 'project_id'],
    ['a trace', filter({ trace_id: 'c4ca4238a0b923820dcc509a6f75849b' }), 1, null],
  ];

  it.each(
    pages.flatMap(([name, filters, branches, index]) => [
      [`${name}, newest first`, { filters }, branches, index] as const,
      [
        `${name}, oldest first from the middle`,
        { filters, newestFirst: false, after: middle },
        branches,
        index,
      ] as const,
    ]),
  )('%s', async (_, part, branches, index) => {
    const nodes = await plan(pageStatement({ ...base, ...part }));
    expect(types(nodes)).not.toContain('Seq Scan');
    // Hopping over the projects touches one entry of each day for each.
    expect(touched(nodes)).toBeLessThanOrEqual(branches * 4 * LIMIT + 10 * (PROJECTS + 1));
    expect(indexes(nodes).length).toBeGreaterThan(0);
    if (index !== null) for (const used of indexes(nodes)) expect(used).toContain(index);
  });

  it('a prefix reads the range of its index', async () => {
    const filters: TraceFilters = { resource_name: { any: [{ value: 'org/repo77', prefix: true }], none: [] } };
    const nodes = await plan(pageStatement({ ...base, filters: { ...filters, ...filter({ project_id: 'p1' }) } }));
    expect(types(nodes)).not.toContain('Seq Scan');
    expect(touched(nodes)).toBeLessThan(ROWS / 50);
  });

  it('statistics of a boundary hour read that hour only', async () => {
    const window = { fromMs: NOW - 5 * HOUR_MS - 1_800_000, toMs: NOW - HOUR_MS - 1 };
    const question = { rows: { ...base, window }, field: 'service_type', intervalMs: HOUR_MS, rolledUp: true } as const;
    const nodes = await plan(statsStatement(question));
    const fromTraces = nodes.filter(
      (node) => node['Index Name']?.startsWith('traces_') && !node['Index Name'].includes('rollups'),
    );
    expect(types(nodes.filter((node) => node['Relation Name']?.startsWith('traces_')))).not.toContain('Seq Scan');
    const rowsOfAnHour = ROWS / 2 / 7 / 24;
    expect(touched(fromTraces)).toBeLessThanOrEqual(1.6 * rowsOfAnHour + 10 * (PROJECTS + 1) * 2);
  });

  it('the change feed reads its index from where it stands', async () => {
    const heads = [0, 1, 2].map(() => String(ROWS));
    const values = ['d1', [0, 1, 2], ['1000', '60000', '66000'], heads, new Date(NOW - 7 * DAY_MS)];
    const nodes = await plan({ text: changesStatement(10), values });
    expect(types(nodes)).not.toContain('Seq Scan');
    for (const used of indexes(nodes)) expect(used).toMatch(/log_seq|change/);
    // Each log looks at the first entry of every day.
    expect(touched(nodes)).toBeLessThanOrEqual(3 * (10 + 11));
  });
});
