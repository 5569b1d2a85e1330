/** The quota lists of IAM: shape A of domain/quota.md §1.3 (SDK model QuotaResult). */
import { z } from 'zod';
import { UNLIMITED } from './core/definition.js';
import { IAM_DOMAIN_QUOTAS, type IamQuotaType } from './core/wire-iam-quota-types.js';
import type { QuotaUsage } from './quota-usage.js';

export const iamQuotaQuerySchema = z.object({
  type: z
    .enum(IAM_DOMAIN_QUOTAS.map(({ type }) => type) as [string, ...string[]])
    .optional()
    .meta({ description: 'Absent: all.' }),
});
export type IamQuotaQuery = z.infer<typeof iamQuotaQuerySchema>;

export const iamQuotasSchema = z.object({
  quotas: z.object({
    resources: z.array(z.object({ type: z.string(), used: z.int(), quota: z.int(), min: z.int(), max: z.int() })),
  }),
});
export type IamQuotas = z.infer<typeof iamQuotasSchema>;

/** Types whose definition was deleted are not told. Where an operator set a limit beyond the bounds, these give way. */
export function renderIamQuotas(
  types: readonly IamQuotaType[],
  usages: readonly QuotaUsage[],
  used: Readonly<Record<string, number>>,
): IamQuotas {
  const resources = types.flatMap(({ type, quotaKey, min, max }) => {
    const found = usages.find((usage) => usage.quotaKey === quotaKey);
    if (found === undefined) return [];
    const { limit } = found.state;
    const [least, most] = limit === UNLIMITED ? [min, max] : [Math.min(min, limit), Math.max(max, limit)];
    return [{ type, used: used[type] ?? 0, quota: limit, min: least, max: most }];
  });
  return { quotas: { resources } };
}
