/** Many traces whose values are rare, usual or absent, and what a plan over them touched. */
import { DAY_MS } from '../../src/kernel/clock.js';
import type { Database } from '../../src/platform/database/database.js';
import { DayPartitions } from '../../src/traces/day-partitions.store.js';

export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** `rows` traces over the seven days before `nowMs`, of two domains (`d0`, `d1`) with as many projects each, in three logs. */
export async function fillForPlans(
  database: Database,
  { nowMs, rows, projects }: { nowMs: number; rows: number; projects: number },
): Promise<void> {
  await new DayPartitions(database).ensure(nowMs - 8 * DAY_MS, nowMs + 2 * DAY_MS);
  await database.query(
    `INSERT INTO traces (domain_id, project_id, record_time, trace_id, log, seq, "time", trace_name, trace_rating, trace_type,
       event_type, service_type, resource_type, resource_name, resource_id, user_name, access_key_id, enterprise_project_id,
       tracker_name, wire_shape, content_sha256)
     SELECT 'd' || n % 2, 'p' || n / 2 % $3::int, t, md5(n::text), n % 3, ($2::int - n) / 3, t, 'name' || h % 400,
       CASE WHEN h % 500 = 0 THEN 'warning' ELSE 'normal' END, 'ApiCall', 'system',
       CASE WHEN h % 300 = 0 THEN 'FunctionGraph' WHEN h % 3 = 0 THEN 'swr' ELSE 'SWR' END, 'type' || h % 300,
       CASE WHEN h % 5 > 0 THEN 'org/repo' || h % 2000 END, 'id' || h % 5000, 'user' || h % 1000,
       CASE WHEN h % 50 = 0 THEN 'AK' || h % 20000 END, CASE WHEN h % 100 = 0 THEN 'ep' || h % 1000 ELSE '0' END,
       'system', 'api-v3', '\\x00'
     FROM (SELECT n, hashint4(n) & 1073741823 AS h, $1::timestamptz - n * interval '7 days' / $2::int AS t
           FROM generate_series(0, $2::int - 1) n) AS r`,
    [new Date(nowMs - 1), rows, projects],
  );
  await database.query('VACUUM ANALYZE traces');
}

/** The nodes that ran, the statement being run for it. */
export async function planOf(
  database: Database,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<PlanNode[]> {
  const [row] = await database.read<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) ${text}`,
    values,
  );
  const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
  const [root] = row?.['QUERY PLAN'] ?? [];
  return root === undefined ? [] : flatten(root.Plan).filter((node) => node['Actual Loops'] > 0);
}

/** Rows and index entries read, those that a filter threw away included. */
export function touched(nodes: readonly PlanNode[]): number {
  return nodes
    .filter((node) => node['Relation Name'] !== undefined || node['Index Name'] !== undefined)
    .reduce(
      (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    );
}

export const types = (nodes: readonly PlanNode[]): string[] => nodes.map((node) => node['Node Type']);
export const indexes = (nodes: readonly PlanNode[]): string[] => nodes.flatMap((node) => node['Index Name'] ?? []);
