/** Counts traces by bucket and value in one statement, so that hourly counts and rows are of the same instant. */
import { Injectable } from '@nestjs/common';
import { isEmptyWindow, type TimeWindow } from '../kernel/time-window.js';
import { Database } from '../platform/database/database.js';
import { type CountedGroup, splitHours, type StatsField } from './core/native-stats.js';
import {
  COLUMN_OF,
  filterConditions,
  Parameters,
  plainSource,
  type RowFilter,
  rowSource,
  type Statement,
} from './trace-filter.store.js';

export interface StatsQuestion {
  readonly rows: RowFilter;
  readonly field: StatsField;
  readonly intervalMs: number;
  /** Whether the hourly counts have all that is asked. */
  readonly rolledUp: boolean;
}

@Injectable()
export class TraceStatsStore {
  constructor(private readonly database: Database) {}

  async groups(question: StatsQuestion): Promise<CountedGroup[]> {
    const { text, values } = statsStatement(question);
    const rows = await this.database.read<{ bucket: Date; value: string | null; traces: string }>(text, values);
    return rows.map(({ bucket, value, traces }) => ({
      bucketMs: bucket.getTime(),
      value,
      count: Number(traces),
    }));
  }
}

/** Whole hours come from the hourly counts where those have all that is asked; the boundary hours always from rows. */
export function statsStatement(question: StatsQuestion): Statement {
  const parameters = new Parameters();
  const interval = `make_interval(secs => ${parameters.add(question.intervalMs / 1_000)})`;
  const { window } = question.rows;
  const { head, hours, tail } = splitHours(window);
  const parts = question.rolledUp
    ? [
        ...(isEmptyWindow(head) ? [] : [fromRows(question, head, interval, parameters)]),
        ...(isEmptyWindow(hours) ? [] : [fromHours(question, hours, interval, parameters)]),
        ...(isEmptyWindow(tail) ? [] : [fromRows(question, tail, interval, parameters)]),
      ]
    : [fromRows(question, window, interval, parameters)];
  return {
    text: `SELECT bucket, value, sum(traces) AS traces FROM (${parts.join(' UNION ALL ')}) AS counted GROUP BY bucket, value`,
    values: parameters.values,
  };
}

/** Buckets count from 1970-01-01T00:00Z, so days are those of UTC. */
function bucketOf(column: string, interval: string): string {
  return `date_bin(${interval}, ${column}, to_timestamp(0)) AS bucket`;
}

function fromRows(question: StatsQuestion, window: TimeWindow, interval: string, parameters: Parameters): string {
  const column = COLUMN_OF[question.field];
  const rows = { ...question.rows, window };
  const columns = `record_time, ${column}`;
  // Of a boundary hour each project has its rows together; over long times the database knows the better way.
  const source = question.rolledUp ? rowSource(columns, rows, parameters) : plainSource(columns, rows, parameters);
  return `SELECT ${bucketOf('found.record_time', interval)}, found.${column} AS value, count(*) AS traces FROM ${source} GROUP BY 1, 2`;
}

function fromHours(
  { rows, field }: StatsQuestion,
  hours: TimeWindow,
  interval: string,
  parameters: Parameters,
): string {
  const conditions = [
    `domain_id = ${parameters.add(rows.domainId)}`,
    `hour >= ${parameters.add(new Date(hours.fromMs))}`,
    `hour < ${parameters.add(new Date(hours.toMs))}`,
    ...filterConditions(rows.filters, parameters),
  ];
  return `SELECT ${bucketOf('hour', interval)}, ${COLUMN_OF[field]} AS value, sum(traces) AS traces FROM trace_rollups
    WHERE ${conditions.join(' AND ')} GROUP BY 1, 2`;
}
