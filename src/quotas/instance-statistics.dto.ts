/** ListInstanceStatistics of SWR's enterprise edition: limits and use of one instance (domain/quota.md §1.2). */
import { z } from 'zod';
import type { QuotaUsage } from './quota-usage.js';

/** The field that tells what is used of a limit; null: the cloud tells the limit alone. */
const USED_FIELDS = {
  namespace_quota: 'total_namespace_count',
  image_repo_quota: 'total_image_count',
  replica_policy_quota: 'replica_policy_count',
  replica_registry_quota: 'replica_registry_count',
  retention_policy_quota: 'retention_policy_count',
  notify_policy_quota: 'notify_policy_count',
  sign_policy_quota: 'sign_policy_count',
  intranet_endpoint_quota: 'intranet_endpoint_count',
  long_term_quota: null,
} as const;

export const STATISTICS_KEYS: readonly string[] = Object.keys(USED_FIELDS);

export const instancePathSchema = z.object({
  instance_id: z.string().regex(/^[^\p{C}\s]{1,64}$/u, 'must be 1 to 64 printable characters without blanks'),
});

export type InstancePath = z.infer<typeof instancePathSchema>;

const count = () => z.int().min(-1);

export const instanceStatisticsSchema = z.object({
  namespace_quota: count(),
  total_namespace_count: count(),
  image_repo_quota: count(),
  total_image_count: count(),
  replica_policy_quota: count(),
  replica_policy_count: count(),
  replica_registry_quota: count(),
  replica_registry_count: count(),
  retention_policy_quota: count(),
  retention_policy_count: count(),
  notify_policy_quota: count(),
  notify_policy_count: count(),
  sign_policy_quota: count(),
  sign_policy_count: count(),
  intranet_endpoint_quota: count(),
  intranet_endpoint_count: count(),
  long_term_quota: count(),
  storage_used: count().meta({ description: 'Always 0: bytes are not counted here.' }),
});
export type InstanceStatistics = z.infer<typeof instanceStatisticsSchema>;

/** A key without definition is unlimited, and nothing of it is told. */
export function renderInstanceStatistics(usages: readonly QuotaUsage[]): InstanceStatistics {
  const members: Record<string, number> = { storage_used: 0 };
  for (const [key, usedField] of Object.entries(USED_FIELDS)) {
    const state = usages.find(({ quotaKey }) => quotaKey === key)?.state;
    members[key] = state?.limit ?? -1;
    if (usedField !== null) members[usedField] = state?.used ?? 0;
  }
  return instanceStatisticsSchema.parse(members);
}
