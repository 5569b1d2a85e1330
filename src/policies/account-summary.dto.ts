/** The wire shape of `/v5/account-summary` (SDK model GetAccountSummaryV5Response). */
import { z } from 'zod';
import type { AccountCounts } from './account-summary.store.js';
import { MOST_POLICIES, MOST_VERSIONS } from './identity-policies.service.js';
import { MOST_ATTACHED } from './policy-attachments.service.js';
import { MAX_SIZE } from './core/parse-policy.js';

export const accountSummarySchema = z.object({
  users: z.int(),
  groups: z.int(),
  policies: z.int(),
  agencies: z.literal(0).meta({ description: 'There are none here.' }),
  agencies_quota: z.literal(0),
  policies_quota: z.int(),
  versions_per_policy_quota: z.int(),
  policy_size_quota: z.int().meta({ description: 'Characters, without blanks between elements.' }),
  attached_policies_per_user_quota: z.int(),
  attached_policies_per_group_quota: z.int(),
  attached_policies_per_agency_quota: z.literal(0),
  root_user_mfa_enabled: z.boolean().meta({ description: 'Whether every enabled administrator has a second factor.' }),
});
export type AccountSummary = z.infer<typeof accountSummarySchema>;

export function renderAccountSummary({
  users,
  groups,
  policies,
  administratorsHaveMfa,
}: AccountCounts): AccountSummary {
  return {
    users,
    groups,
    policies,
    agencies: 0,
    agencies_quota: 0,
    policies_quota: MOST_POLICIES,
    versions_per_policy_quota: MOST_VERSIONS,
    policy_size_quota: MAX_SIZE,
    attached_policies_per_user_quota: MOST_ATTACHED,
    attached_policies_per_group_quota: MOST_ATTACHED,
    attached_policies_per_agency_quota: 0,
    root_user_mfa_enabled: administratorsHaveMfa,
  };
}
