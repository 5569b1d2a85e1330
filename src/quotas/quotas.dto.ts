/** Wire shapes that all of `/v1/quotas` share: scopes, items, who did it (contracts.md, Quotas). */
import { z } from 'zod';
import { MAX_LIMIT } from './core/definition.js';
import type { Scope } from './core/scope.js';
import type { ExceededItem, ItemState } from './reservation.js';

/** Ids come from directories and traces that are not ours: any printable text without blanks. */
const id = () => z.string().regex(/^[^\p{C}\s]{1,64}$/u, 'must be 1 to 64 printable characters without blanks');

export const domainIdSchema = id();

export const quotaKeySchema = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, "_", "." or "-", a letter first');

export const scopeSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('domain'), id: id() }),
    z.strictObject({ kind: z.literal('project'), id: id() }),
    z.strictObject({ kind: z.literal('user'), project_id: id(), id: id() }),
    z.strictObject({ kind: z.literal('instance'), project_id: id(), id: id() }),
  ])
  .meta({ description: 'Whose quota it is: a domain, a project, a user within a project, or an instance.' });
export type WireScope = z.infer<typeof scopeSchema>;

export const limitSchema = z.int().min(-1).max(MAX_LIMIT).meta({ description: '-1 is unlimited.' });

export const reasonSchema = z
  .string()
  .trim()
  .min(1, 'says why, for those who read the history')
  .max(1_000)
  .refine((text) => !text.includes('\0'), 'must not hold a NUL');

export function scopeFrom(wire: WireScope): Scope {
  return { kind: wire.kind, projectId: 'project_id' in wire ? wire.project_id : '', id: wire.id };
}

export function renderScope({ kind, projectId, id: own }: Scope): WireScope {
  switch (kind) {
    case 'domain':
    case 'project':
      return { kind, id: own };
    case 'user':
    case 'instance':
      return { kind, project_id: projectId, id: own };
  }
}

const originSchema = z.enum(['override', 'grant', 'spec', 'default', 'unset']);
const modeSchema = z.enum(['enforce', 'warn', 'observe']);

export const itemStateSchema = z.object({
  quota_key: z.string(),
  scope: scopeSchema,
  limit: limitSchema,
  origin: originSchema,
  mode: modeSchema,
  used: z.int(),
  reserved: z.int(),
  remaining: z.int().nullable().meta({ description: 'Null where unlimited.' }),
});
export type WireItemState = z.infer<typeof itemStateSchema>;

export function renderItem({ quotaKey, scope, ...rest }: ItemState): WireItemState {
  return { quota_key: quotaKey, scope: renderScope(scope), ...rest };
}

export const exceededItemSchema = itemStateSchema.omit({ remaining: true }).extend({ needed: z.int() });
export type WireExceededItem = z.infer<typeof exceededItemSchema>;

export function renderExceeded({
  quotaKey,
  scope,
  needed,
  used,
  reserved,
  limit,
  origin,
  mode,
}: ExceededItem): WireExceededItem {
  return { quota_key: quotaKey, scope: renderScope(scope), needed, used, reserved, limit, origin, mode };
}

/** Who made a change, as history and reservations keep it. */
export const changedBySchema = z.object({ user_id: z.string(), user_name: z.string(), domain_id: z.string() });
