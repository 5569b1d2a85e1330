/** `GET /v1/quotas/report` as JSON and as CSV (contracts.md, Quotas). */
import { z } from 'zod';
import { csvRecord } from '../traces/index.js';
import { UNLIMITED } from './core/definition.js';
import type { QuotaReport, ReportedCounter } from './core/report.js';
import { parseScopeKey } from './core/scope.js';
import { percentOf } from './quota-usage.dto.js';
import { domainIdSchema, itemStateSchema, quotaKeySchema, renderScope } from './quotas.dto.js';

export const reportQuerySchema = z.object({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: all domains.' }),
  quota_key: quotaKeySchema.optional(),
  near: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(85)
    .meta({ description: 'Percent that count as near the limit.' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .meta({ description: 'Rows of each list; of `top` for each key.' }),
  format: z.enum(['json', 'csv']).default('json'),
});
export type ReportQuery = z.infer<typeof reportQuerySchema>;

const rowSchema = itemStateSchema
  .pick({ quota_key: true, scope: true, limit: true, origin: true, used: true, reserved: true })
  .extend({ domain_id: z.string(), unit: z.string(), percent: z.number().nullable() });
type ReportRow = z.infer<typeof rowSchema>;

export const reportSchema = z.object({
  generated_at: z.int(),
  near_percent: z.int(),
  totals: z.array(
    z.object({
      quota_key: z.string(),
      unit: z.string(),
      scopes: z.int(),
      used: z.int(),
      reserved: z.int(),
      near: z.int(),
      exceeded: z.int(),
    }),
  ),
  top: z.array(rowSchema),
  near: z.array(rowSchema),
  near_total: z.int(),
  exceeded: z.array(rowSchema),
  exceeded_total: z.int(),
});
export type WireReport = z.infer<typeof reportSchema>;

export function renderReport(report: QuotaReport, nearPercent: number, nowMs: number): WireReport {
  return {
    generated_at: nowMs,
    near_percent: nearPercent,
    totals: [...report.totals.values()].map(({ quotaKey, ...total }) => ({ quota_key: quotaKey, ...total })),
    top: report.top().map(renderRow),
    near: report.near.rows().map(renderRow),
    near_total: report.near.total,
    exceeded: report.exceeded.rows().map(renderRow),
    exceeded_total: report.exceeded.total,
  };
}

function renderRow({ domainId, quotaKey, scope, unit, limit, origin, used, reserved }: ReportedCounter): ReportRow {
  return {
    domain_id: domainId,
    quota_key: quotaKey,
    unit,
    scope: renderScope(parseScopeKey(scope, domainId)),
    limit,
    origin,
    used,
    reserved,
    percent: percentOf(used + reserved, limit),
  };
}

const COLUMNS = [
  'section',
  'domain_id',
  'quota_key',
  'unit',
  'scope_kind',
  'project_id',
  'scope_id',
  'limit',
  'origin',
  'used',
  'reserved',
  'percent',
] as const;

/** One record for each row, told apart by their section. Nothing stands for a number that is not there. */
export function reportCsv({ totals, top, near, exceeded }: WireReport): string {
  const sums = totals.map(({ quota_key: key, unit, used, reserved }) =>
    csvRecord(['total', '', key, unit, '', '', '', '', '', String(used), String(reserved), '']),
  );
  const rows = Object.entries({ top, near, exceeded }).flatMap(([section, found]) =>
    found.map((row) => line(section, row)),
  );
  return [csvRecord(COLUMNS), ...sums, ...rows].join('');
}

function line(section: string, row: ReportRow): string {
  const { scope, limit } = row;
  return csvRecord([
    section,
    row.domain_id,
    row.quota_key,
    row.unit,
    scope.kind,
    'project_id' in scope ? scope.project_id : '',
    scope.id,
    // A spreadsheet would have to be kept from reading -1 as a formula.
    limit === UNLIMITED ? 'unlimited' : String(limit),
    row.origin,
    String(row.used),
    String(row.reserved),
    row.percent === null ? '' : String(row.percent),
  ]);
}
