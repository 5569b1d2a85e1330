/** Requests by filters: pages, what was done to them, and figures. Nothing is decided by what is read here. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { Caller } from '../quotas/index.js';
import type { RequestState } from './core/request-states.js';
import type { ExportedStep } from './core/wire-export.js';
import type { QuotaRequest, RequestStep } from './quota-request.js';
import { type StepRow, stepOf } from './request-threads.store.js';
import { OPEN, requestOf, REQUESTS, type RequestRow } from './requests.store.js';

export interface RequestFilter {
  /** Null: of all domains. */
  readonly domainId: string | null;
  /** Only what a user asked for, and what is for its own scope. */
  readonly own: { readonly key: string; readonly domainId: string; readonly userPart: string } | null;
  readonly states: readonly RequestState[] | null;
  readonly quotaKeys: readonly string[] | null;
  readonly scopeKind: string | null;
  readonly priority: string | null;
  readonly requesterId: string | null;
  readonly assigneeId: string | null;
  readonly overdue: boolean | null;
  /** Of their creation, epoch ms; inclusive and exclusive. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

export type SortColumn = 'created_at' | 'updated_at' | 'due_at';

export interface RequestOrder {
  readonly column: SortColumn;
  readonly descending: boolean;
}

/** Where a page goes on: the value of the sorted column, then the id. */
export type RequestPosition = readonly [value: number, id: string];

export interface StepPosition {
  readonly at: number;
  readonly requestId: string;
  readonly seq: number;
}

export interface RequestFigures {
  readonly quotaKey: string | null;
  readonly total: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly decided: number;
  readonly approved: number;
  readonly byRule: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly meanMs: number | null;
}

interface FiguresRow extends Record<string, unknown> {
  readonly quota_key: string | null;
  readonly total: string;
  readonly states: Readonly<Record<string, number>>;
  readonly decided: string;
  readonly approved: string;
  readonly by_rule: string;
  readonly median_ms: string | null;
  readonly p95_ms: string | null;
  readonly mean_ms: string | null;
}

interface ExportRow extends Record<string, unknown> {
  readonly request_id: string;
  readonly domain_id: string;
  readonly quota_key: string;
  readonly scope: string;
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly side: string;
  readonly by: Caller;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly note: string;
  readonly details: object | null;
}

@Injectable()
export class RequestListsStore {
  constructor(private readonly database: Database) {}

  async page(
    filter: RequestFilter,
    { column, descending }: RequestOrder,
    after: RequestPosition | null,
    limit: number,
  ): Promise<QuotaRequest[]> {
    const { text, values } = conditions(filter);
    const direction = descending ? 'DESC' : 'ASC';
    const place = `($${String(values.length + 1)}::bigint IS NULL OR (r.${column}, r.id) ${descending ? '<' : '>'}
      ($${String(values.length + 1)}, $${String(values.length + 2)}))`;
    const rows = await this.database.read<RequestRow>(
      `${REQUESTS} WHERE ${text} AND ${place}
       ORDER BY r.${column} ${direction}, r.id ${direction} LIMIT $${String(values.length + 3)}`,
      [...values, after?.[0] ?? null, after?.[1] ?? '', limit],
    );
    return rows.map(requestOf);
  }

  /** By the requests' ids. */
  async histories(requests: readonly QuotaRequest[]): Promise<Map<string, RequestStep[]>> {
    const rows = await this.database.read<StepRow & { request_id: string }>(
      `SELECT h.request_id, h.at, h.action, h.side, h.by, h.from_state, h.to_state, h.note, h.details, h.internal
       FROM unnest($1::text[], $2::text[]) AS want(domain_id, request_id)
       JOIN quota_request_history h ON h.domain_id = want.domain_id AND h.request_id = want.request_id ORDER BY h.seq`,
      [requests.map(({ domainId }) => domainId), requests.map(({ id }) => id)],
    );
    const found = new Map<string, RequestStep[]>(requests.map(({ id }) => [id, []]));
    for (const row of rows) found.get(row.request_id)?.push(stepOf(row));
    return found;
  }

  /** For each key, in their order, and last for all together. */
  async figures(filter: RequestFilter): Promise<RequestFigures[]> {
    const { text, values } = conditions(filter);
    const rows = await this.database.read<FiguresRow>(
      `WITH found AS MATERIALIZED (
         SELECT r.quota_key, r.state, r.decided_at - r.created_at AS took, r.outcome, r.decision_rule
         FROM quota_requests r WHERE ${text}),
       states AS (
         SELECT quota_key, jsonb_object_agg(state, count) AS states
         FROM (SELECT quota_key, state, count(*) AS count FROM found GROUP BY GROUPING SETS ((quota_key, state), (state))) s
         GROUP BY quota_key)
       SELECT f.quota_key, count(*) AS total, min(states.states::text)::jsonb AS states, count(f.outcome) AS decided,
         count(*) FILTER (WHERE f.outcome IN ('approved', 'partially_approved')) AS approved,
         count(f.decision_rule) AS by_rule,
         percentile_disc(0.5) WITHIN GROUP (ORDER BY f.took) AS median_ms,
         percentile_disc(0.95) WITHIN GROUP (ORDER BY f.took) AS p95_ms, round(avg(f.took)) AS mean_ms
       FROM (SELECT quota_key, took, outcome, decision_rule FROM found
             UNION ALL SELECT NULL, took, outcome, decision_rule FROM found) f
       JOIN states ON states.quota_key IS NOT DISTINCT FROM f.quota_key
       GROUP BY f.quota_key ORDER BY f.quota_key NULLS LAST`,
      values,
    );
    const ms = (value: string | null): number | null => (value === null ? null : Number(value));
    return rows.map((row) => ({
      quotaKey: row.quota_key,
      total: Number(row.total),
      byState: row.states,
      decided: Number(row.decided),
      approved: Number(row.approved),
      byRule: Number(row.by_rule),
      medianMs: ms(row.median_ms),
      p95Ms: ms(row.p95_ms),
      meanMs: ms(row.mean_ms),
    }));
  }

  /** Steps of the requests that the filter finds, oldest first. */
  async steps(
    filter: RequestFilter,
    { internal, untilMs }: { internal: boolean; untilMs: number },
    after: StepPosition | null,
    limit: number,
  ): Promise<ExportedStep[]> {
    const { text, values } = conditions(filter);
    const at = (offset: number): string => `$${String(values.length + offset)}`;
    const rows = await this.database.read<ExportRow>(
      `SELECT h.request_id, h.domain_id, r.quota_key, r.scope, h.seq, h.at, h.action, h.side, h.by, h.from_state, h.to_state, h.note,
         h.details
       FROM quota_request_history h JOIN quota_requests r ON r.domain_id = h.domain_id AND r.id = h.request_id
       WHERE ${text} AND h.at <= ${at(1)} AND (NOT h.internal OR ${at(2)})
         AND (${at(3)}::bigint IS NULL OR (h.at, h.request_id, h.seq) > (${at(3)}, ${at(4)}, ${at(5)}::int))
       ORDER BY h.at, h.request_id, h.seq LIMIT ${at(6)}`,
      [...values, untilMs, internal, after?.at ?? null, after?.requestId ?? '', after?.seq ?? 0, limit],
    );
    return rows.map(({ by, at: told, from_state: from, to_state: to, ...row }) => ({
      ...row,
      at: Number(told),
      by_id: by.userId,
      by_name: by.userName,
      from,
      to,
    }));
  }
}

/** Parameters are numbered in the order of the values. */
function conditions(filter: RequestFilter): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const parts: string[] = ['true'];
  const add = (value: unknown, part: (name: string) => string): void => {
    if (value === null) return;
    values.push(value);
    parts.push(part(`$${String(values.length)}`));
  };
  add(filter.domainId, (name) => `r.domain_id = ${name}`);
  add(filter.states, (name) => `r.state = ANY (${name}::text[])`);
  add(filter.quotaKeys, (name) => `r.quota_key = ANY (${name}::text[])`);
  add(filter.scopeKind, (name) => `split_part(r.scope, '/', 1) = ${name}`);
  add(filter.priority, (name) => `r.priority = ${name}`);
  add(filter.requesterId, (name) => `r.requester->>'userId' = ${name}`);
  add(filter.assigneeId, (name) => `r.assignee->>'userId' = ${name}`);
  add(filter.fromMs, (name) => `r.created_at >= ${name}`);
  add(filter.toMs, (name) => `r.created_at < ${name}`);
  if (filter.overdue !== null) {
    const overdue = `(${OPEN} AND r.paused_at IS NULL AND r.due_at <= extract(epoch FROM clock_timestamp()) * 1000)`;
    parts.push(filter.overdue ? overdue : `NOT ${overdue}`);
  }
  if (filter.own !== null) {
    const { key, domainId, userPart } = filter.own;
    values.push(key, domainId, userPart);
    const at = (offset: number): string => `$${String(values.length - 2 + offset)}`;
    parts.push(
      `(r.requester_key = ${at(0)} OR (r.domain_id = ${at(1)} AND r.scope LIKE 'user/%' AND split_part(r.scope, '/', 3) = ${at(2)}))`,
    );
  }
  return { text: parts.join(' AND '), values };
}
