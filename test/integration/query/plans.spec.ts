/** The plans of trace searches over many rows: every filter reads its index in order, nothing is scanned or sorted whole. */
import { DAY_MS } from '../../../src/kernel/clock.js';
import { spellings } from '../../../src/kernel/repository-name.js';
import { serviceSpellings } from '../../../src/traces/core/catalogue.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { searchStatement, type TraceSearch } from '../../../src/traces/trace-query.store.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';

const NOW = Date.UTC(2026, 2, 10, 12);
const ROWS = 200_000;
const LIMIT = 11;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const base: TraceSearch = {
  domainId: 'd1',
  projectId: 'p0',
  eventType: 'system',
  window: { fromMs: NOW - 7 * DAY_MS, toMs: NOW },
  after: null,
  filters: {},
  limit: LIMIT,
};
const middle = { recordTime: NOW - 3 * DAY_MS - 12_345, traceId: '88888888' };

describe('plans of a search', () => {
  let db: OpenDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
    await new DayPartitions(db.database).ensure(NOW - 8 * DAY_MS, NOW + 2 * DAY_MS);
    await db.database.query(
      `INSERT INTO traces (domain_id, project_id, record_time, trace_id, log, seq, "time", trace_name, trace_rating, trace_type,
         event_type, service_type, resource_type, resource_name, resource_id, user_name, access_key_id, enterprise_project_id,
         tracker_name, wire_shape, content_sha256)
       SELECT 'd' || n % 2, 'p' || n / 2 % 2, t, md5(n::text), 1, n, t, 'name' || h % 400, CASE WHEN h % 500 = 0 THEN 'warning' ELSE 'normal' END,
         'ApiCall', 'system', CASE WHEN h % 300 = 0 THEN 'FunctionGraph' WHEN h % 3 = 0 THEN 'swr' ELSE 'SWR' END, 'type' || h % 300,
         CASE WHEN h % 5 > 0 THEN 'org/repo' || h % 2000 END, 'id' || h % 5000, 'user' || h % 1000,
         CASE WHEN h % 50 = 0 THEN 'AK' || h % 20000 END, CASE WHEN h % 100 = 0 THEN 'ep' || h % 1000 ELSE '0' END,
         'system', 'api-v3', '\\x00'
       FROM (SELECT n, hashint4(n) & 1073741823 AS h, $1::timestamptz - n * interval '7 days' / $2::int AS t FROM generate_series(0, $2::int - 1) n) AS r`,
      [new Date(NOW - 1), ROWS],
    );
    await db.database.query('VACUUM ANALYZE traces');
  }, 300_000);
  afterAll(() => db.close());

  const planOf = async (search: TraceSearch): Promise<PlanNode[]> => {
    const { text, values } = searchStatement(search);
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
      .filter(({ Plans }) => Plans === undefined)
      .reduce(
        (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
        0,
      );
  const sorted = (nodes: readonly PlanNode[]): number =>
    Math.max(
      0,
      ...nodes
        .filter((node) => node['Node Type'].endsWith('Sort'))
        .flatMap((node) => node.Plans ?? [])
        .map((input) => input['Actual Rows'] * input['Actual Loops']),
    );
  const types = (nodes: readonly PlanNode[]) => nodes.map((node) => node['Node Type']);

  const filtered: [string, Partial<TraceSearch>, string | null][] = [
    ['project alone', {}, 'project_id'],
    ['user', { filters: { userName: 'user7' } }, 'user_name'],
    ['resource_id', { filters: { resourceId: 'id77' } }, 'resource_id'],
    ['trace_name', { filters: { traceName: 'name7' } }, 'trace_name'],
    ['resource_type', { filters: { resourceType: 'type7' } }, 'resource_type'],
    ['trace_rating', { filters: { traceRating: 'warning' } }, 'trace_rating'],
    ['access_key_id', { filters: { accessKeyId: 'AK50' } }, 'access_key_id'],
    ['enterprise_project_id', { filters: { enterpriseProjectId: 'ep100' } }, 'enterprise_project'],
    ['resource_name', { resourceNames: ['org/repo7'] }, 'resource_name'],
    ['resource_name in all spellings', { resourceNames: spellings('org/repo7') }, 'resource_name'],
    ['service_type in all spellings', { serviceTypes: serviceSpellings('functiongraph') }, 'service_type'],
    // Frequent values: the order of the project's index finds them as soon.
    ['a frequent service_type', { serviceTypes: serviceSpellings('SWR') }, null],
    ['the usual rating', { filters: { traceRating: 'normal' } }, 'project_id'],
    ['the default enterprise project', { filters: { enterpriseProjectId: '0' } }, 'project_id'],
    ['two rare filters', { filters: { userName: 'user7', resourceId: 'id7' } }, null],
    ['a value that never occurs', { filters: { userName: 'nobody' } }, 'user_name'],
  ];

  it.each(
    filtered.flatMap(([name, part, index]) => [
      [name, part, index] as const,
      [`${name}, from the middle`, { ...part, after: middle }, index] as const,
    ]),
  )('%s', async (_, part, index) => {
    const nodes = await planOf({ ...base, ...part });
    expect(types(nodes)).not.toContain('Seq Scan');
    const branches = Math.max(part.serviceTypes?.length ?? 1, part.resourceNames?.length ?? 1);
    // Rows of other projects of the domain are read and skipped; all else comes in order and stops at the limit.
    expect(sorted(nodes)).toBeLessThanOrEqual(4 * LIMIT * branches);
    expect(touched(nodes)).toBeLessThanOrEqual(20 * LIMIT * branches);
    const indexes = nodes.flatMap((node) => node['Index Name'] ?? []);
    expect(indexes.length).toBeGreaterThan(0);
    if (index !== null) for (const used of indexes) expect(used).toContain(index);
  });

  it('finds a page of the project without any sort, in the partitions it needs', async () => {
    const nodes = await planOf(base);
    expect(types(nodes).filter((type) => type.includes('Sort'))).toEqual([]);
    expect(nodes.filter((node) => node['Index Name'] !== undefined)).toHaveLength(1);
  });

  it('starts at the position, not at the newest trace', async () => {
    const nodes = await planOf({ ...base, after: middle });
    expect(touched(nodes)).toBeLessThanOrEqual(LIMIT + 1);
  });
});
