/** `POST /v1/policies/simulate` (contracts.md "Decisions"). */
import { z } from 'zod';
import { parseUrn } from '../kernel/urn.js';
import type { Explained } from './decisions.service.js';
import { renderExplanation, type WireResult } from './core/wire-decision.js';

const MOST_REQUESTS = 100;
const MOST_DRAFTS = 10;
const MOST_KEYS = 50;
const text = z.string().min(1).max(256);
const scalar = z.union([z.string().max(1_024), z.number(), z.boolean(), z.null()]);

/** By condition key. */
const contextSchema = z
  .record(z.string().max(256), z.union([scalar, z.array(scalar).max(100)]))
  .refine((context) => Object.keys(context).length <= MOST_KEYS, `at most ${String(MOST_KEYS)} keys`);

export const simulationSchema = z
  .strictObject({
    domain_id: text.optional().meta({ description: 'Another domain; for principals of the operator domain only.' }),
    principal: z.strictObject({ user_id: text }).optional().meta({ description: 'Whose policies are asked.' }),
    policies: z
      .array(z.unknown())
      .min(1)
      .max(MOST_DRAFTS)
      .optional()
      .meta({ description: 'Drafts: documents of any version, beside what the principal has, or alone.' }),
    requests: z
      .array(
        z.strictObject({
          action: z.string().min(1).max(128),
          resource: z
            .string()
            .max(1_500)
            .refine((urn) => parseUrn(urn) !== null, 'must be a URN service:region:domainId:resourceType:path')
            .nullish(),
          context: contextSchema.optional(),
          project_id: text
            .optional()
            .meta({ description: 'Absent: the project that stands for the region of the resource.' }),
        }),
      )
      .min(1)
      .max(MOST_REQUESTS),
  })
  .refine(({ principal, policies }) => principal !== undefined || policies !== undefined, {
    path: ['principal'],
    message: 'name a principal, or give policies, or both',
  });

export type Simulation = z.infer<typeof simulationSchema>;

const statement = {
  policy_id: z.string().nullable(),
  policy_name: z.string(),
  version: z.string().nullable(),
  statement: z.int(),
  sid: z.string().nullable(),
  effect: z.enum(['Allow', 'Deny']),
};

export const simulatedSchema = z.object({
  results: z.array(
    z.object({
      decision: z.enum(['Allow', 'ExplicitDeny', 'ImplicitDeny']),
      determining: z.array(z.object(statement)),
      near_misses: z.array(z.object({ ...statement, failed: z.string(), detail: z.string() })),
      missing_context: z.array(z.string()),
      layers: z.object({ identity: z.string(), scp: z.string().nullable(), org_auth: z.string().nullable() }),
      bound: z.string().nullable().meta({ description: 'Why no policy was asked: what none can allow.' }),
    }),
  ),
  policy_set_version: z.string(),
});

export interface WireSimulated {
  readonly results: readonly WireExplained[];
  readonly policy_set_version: string;
}

export interface WireExplained extends WireResult {
  readonly bound: string | null;
}

export function renderExplained(explained: Explained): WireExplained {
  return { ...renderExplanation(explained), bound: explained.bound };
}
