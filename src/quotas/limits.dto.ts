/** The wire shapes of limits, splits, grants and history (contracts.md, Quotas). */
import { z } from 'zod';
import type { PastChange } from './changes.store.js';
import { parseScopeKey } from './core/scope.js';
import type { Grant, SetLimit } from './limits.store.js';
import {
  changedBySchema,
  domainIdSchema,
  limitSchema,
  quotaKeySchema,
  reasonSchema,
  renderScope,
  scopeSchema,
} from './quotas.dto.js';
import type { Caller } from './reservation.js';

const validateOnly = () => z.boolean().default(false).meta({ description: 'Checks everything and changes nothing.' });

export const setLimitSchema = z.strictObject({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: the caller’s own.' }),
  quota_key: quotaKeySchema,
  scope: scopeSchema,
  limit: limitSchema,
  reason: reasonSchema,
  force: z.boolean().default(false).meta({ description: 'Also below what is in use.' }),
  validate_only: validateOnly(),
});
export type SetLimitBody = z.infer<typeof setLimitSchema>;

export const splitSchema = setLimitSchema.omit({ force: true, domain_id: true });

export const deleteLimitSchema = setLimitSchema
  .pick({ domain_id: true, quota_key: true, scope: true, validate_only: true })
  .extend({
    reason: reasonSchema.default('deleted'),
  });
export type DeleteLimitBody = z.infer<typeof deleteLimitSchema>;

export const setLimitViewSchema = z.object({
  domain_id: z.string(),
  quota_key: z.string(),
  scope: scopeSchema,
  limit: limitSchema,
  plane: z.enum(['operator', 'tenant']),
  reason: z.string(),
  version: z.int(),
  set_by: changedBySchema,
  updated_at: z.int(),
});
export type SetLimitView = z.infer<typeof setLimitViewSchema>;

export const limitListSchema = z.object({ limits: z.array(setLimitViewSchema) });
export type LimitList = z.infer<typeof limitListSchema>;

export const ofDomainSchema = z.object({
  domain_id: domainIdSchema.optional(),
  quota_key: quotaKeySchema.optional(),
});
export type OfDomain = z.infer<typeof ofDomainSchema>;

const instant = () => z.int().min(0).max(253_402_300_799_999);

export const createGrantSchema = z.strictObject({
  domain_id: domainIdSchema.optional(),
  quota_key: quotaKeySchema,
  scope: scopeSchema,
  limit: limitSchema,
  from: instant().optional().meta({ description: 'Epoch ms; absent: now.' }),
  until: instant().nullish().meta({ description: 'Epoch ms, exclusive; absent: until revoked.' }),
  reason: reasonSchema,
  validate_only: validateOnly(),
});
export type CreateGrant = z.infer<typeof createGrantSchema>;

export const presetSchema = z.strictObject({
  domain_id: domainIdSchema.optional(),
  scope: scopeSchema,
  from: instant().optional(),
  until: instant().optional().meta({ description: 'Absent: as long as the preset allows.' }),
  reason: reasonSchema,
  validate_only: validateOnly(),
});
export type ApplyPreset = z.infer<typeof presetSchema>;
export const presetPathSchema = z.object({ preset: z.enum(['migration']) });

export const grantViewSchema = z.object({
  id: z.string(),
  domain_id: z.string(),
  quota_key: z.string(),
  scope: scopeSchema,
  limit: limitSchema,
  from: z.int(),
  until: z.int().nullable(),
  reason: z.string(),
  granted_by: changedBySchema,
  revoked_at: z.int().nullable(),
});
export type GrantView = z.infer<typeof grantViewSchema>;

export const grantListSchema = z.object({ grants: z.array(grantViewSchema) });
export type GrantList = z.infer<typeof grantListSchema>;

export const grantPathSchema = z.object({ id: z.string().min(1).max(128) });
export const revokeSchema = z.strictObject({ reason: reasonSchema.default('revoked') });
export type Revoke = z.infer<typeof revokeSchema>;

/** By its id, or all that are active for a key and scope. */
export const revokeGrantsSchema = z
  .strictObject({
    domain_id: domainIdSchema.optional().meta({ description: 'Absent: the caller’s own.' }),
    id: z
      .string()
      .regex(/^[^\p{C}\s]{1,128}$/u, 'must be the id of a grant')
      .optional(),
    quota_key: quotaKeySchema.optional(),
    scope: scopeSchema.optional(),
    reason: reasonSchema.default('revoked'),
  })
  .superRefine(({ id, quota_key: key, scope }, context) => {
    const say = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (id === undefined) {
      if (key === undefined) say('quota_key', 'is required where no id names the grant');
      if (scope === undefined) say('scope', 'is required where no id names the grant');
    } else {
      if (key !== undefined) say('quota_key', 'does not go with an id');
      if (scope !== undefined) say('scope', 'does not go with an id');
    }
  });
export type RevokeGrants = z.infer<typeof revokeGrantsSchema>;

export const historyQuerySchema = ofDomainSchema.extend({
  installation: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'For operators: changes of definitions instead of a domain’s.' }),
  before: z.coerce.number().int().min(0).optional().meta({ description: 'Epoch ms, exclusive.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

export const historySchema = z.object({
  history: z.array(
    z.object({
      id: z.string(),
      at: z.int(),
      quota_key: z.string(),
      scope: scopeSchema.nullable(),
      change: z.string(),
      before: z.unknown(),
      after: z.unknown(),
      reason: z.string(),
      by: changedBySchema,
    }),
  ),
});
export type History = z.infer<typeof historySchema>;

export function renderBy({ domainId, userId, userName }: Caller) {
  return { user_id: userId, user_name: userName, domain_id: domainId };
}

export function renderLimit(set: SetLimit): SetLimitView {
  return {
    domain_id: set.domainId,
    quota_key: set.quotaKey,
    scope: renderScope(parseScopeKey(set.scope, set.domainId)),
    limit: set.limit,
    plane: set.plane,
    reason: set.reason,
    version: set.version,
    set_by: renderBy(set.setBy),
    updated_at: set.updatedAt,
  };
}

export function renderGrant(grant: Grant): GrantView {
  return {
    id: grant.id,
    domain_id: grant.domainId,
    quota_key: grant.quotaKey,
    scope: renderScope(parseScopeKey(grant.scope, grant.domainId)),
    limit: grant.limit,
    from: grant.fromMs,
    until: grant.untilMs,
    reason: grant.reason,
    granted_by: renderBy(grant.grantedBy),
    revoked_at: grant.revokedAtMs,
  };
}

export function renderHistory(changes: readonly PastChange[]): History {
  return {
    history: changes.map(({ id, at, domainId, quotaKey, scope, change, before, after, reason, by }) => ({
      id,
      at,
      quota_key: quotaKey,
      scope: scope === '' ? null : renderScope(parseScopeKey(scope, domainId)),
      change,
      before,
      after,
      reason,
      by: renderBy(by),
    })),
  };
}
