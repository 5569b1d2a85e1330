/** The plans of trace searches over many rows: every filter reads its index in order, nothing is scanned or sorted whole. */
import { DAY_MS } from '../../../src/kernel/clock.js';
import { spellings } from '../../../src/kernel/repository-name.js';
import { serviceSpellings } from '../../../src/traces/core/catalogue.js';
import { searchStatement, type TraceSearch } from '../../../src/traces/trace-query.store.js';
import { fillForPlans, indexes, planOf, type PlanNode, touched, types } from '../../support/plans.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';

const NOW = Date.UTC(2026, 2, 10, 12);
const ROWS = 200_000;
const LIMIT = 11;

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
    await fillForPlans(db.database, { nowMs: NOW, rows: ROWS, projects: 2 });
  }, 300_000);
  afterAll(() => db.close());

  const plan = (search: TraceSearch) => planOf(db.database, searchStatement(search));
  const sorted = (nodes: readonly PlanNode[]): number =>
    Math.max(
      0,
      ...nodes
        .filter((node) => node['Node Type'].endsWith('Sort'))
        .flatMap((node) => node.Plans ?? [])
        .map((input) => input['Actual Rows'] * input['Actual Loops']),
    );

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
    const nodes = await plan({ ...base, ...part });
    expect(types(nodes)).not.toContain('Seq Scan');
    const branches = Math.max(part.serviceTypes?.length ?? 1, part.resourceNames?.length ?? 1);
    // Rows of other projects of the domain are read and skipped; all else comes in order and stops at the limit.
    expect(sorted(nodes)).toBeLessThanOrEqual(4 * LIMIT * branches);
    expect(touched(nodes)).toBeLessThanOrEqual(20 * LIMIT * branches);
    expect(indexes(nodes).length).toBeGreaterThan(0);
    if (index !== null) for (const used of indexes(nodes)) expect(used).toContain(index);
  });

  it('finds a page of the project without any sort, in the partitions it needs', async () => {
    const nodes = await plan(base);
    expect(types(nodes).filter((type) => type.includes('Sort'))).toEqual([]);
    expect(nodes.filter((node) => node['Index Name'] !== undefined)).toHaveLength(1);
  });

  it('starts at the position, not at the newest trace', async () => {
    const nodes = await plan({ ...base, after: middle });
    expect(touched(nodes)).toBeLessThanOrEqual(LIMIT + 1);
  });
});
