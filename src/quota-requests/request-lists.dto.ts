/** The wire shapes of lists, figures, exports and what-ifs of requests. */
import { z } from 'zod';
import { domainIdSchema, limitSchema, quotaKeySchema, SCOPE_KINDS } from '../quotas/index.js';
import { isSatisfied } from './core/wish.js';
import { PRIORITIES } from './core/request-rules.js';
import { REQUEST_STATES } from './core/request-states.js';
import type { RequestPage, RequestSelection } from './request-lists.service.js';
import type { RequestFigures, RequestOrder, SortColumn } from './request-lists.store.js';
import type { WhatIf } from './request-what-if.service.js';
import { requestSchema, renderRequest, type WireRequest } from './requests.dto.js';
import type { QuotaRequest } from './quota-request.js';

const instant = () => z.coerce.number().int().min(0).max(253_402_300_799_999);
const yes = () => z.enum(['true', 'false']);

/** One value, several by repetition, or several in one, with commas between. */
function several<T extends z.ZodType<string, string>>(item: T) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(',')))
    .pipe(z.array(item).min(1).max(50));
}

const filters = {
  state: several(z.enum(REQUEST_STATES)).optional(),
  domain_id: domainIdSchema.optional().meta({ description: 'For operators; absent: the caller’s own.' }),
  quota_key: several(quotaKeySchema).optional(),
  scope_kind: z.enum(SCOPE_KINDS).optional(),
  priority: z.enum(PRIORITIES).optional(),
  requester_id: domainIdSchema.optional(),
  overdue: yes().optional(),
  from: instant().optional().meta({ description: 'Made at or after, epoch ms.' }),
  to: instant().optional().meta({ description: 'Made before, epoch ms.' }),
};
const SORTS = ['created_at', '-created_at', 'updated_at', '-updated_at', 'due_at', '-due_at'] as const;
const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(2_048).optional(),
};
const allDomains = { all_domains: yes().default('false').meta({ description: 'For operators: of every domain.' }) };

export const listRequestsSchema = z.object({
  ...filters,
  ...allDomains,
  sort: z.enum(SORTS).default('-created_at'),
  ...paging,
});
export type ListRequests = z.infer<typeof listRequestsSchema>;

export const inboxSchema = z.object({
  ...filters,
  assignee_id: domainIdSchema.optional(),
  sort: z.enum(SORTS).default('due_at'),
  ...paging,
});
export type Inbox = z.infer<typeof inboxSchema>;

export const statsQuerySchema = z.object({ ...filters, ...allDomains });
export type StatsQuery = z.infer<typeof statsQuerySchema>;

export const exportQuerySchema = z.object({
  ...filters,
  ...allDomains,
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
});
export type ExportQuery = z.infer<typeof exportQuerySchema>;

const listedSchema = requestSchema.omit({ comments: true, approvals: true });
export const requestListSchema = z.object({
  requests: z.array(listedSchema),
  page: z.object({ count: z.int(), next: z.string().nullable() }),
});
export type RequestList = z.infer<typeof requestListSchema>;

const figuresSchema = z.object({
  total: z.int(),
  by_state: z.record(z.string(), z.int()),
  decided: z.int(),
  approved: z.int().meta({ description: 'Wholly or in part.' }),
  approval_rate: z.number().nullable().meta({ description: 'approved ÷ decided; null where none is decided.' }),
  decided_by_rule: z.int(),
  time_to_decision_ms: z.object({ median: z.int(), p95: z.int(), mean: z.int() }).nullable(),
});

export const statsSchema = figuresSchema.extend({
  by_key: z.array(figuresSchema.extend({ quota_key: z.string() })),
});
export type Stats = z.infer<typeof statsSchema>;

export const whatIfQuerySchema = z.object({
  granted: z.coerce.number().pipe(limitSchema).optional().meta({ description: 'Absent: all that is asked for.' }),
  until: instant().optional(),
});
export type WhatIfQuery = z.infer<typeof whatIfQuerySchema>;

const levelSchema = z.object({ limit: limitSchema, remaining: z.int().nullable() });
export const whatIfSchema = z.object({
  request_id: z.string(),
  now: levelSchema.extend({ origin: z.string(), used: z.int(), reserved: z.int() }),
  then: levelSchema.extend({ until: z.int().nullable() }),
  changes: z.boolean().meta({ description: 'Whether the limit would be another than it is.' }),
  confirmable: z.boolean().meta({ description: 'Whether it could be granted now, given enough approvers.' }),
  obstacles: z.array(z.object({ code: z.string(), message: z.string() })),
  approvers: z.object({ needed: z.int(), given: z.int() }),
});
export type WireWhatIf = z.infer<typeof whatIfSchema>;

type Filters = StatsQuery & { readonly assignee_id?: string | undefined };

export function selectionFrom(
  query: Omit<Filters, 'all_domains'> & { all_domains?: 'true' | 'false' },
): RequestSelection {
  return {
    domainId: query.domain_id,
    allDomains: query.all_domains === 'true',
    states: query.state ?? null,
    quotaKeys: query.quota_key ?? null,
    scopeKind: query.scope_kind ?? null,
    priority: query.priority ?? null,
    requesterId: query.requester_id ?? null,
    assigneeId: query.assignee_id ?? null,
    overdue: query.overdue === undefined ? null : query.overdue === 'true',
    fromMs: query.from ?? null,
    toMs: query.to ?? null,
  };
}

export function orderFrom(sort: (typeof SORTS)[number]): RequestOrder {
  const descending = sort.startsWith('-');
  return { column: (descending ? sort.slice(1) : sort) as SortColumn, descending };
}

export function renderPage({ requests, next }: RequestPage, internal: (request: QuotaRequest) => boolean): RequestList {
  return {
    requests: requests.map(({ request, history }) => {
      const detail = { request, history, comments: [], approvals: [] };
      const {
        comments: _comments,
        approvals: _approvals,
        ...listed
      }: WireRequest = renderRequest(detail, internal(request));
      return listed;
    }),
    page: { count: requests.length, next },
  };
}

function renderFigures(figures: RequestFigures) {
  const { total, byState, decided, approved, byRule, medianMs, p95Ms, meanMs } = figures;
  return {
    total,
    by_state: { ...byState },
    decided,
    approved,
    approval_rate: decided === 0 ? null : approved / decided,
    decided_by_rule: byRule,
    time_to_decision_ms:
      medianMs === null || p95Ms === null || meanMs === null ? null : { median: medianMs, p95: p95Ms, mean: meanMs },
  };
}

const NONE = {
  quotaKey: null,
  total: 0,
  byState: {},
  decided: 0,
  approved: 0,
  byRule: 0,
  medianMs: null,
  p95Ms: null,
  meanMs: null,
};

export function renderStats(figures: readonly RequestFigures[]): Stats {
  const all = figures.find(({ quotaKey }) => quotaKey === null) ?? NONE;
  return {
    ...renderFigures(all),
    by_key: figures.flatMap((one) =>
      one.quotaKey === null ? [] : [{ quota_key: one.quotaKey, ...renderFigures(one) }],
    ),
  };
}

export function renderWhatIf({ request, consent, standing, obstacles, needed, given }: WhatIf): WireWhatIf {
  const { limit, origin, used, reserved } = standing.state;
  const left = (of: number): number | null => (of === -1 ? null : of - used - reserved);
  // Of several grants the most generous counts.
  const then = isSatisfied({ limit: consent.limit, untilMs: null }, limit, limit) ? limit : consent.limit;
  return {
    request_id: request.id,
    now: { limit, origin, used, reserved, remaining: left(limit) },
    then: { limit: then, remaining: left(then), until: consent.untilMs },
    changes: then !== limit,
    confirmable: obstacles.length === 0 && then !== limit,
    obstacles: obstacles.map(({ code, message }) => ({ code, message })),
    approvers: { needed, given },
  };
}
