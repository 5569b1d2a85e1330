/** The wire shapes of `GET /v1/quotas`, and of the quota lists of SWR and IAM (contracts.md; domain/quota.md §1.1, §1.3). */
import { z } from 'zod';
import { remaining } from './core/admission.js';
import { UNLIMITED } from './core/definition.js';
import { SCOPE_KINDS } from './core/scope.js';
import type { CheckResult, QuotaUsage, UsagePage } from './quota-usage.js';
import {
  domainIdSchema,
  itemStateSchema,
  quotaKeySchema,
  renderExceeded,
  renderItem,
  renderScope,
} from './quotas.dto.js';
import { itemState } from './reservation-batch.service.js';
import type { Checked } from './reservations.dto.js';

export const listUsageSchema = z.object({
  domain_id: domainIdSchema.optional(),
  scope_kind: z.enum(SCOPE_KINDS).optional(),
  quota_key: quotaKeySchema.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(1_024).optional(),
});
export type ListUsage = z.infer<typeof listUsageSchema>;

export const usageSchema = itemStateSchema.extend({
  unit: z.string(),
  percent: z
    .number()
    .nullable()
    .meta({ description: 'Of the limit, used and reserved together; null where unlimited.' }),
  forecast_full_at: z.int().nullable().meta({
    description: 'Epoch ms at which it is full by the trend of the last 7 days; null where none can be told.',
  }),
  exceeded: z.boolean(),
  closed: z.boolean(),
});
export type WireUsage = z.infer<typeof usageSchema>;

export const usageListSchema = z.object({
  quotas: z.array(usageSchema),
  page: z.object({ count: z.int(), next: z.string().nullable() }),
});
export type UsageList = z.infer<typeof usageListSchema>;

export function renderUsage(
  { scope, quotaKey, definition, state }: QuotaUsage,
  forecastFullAt: number | null,
): WireUsage {
  const { limit, used, reserved } = state;
  return {
    ...renderItem(itemState(quotaKey, scope, state)),
    unit: definition?.unit ?? '',
    percent: percentOf(used + reserved, limit),
    forecast_full_at: forecastFullAt,
    exceeded: limit !== UNLIMITED && used > limit,
    closed: state.closed,
  };
}

/** @param forecasts one for each quota, in their order */
export function renderUsageList({ quotas, next }: UsagePage, forecasts: readonly (number | null)[]): UsageList {
  return {
    quotas: quotas.map((quota, index) => renderUsage(quota, forecasts[index] ?? null)),
    page: { count: quotas.length, next },
  };
}

/** To a tenth. Of a limit of 0 everything is too much. */
export function percentOf(taken: number, limit: number): number | null {
  if (limit === UNLIMITED) return null;
  if (limit === 0) return taken === 0 ? 0 : 100;
  return Math.round((taken * 1_000) / limit) / 10;
}

export function renderChecked({ allowed, items, exceeded }: CheckResult): Checked {
  return {
    allowed,
    items: items.map((item) => ({
      quota_key: item.ask.quotaKey,
      scope: renderScope(item.ask.scope),
      limit: item.state.limit,
      origin: item.state.origin,
      mode: item.state.mode,
      used: item.state.used,
      reserved: item.state.reserved,
      remaining: remaining(item.state),
      needed: item.ask.amount,
      allowed: item.allowed,
    })),
    exceeded: exceeded.map(renderExceeded),
  };
}

/** All four members are mandatory there, the numbers 32 bits wide. */
export const swrQuotaListSchema = z.object({
  quotas: z.array(z.object({ quota_key: z.string(), quota_limit: z.int(), used: z.int(), unit: z.string() })),
});
export type SwrQuotaList = z.infer<typeof swrQuotaListSchema>;

const INT32_MAX = 2_147_483_647;

export function renderSwrQuotas(usages: readonly QuotaUsage[]): SwrQuotaList {
  return {
    quotas: usages.map(({ quotaKey, state }) => ({
      quota_key: quotaKey,
      quota_limit: Math.min(INT32_MAX, state.limit),
      used: Math.min(INT32_MAX, state.used),
      unit: '',
    })),
  };
}
