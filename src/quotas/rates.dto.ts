/** The wire shapes of rate quotas that registry services take from (docs/quotas.md, "Rate quotas"). */
import { z } from 'zod';
import type { RateDecision, RateLimit } from './core/gcra.js';
import { REGISTRY_CLASSES, registryRateQuota } from './core/wire-rates.js';
import { domainIdSchema } from './quotas.dto.js';

export const takeRateSchema = z
  .strictObject({
    domain_id: domainIdSchema,
    principal_id: z
      .string()
      .min(1)
      .max(256)
      .meta({ description: 'Who does it: id of a user, or whatever the registry knows.' }),
    class: z.enum(REGISTRY_CLASSES),
    amount: z.int().min(1).default(1).meta({ description: 'Operations at once: all or none.' }),
  })
  .superRefine(({ class: rateClass, amount }, context) => {
    const { burst } = registryRateQuota(rateClass);
    if (amount > burst)
      context.addIssue({ code: 'custom', path: ['amount'], message: `must be at most the burst, ${String(burst)}` });
  });
export type TakeRate = z.infer<typeof takeRateSchema>;

export const rateTakenSchema = z.object({
  allowed: z.boolean(),
  class: z.string(),
  limit: z.number(),
  window_seconds: z.number(),
  burst: z.int(),
  remaining: z.int(),
  retry_after_ms: z.int(),
  reset_ms: z.int(),
});

export function renderRate(
  rateClass: string,
  rate: RateLimit,
  decision: RateDecision,
): z.infer<typeof rateTakenSchema> {
  return {
    allowed: decision.allowed,
    class: rateClass,
    limit: rate.limit,
    window_seconds: rate.windowMs / 1_000,
    burst: rate.burst,
    remaining: decision.remaining,
    retry_after_ms: decision.retryAfterMs,
    reset_ms: decision.resetMs,
  };
}
