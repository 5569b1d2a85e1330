/** OpenID AuthZEN Authorization API 1.0, as it is said and heard. Fields that nobody knows are ignored. */
import { z } from 'zod';
import type { ContextValue } from './core/policy.js';
import type { Explained } from './decisions.service.js';
import { renderExplained } from './simulation.dto.js';

const name = z.string().min(1).max(1_500);
const members = z.record(z.string(), z.unknown());
const shape = {
  subject: z.object({ type: name, id: name, properties: members.optional() }),
  action: z.object({ name, properties: members.optional() }),
  resource: z.object({ type: name, id: name, properties: members.optional() }),
  context: members.optional(),
};

export const evaluationSchema = z.object(shape);
export type Evaluation = z.infer<typeof evaluationSchema>;

export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof SEMANTICS)[number];
const MOST_EVALUATIONS = 100;

/** Items are judged one by one: a bad one is answered in its place. */
export const evaluationsSchema = z.object({
  subject: members.optional(),
  action: members.optional(),
  resource: members.optional(),
  context: members.optional(),
  evaluations: z.array(z.unknown()).max(MOST_EVALUATIONS).optional(),
  options: z.object({ evaluations_semantic: z.enum(SEMANTICS).default('execute_all') }).optional(),
});
export type Evaluations = z.infer<typeof evaluationsSchema>;

const page = z
  .object({ limit: z.int().min(1).max(1_000).optional(), token: z.string().max(4_096).optional() })
  .optional();
const anyOne = z.object({ type: name, properties: members.optional() });

export const subjectSearchSchema = z.object({ ...shape, subject: anyOne, page });
export const resourceSearchSchema = z.object({ ...shape, resource: anyOne, page });
export const actionSearchSchema = z.object({
  subject: shape.subject,
  resource: shape.resource,
  context: shape.context,
  page,
});
export type SubjectSearch = z.infer<typeof subjectSearchSchema>;
export type ResourceSearch = z.infer<typeof resourceSearchSchema>;
export type ActionSearch = z.infer<typeof actionSearchSchema>;

export const decidedSchema = z.object({ decision: z.boolean(), context: members.optional() });
export const allDecidedSchema = z.union([decidedSchema, z.object({ evaluations: z.array(decidedSchema) })]);
export const foundSchema = z.object({
  results: z.array(z.union([z.object({ type: z.string(), id: z.string() }), z.object({ name: z.string() })])),
  page: z.object({ next_token: z.string(), count: z.int() }),
});
export const metadataSchema = z.object({
  policy_decision_point: z.string(),
  access_evaluation_endpoint: z.string(),
  access_evaluations_endpoint: z.string(),
  search_subject_endpoint: z.string(),
  search_resource_endpoint: z.string(),
  search_action_endpoint: z.string(),
});

export type WireDecided = z.infer<typeof decidedSchema>;
export type WireFound = z.infer<typeof foundSchema>;

const MOST_ITEM_PROBLEMS = 5;

/**
 * An item with the defaults of its batch. An item's member replaces the default whole, its properties too; only what is required of
 * it (type, id, name) falls back where the item leaves it out (certification scenario, "default value merging").
 */
export function withDefaults(
  batch: Evaluations,
  item: unknown,
): { readonly value: Evaluation } | { readonly problem: string } {
  const own = members.safeParse(item);
  if (!own.success) return { problem: 'an evaluation is an object' };
  const pick = (member: 'subject' | 'action' | 'resource', required: readonly string[]): unknown => {
    const [given, fallback] = [own.data[member], batch[member]];
    if (given === undefined) return fallback;
    if (fallback === undefined || !members.safeParse(given).success) return given;
    const missing = required.filter((key) => fallback[key] !== undefined);
    return { ...Object.fromEntries(missing.map((key) => [key, fallback[key]])), ...(given as object) };
  };
  const parsed = evaluationSchema.safeParse({
    subject: pick('subject', ['type', 'id']),
    action: pick('action', ['name']),
    resource: pick('resource', ['type', 'id']),
    context: own.data['context'] ?? batch.context,
  });
  if (parsed.success) return { value: parsed.data };
  const said = parsed.error.issues
    .slice(0, MOST_ITEM_PROBLEMS)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { problem: said.join('; ') };
}

/** What of a JSON object conditions can compare. */
export function comparable(
  given: Readonly<Record<string, unknown>> | undefined,
  prefix: string,
): Record<string, ContextValue> {
  const isScalar = (value: unknown): value is string | number | boolean =>
    ['string', 'number', 'boolean'].includes(typeof value);
  const entries = Object.entries(given ?? {}).flatMap(([key, value]): [string, ContextValue][] => {
    if (isScalar(value)) return [[prefix + key, value]];
    return Array.isArray(value) ? [[prefix + key, value.filter(isScalar)]] : [];
  });
  return Object.fromEntries(entries);
}

export function renderDecided(explained: Explained): WireDecided {
  const context = { ...renderExplained(explained), policy_set_version: explained.version };
  return { decision: explained.decision === 'Allow', context };
}

export function renderRefused(status: number, message: string): WireDecided {
  return { decision: false, context: { error: { status, message } } };
}
