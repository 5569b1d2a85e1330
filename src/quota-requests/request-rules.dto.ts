/** The wire shape of the rules that requests are judged by. */
import { z } from 'zod';
import { quotaKeySchema, reasonSchema } from '../quotas/index.js';
import { AUTO_MODES } from './core/request-rules.js';
import type { StoredRules } from './request-rules.store.js';

const days = () => z.int().min(0).max(3_650);
const hours = () => z.int().min(1).max(8_760);
const factor = () => z.number().min(1).max(1_000_000);

const members = {
  max_open_per_domain: z.int().min(1).max(10_000),
  quorum: z.array(z.strictObject({ above_factor: factor(), approvers: z.int().min(2).max(10) })).max(10),
  auto: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and hyphens'),
        mode: z.enum(AUTO_MODES),
        quota_keys: z.array(quotaKeySchema).max(100),
        max_factor: factor(),
        min_account_age_days: days(),
        no_grant_within_days: days(),
        min_used_percent: z.int().min(0).max(100),
      }),
    )
    .max(50),
  sla_hours: z.strictObject({ low: hours(), normal: hours(), high: hours(), urgent: hours() }),
  remind_at_percent: z.int().min(1).max(99),
  silent_days: z.int().min(1).max(365),
  open_days: z.int().min(1).max(3_650),
};

export const putRulesSchema = z.strictObject({
  ...members,
  reason: reasonSchema,
  validate_only: z.boolean().default(false),
});
export type PutRules = z.infer<typeof putRulesSchema>;

export const rulesSchema = z.object({ version: z.int(), ...members });
export type RulesView = StoredRules['document'] & { readonly version: number };

export function renderRules({ version, document }: StoredRules): RulesView {
  return { ...document, version };
}

export function documentFrom({ reason: _why, validate_only: _only, ...document }: PutRules): StoredRules['document'] {
  return document;
}
