/** The wire shape of `/v1/quotas/specs`: the specification an enterprise instance was bought with (domain/quota.md §1.2). */
import { z } from 'zod';
import { parseScopeKey } from './core/scope.js';
import type { InstanceSpec } from './instance-specs.store.js';
import { renderBy } from './limits.dto.js';
import { changedBySchema, domainIdSchema, reasonSchema, renderScope, scopeSchema } from './quotas.dto.js';

const instanceScopeSchema = z.strictObject({
  kind: z.literal('instance'),
  project_id: domainIdSchema,
  id: domainIdSchema,
});

export const setSpecSchema = z.strictObject({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: the caller’s own.' }),
  scope: instanceScopeSchema,
  spec: z
    .string()
    .regex(/^[^\p{C}\s]{1,128}$/u, 'must be 1 to 128 printable characters without blanks')
    .meta({ description: 'One for which a definition has limits, e.g. `swr.ee.professional`.' }),
  reason: reasonSchema,
  force: z.boolean().default(false).meta({ description: 'Also where its limits are below what is in use.' }),
  validate_only: z.boolean().default(false).meta({ description: 'Checks everything and changes nothing.' }),
});
export type SetSpec = z.infer<typeof setSpecSchema>;

export const deleteSpecSchema = setSpecSchema.omit({ spec: true }).extend({ reason: reasonSchema.default('deleted') });
export type DeleteSpec = z.infer<typeof deleteSpecSchema>;

export const listSpecsSchema = z.object({
  domain_id: domainIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(1_024).optional(),
});
export type ListSpecs = z.infer<typeof listSpecsSchema>;

export const specViewSchema = z.object({
  domain_id: z.string(),
  scope: scopeSchema,
  spec: z.string(),
  reason: z.string(),
  version: z.int(),
  set_by: changedBySchema,
  updated_at: z.int(),
});
export type SpecView = z.infer<typeof specViewSchema>;

export const specListSchema = z.object({
  specs: z.array(specViewSchema),
  page: z.object({ count: z.int(), next: z.string().nullable() }),
});
export type SpecList = z.infer<typeof specListSchema>;

export function renderSpec({ domainId, scope, spec, reason, version, setBy, updatedAt }: InstanceSpec): SpecView {
  return {
    domain_id: domainId,
    scope: renderScope(parseScopeKey(scope, domainId)),
    spec,
    reason,
    version,
    set_by: renderBy(setBy),
    updated_at: updatedAt,
  };
}
