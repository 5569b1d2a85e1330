/** The wire shape of definitions (contracts.md, Quotas). */
import { z } from 'zod';
import { MAX_LIMIT } from './core/definition.js';
import { NAME_RULES } from '../kernel/resource-names.js';
import { SCOPE_KINDS } from './core/scope.js';
import type { WireDefinition } from './core/wire-definition.js';
import type { StoredDefinition } from './definitions.store.js';
import { limitSchema, quotaKeySchema, reasonSchema } from './quotas.dto.js';

const word = () =>
  z
    .string()
    .max(128)
    .regex(/^[^\p{C}\s]+$/u, 'must be printable, without blanks');
const paths = () => z.array(word()).max(8).default([]);

const traceEffectSchema = z.strictObject({
  effect: z.enum(['add', 'subtract', 'close']),
  service_type: word(),
  resource_type: word(),
  trace_names: z.array(word()).min(1).max(20),
  ratings: z
    .array(z.enum(['normal', 'warning', 'incident']))
    .min(1)
    .default(['normal']),
  amount: z.int().min(1).max(MAX_LIMIT).default(1),
  name: paths(),
  owner: paths(),
  instance: paths(),
  basis: z.enum(['documented', 'inferred']).default('inferred'),
});

const members = {
  description: z.string().max(500).default(''),
  unit: z.string().max(32).default('count'),
  scope_kind: z.enum(SCOPE_KINDS),
  edition: z.enum(['shared', 'enterprise', 'common']).default('common'),
  default_limit: limitSchema,
  hard_limit: limitSchema.nullable().default(null).meta({ description: 'Most that a request may ask for.' }),
  spec_limits: z.record(word(), limitSchema).default({}),
  mode: z.enum(['enforce', 'warn', 'observe']),
  thresholds: z.array(z.int().min(1).max(100)).max(10).default([70, 85, 95, 100]),
  name_rule: z.enum(NAME_RULES).default('any'),
  unique_in: z.enum(['space', 'region']).default('space'),
  reserved_names: z.array(word()).max(100).default([]),
  equivalents: z.record(word(), z.record(word(), z.union([word(), z.int()]))).default({}),
  traces: z.array(traceEffectSchema).max(50).default([]),
};

export const putDefinitionSchema = z.strictObject({
  ...members,
  reason: reasonSchema,
  validate_only: z.boolean().default(false),
});
export type PutDefinition = z.infer<typeof putDefinitionSchema>;

export const definitionPathSchema = z.object({ key: quotaKeySchema });

export const deleteDefinitionSchema = z.strictObject({ reason: reasonSchema.default('deleted') });
export type DeleteDefinition = z.infer<typeof deleteDefinitionSchema>;

export const definitionViewSchema = z.object({ key: z.string(), version: z.int(), ...members });
export type DefinitionView = WireDefinition & { readonly version: number };

export const definitionListSchema = z.object({ definitions: z.array(definitionViewSchema) });

export function renderDefinition({ version, document }: StoredDefinition): DefinitionView {
  return { ...document, hard_limit: document.hard_limit ?? null, version };
}

export function wireFrom(
  key: string,
  { reason: _why, validate_only: _only, ...document }: PutDefinition,
): WireDefinition {
  return { key, ...document };
}
