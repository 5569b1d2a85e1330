/** The wire shapes of reconciliation and baseline (contracts.md, Quotas). */
import { z } from 'zod';
import { MAX_LIMIT } from './core/definition.js';
import { parseScopeKey } from './core/scope.js';
import { domainIdSchema, quotaKeySchema, reasonSchema, renderScope, scopeSchema } from './quotas.dto.js';
import type { Reconciliation } from './reconcile.service.js';

export const reconcileSchema = z.strictObject({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: all domains.' }),
  counts: z
    .array(
      z.strictObject({
        domain_id: domainIdSchema.optional(),
        quota_key: quotaKeySchema,
        scope: scopeSchema,
        count: z.int().min(0).max(MAX_LIMIT),
      }),
    )
    .max(10_000)
    .default([])
    .meta({ description: 'What is really there, by whoever knows; needs the domain_id, here or above.' }),
  repair: z.boolean().default(false),
});
export type ReconcileBody = z.infer<typeof reconcileSchema>;

export const reconciledSchema = z.object({
  checked: z.int(),
  drifted: z.array(
    z.object({
      domain_id: z.string(),
      scope: scopeSchema,
      quota_key: z.string(),
      used: z.int(),
      recounted: z.int(),
      reserved: z.int(),
      held: z.int(),
    }),
  ),
  unconfirmed: z.array(
    z.object({
      domain_id: z.string(),
      quota_key: z.string(),
      resource_name: z.string(),
      reservation_id: z.string().nullable(),
      since: z.int(),
    }),
  ),
  repaired: z.int(),
});
export type Reconciled = z.infer<typeof reconciledSchema>;

export const baselineSchema = z.strictObject({
  domain_id: domainIdSchema.optional(),
  as_of: z.int().min(0).optional().meta({ description: 'Epoch ms; absent: now.' }),
  items: z
    .array(
      z.strictObject({
        quota_key: quotaKeySchema,
        scope: scopeSchema,
        resource_names: z
          .array(
            z
              .string()
              .min(1)
              .max(256)
              .refine((text) => !text.includes('\0')),
          )
          .min(1)
          .max(10_000),
      }),
    )
    .min(1)
    .max(1_000),
  reason: reasonSchema,
  validate_only: z.boolean().default(false),
});
export type BaselineBody = z.infer<typeof baselineSchema>;

export const baselineResultSchema = z.object({ imported: z.int(), unchanged: z.int() });

export function renderReconciliation({ checked, drifted, unconfirmed, repaired }: Reconciliation): Reconciled {
  return {
    checked,
    drifted: drifted.map(({ domainId, quotaKey, scope, ...rest }) => ({
      domain_id: domainId,
      scope: renderScope(parseScopeKey(scope, domainId)),
      quota_key: quotaKey,
      ...rest,
    })),
    unconfirmed: unconfirmed.map(({ domainId, quotaKey, resourceName, reservationId, since }) => ({
      domain_id: domainId,
      quota_key: quotaKey,
      resource_name: resourceName,
      reservation_id: reservationId,
      since,
    })),
    repaired,
  };
}
