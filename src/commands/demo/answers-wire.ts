/** What the story reads of answers; everything else in them is left alone. */
import { z } from 'zod';

export const created = z.object({ user: z.object({ id: z.string() }) });
export const userList = z.object({ users: z.array(z.object({ id: z.string(), name: z.string() })) });
export const createdPolicy = z.object({ policy: z.object({ policy_id: z.string() }) });
export const policyList = z.object({
  policies: z.array(z.object({ policy_id: z.string(), policy_name: z.string() })),
});

const match = z.object({ policy_name: z.string(), sid: z.string().nullable().optional() });
export const evaluation = z.object({
  decision: z.boolean(),
  context: z.object({ determining: z.array(match).default([]) }).optional(),
});

export const refusal = z.object({ error_code: z.string(), error_msg: z.string() });

export const reservation = z.object({
  id: z.string(),
  items: z.array(z.object({ limit: z.number(), used: z.number(), reserved: z.number(), remaining: z.number() })),
});
export const exceeded = refusal.extend({
  error_code: z.literal('QST.Quota.Exceeded'),
  exceeded: z
    .array(
      z.object({
        quota_key: z.string(),
        needed: z.number(),
        used: z.number(),
        reserved: z.number(),
        limit: z.number(),
        origin: z.string(),
      }),
    )
    .min(1),
  request_more: z.string(),
});
export const swrQuotas = z.object({
  quotas: z.array(z.object({ quota_key: z.string(), quota_limit: z.number(), used: z.number() })),
});

export const quotaRequest = z.object({
  id: z.string(),
  state: z.string(),
  limit_at_request: z.number(),
  desired: z.number(),
  granted: z.number().nullable(),
  until: z.number().nullable(),
});

export const traceTotal = z.object({ total: z.object({ value: z.number() }) });
export const traceList = z.object({
  meta_data: z.object({ count: z.number(), marker: z.string().nullable() }),
  traces: z.array(
    z.object({ trace_name: z.string(), resource_name: z.string().optional(), code: z.string().optional() }),
  ),
});

export const replaySummary = z.object({
  evaluated: z.number(),
  changed: z.object({ newly_denied: z.number(), newly_allowed: z.number() }),
  by_action: z.array(z.object({ action: z.string(), newly_denied: z.number(), newly_allowed: z.number() })),
  examples: z.array(z.object({ resource: z.string().nullable(), before: z.string(), after: z.string() })),
});

export const retentionDays = z.object({ retention_days: z.number() });
export const dryRun = z.object({
  at: z.number(),
  window_from: z.number(),
  dropped: z.array(z.object({ partition: z.string(), to: z.number(), rows: z.number() })),
});

const tally = z.object({
  offsets: z.string(),
  stored: z.string(),
  duplicate: z.string(),
  dead_lettered: z.string(),
  filtered: z.string(),
  absent: z.string(),
  evicted: z.string(),
  lag: z.string(),
  balanced: z.boolean(),
});
export const coverage = z.object({ total: tally });
export const deadLetters = z.object({ dead_letters: z.array(z.object({ reason: z.string(), detail: z.string() })) });
