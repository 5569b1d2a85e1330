/** The wire shapes of quota requests (contracts.md, Quota requests). */
import { z } from 'zod';
import {
  type Caller,
  domainIdSchema,
  limitSchema,
  parseScopeKey,
  quotaKeySchema,
  reasonSchema,
  renderScope,
  scopeFrom,
  scopeSchema,
} from '../quotas/index.js';
import { PRIORITIES } from './core/request-rules.js';
import { isOpen, phaseAt, REQUEST_STATES } from './core/request-states.js';
import type { NewRequest, QuotaRequest, RequestDecision, RequestDetail, RequestStep } from './quota-request.js';

const LAST_INSTANT = 253_402_300_799_999;
export const instantSchema = () => z.int().min(0).max(LAST_INSTANT);
const desired = () => limitSchema.refine((limit) => limit !== 0, 'must be -1 (unlimited) or at least 1');
const contact = () => z.string().trim().min(1).max(200).refine(noNul, 'must not hold a NUL');
const links = () => z.array(z.url({ protocol: /^https?$/ }).max(500)).max(10);

function noNul(text: string): boolean {
  return !text.includes('\0');
}

export const createRequestSchema = z.strictObject({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: the caller’s own.' }),
  quota_key: quotaKeySchema,
  scope: scopeSchema,
  desired: desired(),
  reason: reasonSchema,
  until: instantSchema().nullish().meta({ description: 'Epoch ms, exclusive; absent: for good.' }),
  contact: contact().optional(),
  links: links().default([]),
  priority: z.enum(PRIORITIES).default('normal'),
  validate_only: z.boolean().default(false).meta({ description: 'Checks everything and changes nothing.' }),
});
export type CreateRequest = z.infer<typeof createRequestSchema>;

export const amendRequestSchema = z
  .strictObject({
    desired: desired().optional(),
    until: instantSchema().nullable().optional().meta({ description: 'null: for good.' }),
    reason: reasonSchema.optional(),
    contact: contact().nullable().optional(),
    links: links().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'says nothing to amend');
export type AmendRequest = z.infer<typeof amendRequestSchema>;

export const requestPathSchema = z.object({ id: z.string().min(1).max(128) });

export const approveSchema = z.strictObject({
  granted: desired().optional().meta({ description: 'Absent: all that is asked for.' }),
  until: instantSchema().nullable().optional().meta({ description: 'Absent: as asked for.' }),
  reason: reasonSchema.optional(),
});
export type Approve = z.infer<typeof approveSchema>;

export const denySchema = z.strictObject({ reason: reasonSchema });
export const withdrawSchema = z.strictObject({ reason: reasonSchema.optional() });
export const reviewSchema = z.strictObject({ note: reasonSchema.optional() });
export const askSchema = z.strictObject({ question: reasonSchema });
export const answerSchema = z.strictObject({ text: reasonSchema });
export const commentSchema = z.strictObject({
  text: reasonSchema,
  internal: z.boolean().default(false).meta({ description: 'For operators alone.' }),
});
export const assignSchema = z
  .strictObject({
    assignee: z
      .strictObject({ id: domainIdSchema, name: z.string().trim().min(1).max(64).refine(noNul) })
      .nullable()
      .optional()
      .meta({ description: 'A user of the operator domain; null: nobody.' }),
    priority: z.enum(PRIORITIES).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'says nothing to change');
export type AssignRequest = z.infer<typeof assignSchema>;

const personSchema = z.object({ id: z.string(), name: z.string() });
const stateSchema = z.enum(REQUEST_STATES);

const decisionSchema = z.object({
  outcome: z.enum(['approved', 'partially_approved', 'denied']),
  by: personSchema,
  at: z.int(),
  reason: z.string(),
  rule: z.object({ name: z.string(), inputs: z.record(z.string(), z.unknown()) }).nullable(),
});

const stepSchema = z.object({
  at: z.int(),
  by: personSchema,
  action: z.string(),
  from: stateSchema.nullable(),
  to: stateSchema,
  note: z.string(),
});

export const requestSchema = z.object({
  id: z.string().meta({ description: 'Empty where it was only validated.' }),
  state: stateSchema,
  domain_id: z.string(),
  quota_key: z.string(),
  scope: scopeSchema,
  limit_at_request: limitSchema,
  desired: limitSchema,
  granted: limitSchema.nullable(),
  until: z.int().nullable().meta({ description: 'Of what is asked for; once granted, of what was granted.' }),
  requester: personSchema,
  reason: z.string(),
  contact: z.string().nullable(),
  links: z.array(z.string()),
  priority: z.enum(PRIORITIES),
  decision: decisionSchema.nullable(),
  phase: z
    .enum(['scheduled', 'applied', 'ended'])
    .nullable()
    .meta({ description: 'Of what was granted, by its interval and the clock.' }),
  ends_at: z.int().nullable(),
  grant_id: z.string().nullable(),
  created_at: z.int(),
  updated_at: z.int(),
  due_at: z.int().meta({ description: 'When it is to be decided; moves on while the requester is asked.' }),
  overdue: z.boolean(),
  version: z.int(),
  history: z.array(stepSchema),
  comments: z.array(
    z.object({
      at: z.int(),
      by: personSchema,
      side: z.enum(['requester', 'approver']),
      internal: z.boolean(),
      text: z.string(),
    }),
  ),
  assignee: personSchema.nullish().meta({ description: 'For operators.' }),
  approvals: z
    .array(
      z.object({
        by: personSchema,
        at: z.int(),
        granted: limitSchema,
        until: z.int().nullable(),
        reason: z.string(),
      }),
    )
    .optional()
    .meta({ description: 'For operators.' }),
  auto: z
    .object({
      decided_by: z.string().nullable(),
      verdicts: z.array(z.object({ rule: z.string(), approves: z.boolean(), failed: z.array(z.string()) })),
    })
    .nullish()
    .meta({ description: 'For operators: what rules said when it was made.' }),
});
export type WireRequest = z.infer<typeof requestSchema>;

export function newRequestFrom(body: CreateRequest): NewRequest {
  return {
    domainId: body.domain_id ?? null,
    quotaKey: body.quota_key,
    scope: scopeFrom(body.scope),
    desired: body.desired,
    untilMs: body.until ?? null,
    reason: body.reason,
    contact: body.contact ?? null,
    links: body.links,
    priority: body.priority,
    validateOnly: body.validate_only,
  };
}

export function renderPerson({ userId, userName }: Caller) {
  return { id: userId, name: userName };
}

function renderDecision({ outcome, by, at, reason, rule }: RequestDecision): WireRequest['decision'] {
  return {
    outcome,
    by: renderPerson(by),
    at,
    reason,
    rule: rule && { name: rule.name, inputs: snakeCased(rule.inputs) },
  };
}

/** What rules looked at, spelt as the wire spells. */
function snakeCased(inputs: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

export function renderStep({ at, by, action, from, to, note }: RequestStep) {
  return { at, by: renderPerson(by), action, from, to, note };
}

/** @param internal whether what is among operators is shown, too */
export function renderRequest(
  { request, history, comments, approvals }: RequestDetail,
  internal: boolean,
): WireRequest {
  return {
    ...renderFacts(request),
    history: history.filter((step) => internal || !step.internal).map(renderStep),
    comments: comments
      .filter((comment) => internal || !comment.internal)
      .map(({ at, by, side, internal: inward, text }) => ({ at, by: renderPerson(by), side, internal: inward, text })),
    ...(internal && {
      assignee: request.assignee && renderPerson(request.assignee),
      approvals: approvals.map(({ by, at, limit, untilMs, reason }) => ({
        by: renderPerson(by),
        at,
        granted: limit,
        until: untilMs,
        reason,
      })),
      auto: request.auto && {
        decided_by: request.auto.decidedBy,
        verdicts: request.auto.verdicts.map(({ rule, approves, failed }) => ({ rule, approves, failed: [...failed] })),
      },
    }),
  };
}

function renderFacts(request: QuotaRequest) {
  const { decision, interval } = request;
  const isGranted = decision !== null && decision.outcome !== 'denied';
  return {
    id: request.id,
    state: request.state,
    domain_id: request.domainId,
    quota_key: request.quotaKey,
    scope: renderScope(parseScopeKey(request.scope, request.domainId)),
    limit_at_request: request.limitAtRequest,
    desired: request.desired,
    granted: decision?.granted ?? null,
    until: isGranted ? decision.grantedUntil : request.untilMs,
    requester: renderPerson(request.requester),
    reason: request.reason,
    contact: request.contact,
    links: [...request.links],
    priority: request.priority,
    decision: decision && renderDecision(decision),
    phase: !isGranted ? null : interval === null ? ('applied' as const) : phaseAt(interval, request.asOf),
    ends_at: interval === null ? null : (interval.revokedAtMs ?? interval.untilMs),
    grant_id: request.grantId,
    created_at: request.createdAt,
    updated_at: request.updatedAt,
    due_at: request.dueAt,
    overdue: isOpen(request.state) && request.pausedAt === null && request.dueAt <= request.asOf,
    version: request.version,
  };
}
