/**
 * Decides a request: an applicable Deny, else any Allow, else nothing allows it (domain/iam.md §1.1). Looks only at what the
 * indexes find; nothing is allocated but for variables, new action names, and dates written as text.
 */
import { type ActionPlan, isInSet } from './action-index.js';
import type { CompiledSet } from './compiled-set.js';
import {
  type CompiledStatement,
  conditionsHold,
  prepareRequest,
  resourceHolds,
  statementHolds,
  takesEffect,
  variablesHold,
} from './compiled-statement.js';
import { NO, type Truth, YES } from './condition.js';
import { childOf } from './path-trie.js';
import type { AccessRequest, Decision, Effect, RequestContext } from './policy.js';
import { type Bucket, bucketOf, fitsBucket } from './resource-index.js';
import { cutUrn, matchesUrn } from './urn-pattern.js';

/** Where the colons of the request's URN stand, while it is decided. */
const cuts = new Int32Array(4);

export function decide(set: CompiledSet, request: AccessRequest): Decision {
  const { context } = request;
  const plan = set.actions.plan(request.action);
  if (plan.denies) return 'ExplicitDeny';
  const urn = plan.hasResourceType ? request.resource : null;
  if (urn !== null && !cutUrn(urn, cuts)) return decideMalformed(set, request);
  const bucket = urn === null ? null : bucketOf(set.resources, urn, cuts);
  if (someEverywhere(set, plan.denying, urn, context)) return 'ExplicitDeny';
  if (urn !== null && someOfResource(set, 'Deny', bucket, plan, urn, context)) return 'ExplicitDeny';
  if (plan.allows || someEverywhere(set, plan.allowing, urn, context)) return 'Allow';
  if (urn !== null && someOfResource(set, 'Allow', bucket, plan, urn, context)) return 'Allow';
  return 'ImplicitDeny';
}

/** A resource that is no URN is in no index: a Deny that asks for one cannot be evaluated. */
function decideMalformed({ statements }: CompiledSet, request: AccessRequest): Decision {
  const prepared = prepareRequest(request);
  let decision: Decision = 'ImplicitDeny';
  for (const statement of statements) {
    if (!statementHolds(statement, prepared)) continue;
    if (statement.effect === 'Deny') return 'ExplicitDeny';
    decision = 'Allow';
  }
  return decision;
}

function someEverywhere(
  { statements }: CompiledSet,
  candidates: Int32Array,
  urn: string | null,
  context: RequestContext,
): boolean {
  for (const candidate of candidates) {
    const statement = statements[candidate];
    if (statement === undefined) continue;
    const { resources } = statement;
    if (resources.negated && resourceHolds(resources, urn, urn === null ? null : cuts, context) === NO) continue;
    if (restHolds(statement, context)) return true;
  }
  return false;
}

/** What the indexes do not know of a statement. */
function restHolds({ effect, variables, conditions }: CompiledStatement, context: RequestContext): boolean {
  if (variables.length > 0 && !variablesHold(variables, context)) return false;
  const found: Truth = conditions.length === 0 ? YES : conditionsHold(conditions, context);
  return takesEffect(effect, found);
}

function someOfResource(
  set: CompiledSet,
  effect: Effect,
  own: Bucket | null,
  plan: ActionPlan,
  urn: string,
  context: RequestContext,
): boolean {
  if (own !== null && someOfBucket(set, effect, own, plan, urn, context)) return true;
  for (const bucket of set.resources.open)
    if (fitsBucket(bucket, urn, cuts) && someOfBucket(set, effect, bucket, plan, urn, context)) return true;
  return false;
}

function someOfBucket(
  set: CompiledSet,
  effect: Effect,
  { roots }: Bucket,
  plan: ActionPlan,
  urn: string,
  context: RequestContext,
): boolean {
  const forward = roots[effect][0];
  const backward = roots[effect][1];
  const start = (cuts[3] ?? 0) + 1;
  if (forward >= 0 && walk(set, forward, plan, urn, start, 1, context)) return true;
  return backward >= 0 && walk(set, backward, plan, urn, urn.length - 1, -1, context);
}

/** Follows the path from `start` in the direction of `step`, looking at the statements of every beginning that it has. */
function walk(
  set: CompiledSet,
  root: number,
  plan: ActionPlan,
  urn: string,
  start: number,
  step: 1 | -1,
  context: RequestContext,
): boolean {
  const { trie } = set.resources;
  const { labels, labelStart, groupStart } = trie;
  const first = (cuts[3] ?? 0) + 1;
  let node = root;
  let at = start;
  for (;;) {
    const labelEnd = labelStart[node + 1] ?? 0;
    for (let label = labelStart[node] ?? 0; label < labelEnd; label++, at += step)
      if (at < first || at >= urn.length || urn.charCodeAt(at) !== labels[label]) return false;
    const groupsEnd = groupStart[node + 1] ?? 0;
    const groupsBegin = groupStart[node] ?? 0;
    if (groupsBegin < groupsEnd && someOfGroups(set, groupsBegin, groupsEnd, plan, urn, context)) return true;
    if (at < first || at >= urn.length) return false;
    node = childOf(trie, node, urn.charCodeAt(at));
    if (node < 0) return false;
  }
}

function someOfGroups(
  { statements, resources }: CompiledSet,
  begin: number,
  end: number,
  { sets }: ActionPlan,
  urn: string,
  context: RequestContext,
): boolean {
  const { groups } = resources.trie;
  for (let at = begin; at < end;) {
    const next = groups[at + 1] ?? end;
    if (isInSet(sets, groups[at] ?? 0))
      for (let member = at + 2; member < next; member++) {
        const entry = groups[member] ?? 0;
        const pattern = resources.patterns[entry];
        const statement = statements[resources.statements[entry] ?? 0];
        if (pattern === undefined || statement === undefined) continue;
        if (matchesUrn(pattern, urn, cuts, context) && restHolds(statement, context)) return true;
      }
    at = next;
  }
  return false;
}
