/** The plans of native searches over many rows: pages, positions, boundary hours and the change feed read indexes, in order. */
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import type { FilterName, TraceFilters } from '../../../src/traces/core/native-filters.js';
import { type NativePage, pageStatement } from '../../../src/traces/native-traces.store.js';
import { changesStatement } from '../../../src/traces/trace-changes.store.js';
import type { Statement } from '../../../src/traces/trace-filter.store.js';
import { statsStatement } from '../../../src/traces/trace-stats.store.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';

const NOW = Date.UTC(2026, 2, 10, 12);
const ROWS = 200_000;
const PROJECTS = 4;
const LIMIT = 11;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

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
    await new DayPartitions(db.database).ensure(NOW - 8 * DAY_MS, NOW + 2 * DAY_MS);
    await db.database.query(
      `INSERT INTO traces (domain_id, project_id, record_time, trace_id, log, seq, "time", trace_name, trace_rating, trace_type,
         event_type, service_type, resource_type, resource_name, resource_id, user_name, access_key_id, enterprise_project_id,
         tracker_name, wire_shape, content_sha256)
       SELECT 'd' || n % 2, 'p' || n / 2 % ${String(PROJECTS)}, t, md5(n::text), n % 3, ($2::int - n) / 3, t, 'name' || h % 400,
         CASE WHEN h % 500 = 0 THEN 'warning' ELSE 'normal' END,
         'ApiCall', 'system', CASE WHEN h % 300 = 0 THEN 'FunctionGraph' ELSE 'SWR' END, 'type' || h % 300,
         CASE WHEN h % 5 > 0 THEN 'org/repo' || h % 2000 END, 'id' || h % 5000, 'user' || h % 1000,
         CASE WHEN h % 50 = 0 THEN 'AK' || h % 20000 END, CASE WHEN h % 100 = 0 THEN 'ep' || h % 1000 ELSE '0' END,
         'system', 'api-v3', '\\x00'
       FROM (SELECT n, hashint4(n) & 1073741823 AS h, $1::timestamptz - n * interval '7 days' / $2::int AS t FROM generate_series(0, $2::int - 1) n) AS r`,
      [new Date(NOW - 1), ROWS],
    );
    await db.database.query('VACUUM ANALYZE traces');
  }, 300_000);
  afterAll(() => db.close());

  const planOf = async ({ text, values }: Statement): Promise<PlanNode[]> => {
    const [row] = await db.database.read<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) ${text}`,
      values,
    );
    const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
    const [root] = row?.['QUERY PLAN'] ?? [];
    return root === undefined ? [] : flatten(root.Plan).filter((node) => node['Actual Loops'] > 0);
  };
  const touched = (nodes: readonly PlanNode[]): number =>
    nodes
      .filter((node) => node['Relation Name'] !== undefined || node['Index Name'] !== undefined)
      .reduce(
        (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
        0,
      );
  const types = (nodes: readonly PlanNode[]): string[] => nodes.map((node) => node['Node Type']);
  const indexes = (nodes: readonly PlanNode[]): string[] => nodes.flatMap((node) => node['Index Name'] ?? []);

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
    const nodes = await planOf(pageStatement({ ...base, ...part }));
    expect(types(nodes)).not.toContain('Seq Scan');
    // Hopping over the projects touches one entry of each day for each.
    expect(touched(nodes)).toBeLessThanOrEqual(branches * 4 * LIMIT + 10 * (PROJECTS + 1));
    expect(indexes(nodes).length).toBeGreaterThan(0);
    if (index !== null) for (const used of indexes(nodes)) expect(used).toContain(index);
  });

  it('a prefix reads the range of its index', async () => {
    const filters: TraceFilters = { resource_name: { any: [{ value: 'org/repo77', prefix: true }], none: [] } };
    const nodes = await planOf(pageStatement({ ...base, filters: { ...filters, ...filter({ project_id: 'p1' }) } }));
    expect(types(nodes)).not.toContain('Seq Scan');
    expect(touched(nodes)).toBeLessThan(ROWS / 50);
  });

  it('statistics of a boundary hour read that hour only', async () => {
    const window = { fromMs: NOW - 5 * HOUR_MS - 1_800_000, toMs: NOW - HOUR_MS - 1 };
    const question = { rows: { ...base, window }, field: 'service_type', intervalMs: HOUR_MS, rolledUp: true } as const;
    const nodes = await planOf(statsStatement(question));
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
    const nodes = await planOf({ text: changesStatement(10), values });
    expect(types(nodes)).not.toContain('Seq Scan');
    for (const used of indexes(nodes)) expect(used).toMatch(/log_seq|change/);
    // Each log looks at the first entry of every day.
    expect(touched(nodes)).toBeLessThanOrEqual(3 * (10 + 11));
  });
});
