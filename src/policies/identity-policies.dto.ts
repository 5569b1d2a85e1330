/** The wire shapes of `/v5/policies` and of attachments (domain/iam.md §3.2). */
import { z } from 'zod';
import { recordText } from '../identity/index.js';
import type { IdentityPolicy, PolicyVersionView } from './identity-policies.service.js';
import type { AttachedPolicy } from './policy-attachments.service.js';
import type { AttachedTo } from './policy-attachments.store.js';

const id = () => recordText(64);
export const policyPathSchema = z.object({ policy_id: id() });
export const versionPathSchema = z.object({ policy_id: id(), version_id: recordText(64) });
export const userPathSchema = z.object({ user_id: id() });
export const groupPathSchema = z.object({ group_id: id() });
export type PolicyPath = z.infer<typeof policyPathSchema>;
export type VersionPath = z.infer<typeof versionPathSchema>;
export type UserPath = z.infer<typeof userPathSchema>;
export type GroupPath = z.infer<typeof groupPathSchema>;

const page = {
  limit: z.coerce.number().int().min(1).max(200).default(100),
  marker: recordText(400, 0).default('').meta({ description: '`next_marker` of the page before.' }),
};
export const pageQuerySchema = z.object(page);
export type PageQuery = z.infer<typeof pageQuerySchema>;
export const listPoliciesSchema = z.object({
  ...page,
  policy_type: z.enum(['custom', 'system']).optional(),
  path_prefix: recordText(512, 0).default(''),
  only_attached: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true'),
});
export type ListPolicies = z.infer<typeof listPoliciesSchema>;
export const listEntitiesSchema = z.object({ ...page, entity_type: z.enum(['user', 'group', 'agency']).optional() });
export type ListEntities = z.infer<typeof listEntitiesSchema>;

const document = () => z.string().max(131_072).meta({ description: 'The document, as JSON text; Version 5.0.' });
export const createPolicySchema = z.object({
  policy_name: z.string().regex(/^[A-Za-z0-9_+=.@-]{1,128}$/, 'must be 1 to 128 letters, digits or "_+=.@-"'),
  path: z
    .string()
    .max(512)
    .regex(/^(?:[A-Za-z0-9_+=.@,-]+\/)*$/, 'must be names that each end in "/", as in "team/app/"')
    .default(''),
  policy_document: document(),
  description: recordText(1_000, 0).default(''),
});
export type CreatePolicyBody = z.infer<typeof createPolicySchema>;
export const createVersionSchema = z.object({
  policy_document: document(),
  set_as_default: z.boolean().default(false),
});
export type CreateVersionBody = z.infer<typeof createVersionSchema>;
export const userBodySchema = z.object({ user_id: id() });
export const groupBodySchema = z.object({ group_id: id() });
export const agencyBodySchema = z.object({ agency_id: id() });
export type UserBody = z.infer<typeof userBodySchema>;
export type GroupBody = z.infer<typeof groupBodySchema>;
export type AgencyBody = z.infer<typeof agencyBodySchema>;

export const pageInfoSchema = z.object({
  next_marker: z.string().optional().meta({ description: 'Absent: there are no more.' }),
  current_count: z.int(),
});
const policyView = z.object({
  policy_type: z.enum(['custom', 'system']),
  policy_name: z.string(),
  policy_id: z.string(),
  urn: z.string(),
  path: z.string(),
  default_version_id: z.string(),
  attachment_count: z.int(),
  description: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
const versionView = z.object({
  document: z.string(),
  version_id: z.string(),
  is_default: z.boolean(),
  created_at: z.iso.datetime(),
});
export const policyAnswerSchema = z.object({ policy: policyView });
export const policyListSchema = z.object({ policies: z.array(policyView), page_info: pageInfoSchema });
export const versionAnswerSchema = z.object({ policy_version: versionView });
export const versionListSchema = z.object({ versions: z.array(versionView), page_info: pageInfoSchema });
export const attachedListSchema = z.object({
  attached_policies: z.array(
    z.object({ policy_name: z.string(), policy_id: z.string(), urn: z.string(), attached_at: z.iso.datetime() }),
  ),
  page_info: pageInfoSchema,
});
const attachedAt = { attached_at: z.iso.datetime() };
export const entityListSchema = z.object({
  policy_users: z.array(z.object({ user_id: z.string(), ...attachedAt })),
  policy_groups: z.array(z.object({ group_id: z.string(), ...attachedAt })),
  policy_agencies: z.array(z.object({ agency_id: z.string(), ...attachedAt })),
  page_info: pageInfoSchema,
});
export type PolicyAnswer = z.infer<typeof policyAnswerSchema>;
export type PolicyListAnswer = z.infer<typeof policyListSchema>;
export type VersionAnswer = z.infer<typeof versionAnswerSchema>;
export type VersionListAnswer = z.infer<typeof versionListSchema>;
export type AttachedListAnswer = z.infer<typeof attachedListSchema>;
export type EntityListAnswer = z.infer<typeof entityListSchema>;

/** Null for what no version is called. */
export function versionNumber(text: string): number | null {
  return /^v[1-9][0-9]{0,8}$/.test(text) ? Number(text.slice(1)) : null;
}

export function renderPolicy(policy: IdentityPolicy): PolicyAnswer['policy'] {
  return {
    policy_type: policy.type,
    policy_name: policy.name,
    policy_id: policy.id,
    urn: policy.urn,
    path: policy.path,
    default_version_id: `v${String(policy.defaultVersion)}`,
    attachment_count: policy.uses,
    description: policy.description,
    created_at: policy.createdAt.toISOString(),
    updated_at: policy.updatedAt.toISOString(),
  };
}

export function renderVersion({ document: text, version, isDefault, createdAt }: PolicyVersionView) {
  return {
    document: text,
    version_id: `v${String(version)}`,
    is_default: isDefault,
    created_at: createdAt.toISOString(),
  };
}

export function renderPolicies(policies: readonly IdentityPolicy[], limit: number): PolicyListAnswer {
  const { shown, info } = paged(policies, limit, (policy) => policy.id);
  return { policies: shown.map(renderPolicy), page_info: info };
}

/** Markers have four characters at least, and only those of base64. */
const AFTER = 'after-';

/** @param versions all of them, newest first */
export function renderVersions(
  versions: readonly PolicyVersionView[],
  { limit, marker }: PageQuery,
): VersionListAnswer {
  const after = versionNumber(marker.replace(AFTER, '')) ?? Infinity;
  const later = versions.filter(({ version }) => version < after);
  const { shown, info } = paged(later, limit, ({ version }) => `${AFTER}v${String(version)}`);
  return { versions: shown.map(renderVersion), page_info: info };
}

export function renderAttached(policies: readonly AttachedPolicy[], limit: number): AttachedListAnswer {
  const { shown, info } = paged(policies, limit, (policy) => policy.id);
  const views = shown.map(({ id: policyId, name, urn, attachedAt: at }) => ({
    policy_name: name,
    policy_id: policyId,
    urn,
    attached_at: at.toISOString(),
  }));
  return { attached_policies: views, page_info: info };
}

export function renderEntities(holders: readonly AttachedTo[], limit: number): EntityListAnswer {
  const { shown, info } = paged(holders, limit, (holder) => `${holder.kind}-${holder.id}`);
  const since = (at: Date) => ({ attached_at: at.toISOString() });
  const of = (kind: AttachedTo['kind']) => shown.filter((holder) => holder.kind === kind);
  return {
    policy_users: of('user').map((user) => ({ user_id: user.id, ...since(user.attachedAt) })),
    policy_groups: of('group').map((group) => ({ group_id: group.id, ...since(group.attachedAt) })),
    policy_agencies: [],
    page_info: info,
  };
}

/** @param found one more than the page holds, where there are more */
function paged<T>(found: readonly T[], limit: number, markerOf: (item: T) => string) {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const next = found.length > limit && last !== undefined && { next_marker: markerOf(last) };
  return { shown, info: { ...next, current_count: shown.length } };
}
