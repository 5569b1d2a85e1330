/** Why a request is decided as it is: looks at every statement, so it costs more than {@link decide} and says the same. */
import {
  actionHolds,
  type CompiledStatement,
  conditionsHold,
  prepareRequest,
  type PreparedRequest,
  resourceHolds,
  statementHolds,
} from './compiled-statement.js';
import type { CompiledSet } from './compiled-set.js';
import { evaluateCondition, NO, UNKNOWN, YES } from './condition.js';
import type { AccessRequest, Condition, ContextValue, Decision, Effect, RoleReference } from './policy.js';
import { contextValue, hasValue } from './request-context.js';
import { variableText } from './template.js';

export interface StatementReference {
  readonly policyId: string | null;
  readonly policyName: string;
  readonly policyVersion: string | null;
  /** Place in the policy, from 0. */
  readonly statement: number;
  readonly sid: string | null;
  readonly effect: Effect;
}

/** A statement that decided. */
export interface DeterminingStatement extends StatementReference {
  /** What of a Deny could not be evaluated, so that it denies for safety; null for a statement that truly matches. */
  readonly unevaluable: string | null;
}

/** A statement that would have allowed the request but for one clause, the first that failed. */
export interface NearMiss extends StatementReference {
  readonly failed: 'Action' | 'Resource' | 'Condition' | 'Depends';
  /** What was asked for, and for a condition what the request says. */
  readonly detail: string;
}

export interface Explanation {
  readonly decision: Decision;
  /** Every Deny that applies, else every Allow. */
  readonly determining: readonly DeterminingStatement[];
  /** Unless the request is allowed, the Allow statements that came nearest, nearest first. */
  readonly nearMisses: readonly NearMiss[];
  /** Keys that statements of this action and resource ask for and the request lacks. */
  readonly missingContext: readonly string[];
}

const MOST_NEAR_MISSES = 5;
const MOST_DETAIL = 200;

export function explain(set: CompiledSet, request: AccessRequest): Explanation {
  const prepared = prepareRequest(request);
  const matching = set.statements.filter((statement) => statementHolds(statement, prepared));
  const denying = matching.filter(({ effect }) => effect === 'Deny');
  const decision = denying.length > 0 ? 'ExplicitDeny' : matching.length > 0 ? 'Allow' : 'ImplicitDeny';
  return {
    decision,
    determining: (denying.length > 0 ? denying : matching).map((compiled) => ({
      ...referenceTo(compiled),
      unevaluable: unevaluable(compiled, prepared),
    })),
    nearMisses: decision === 'Allow' ? [] : nearMisses(set, prepared),
    missingContext: missingContext(set.statements, prepared),
  };
}

function referenceTo({ source, index, statement }: CompiledStatement): StatementReference {
  return {
    policyId: source.id,
    policyName: source.name,
    policyVersion: source.version,
    statement: index,
    sid: statement.sid,
    effect: statement.effect,
  };
}

function unevaluable(
  { resources, conditions }: CompiledStatement,
  { resource, cuts, context }: PreparedRequest,
): string | null {
  if (resourceHolds(resources, resource, cuts, context) === UNKNOWN) return `${resource ?? ''} is no URN`;
  const open = conditions.find((condition) => evaluateCondition(condition, context) === UNKNOWN);
  return open === undefined ? null : shortened(conditionText(open.source, contextValue(context, open.source.key)));
}

interface RankedMiss {
  readonly rank: number;
  readonly miss: NearMiss;
}

function nearMisses(set: CompiledSet, request: PreparedRequest): NearMiss[] {
  const found: RankedMiss[] = [];
  for (const compiled of set.statements) {
    const reason = compiled.effect === 'Allow' ? firstFailure(compiled, request) : null;
    if (reason !== null) found.push({ rank: reason.rank, miss: missOf(compiled, reason.failed, reason.detail) });
  }
  for (const { statement, needs } of set.dormant) {
    if (statement.effect === 'Allow' && statementHolds(statement, request))
      found.push({
        rank: 4,
        miss: missOf(statement, 'Depends', `needs the role ${namesOf(needs)}, which is not granted`),
      });
  }
  const nearest = found.sort((left, right) => right.rank - left.rank).slice(0, MOST_NEAR_MISSES);
  return nearest.map(({ miss }) => miss);
}

function missOf(compiled: CompiledStatement, failed: NearMiss['failed'], detail: string): NearMiss {
  return { ...referenceTo(compiled), failed, detail: shortened(detail) };
}

function namesOf(roles: readonly RoleReference[]): string {
  return roles.map(({ displayName }) => displayName).join(', ');
}

interface Failure {
  /** Greater is nearer. */
  readonly rank: number;
  readonly failed: NearMiss['failed'];
  readonly detail: string;
}

function firstFailure(
  compiled: CompiledStatement,
  { action, resource, cuts, context }: PreparedRequest,
): Failure | null {
  const { statement, resources, variables, conditions } = compiled;
  if (!actionHolds(compiled, action)) {
    const service = action?.[0].toLowerCase() ?? '';
    const sameService = statement.actions.patterns.some((pattern) => pattern.toLowerCase().startsWith(`${service}:`));
    return { rank: sameService ? 1 : 0, failed: 'Action', detail: clauseText(statement.actions) };
  }
  const unresolved = variables.find((use) => variableText(context, use.key, use.fallback) === null);
  if (unresolved?.clause === 'Resource')
    return { rank: 2, failed: 'Resource', detail: `\${${unresolved.key}} has no single value` };
  if (resourceHolds(resources, resource, cuts, context) !== YES)
    return { rank: 2, failed: 'Resource', detail: clauseText(statement.resources ?? { negated: false, patterns: [] }) };
  if (unresolved !== undefined)
    return { rank: 3, failed: 'Condition', detail: `\${${unresolved.key}} has no single value` };
  if (conditionsHold(conditions, context) === YES) return null;
  const failing = conditions.find((condition) => evaluateCondition(condition, context) !== YES);
  const detail = failing === undefined ? '' : conditionText(failing.source, contextValue(context, failing.source.key));
  return { rank: 3, failed: 'Condition', detail };
}

function clauseText({ negated, patterns }: { negated: boolean; patterns: readonly string[] }): string {
  return `${negated ? 'not ' : ''}${patterns.join(', ')}`;
}

function conditionText({ operator, key, values }: Condition, given: ContextValue | undefined): string {
  const said = hasValue(given) ? `the request says ${JSON.stringify(given)}` : 'the request does not say';
  return `${operator} ${key} ${JSON.stringify(values)}: ${said}`;
}

function shortened(text: string): string {
  return text.length <= MOST_DETAIL ? text : `${text.slice(0, MOST_DETAIL)}…`;
}

function missingContext(statements: readonly CompiledStatement[], request: PreparedRequest): string[] {
  const { action, resource, cuts, context } = request;
  const missing = new Set<string>();
  const lacks = (key: string): boolean => !hasValue(contextValue(context, key));
  for (const compiled of statements) {
    if (!actionHolds(compiled, action)) continue;
    const { variables, conditions, resources } = compiled;
    const open = variables.filter((use) => variableText(context, use.key, use.fallback) === null && lacks(use.key));
    if (resourceHolds(resources, resource, cuts, context) === NO) {
      // A resource that depends on a variable may be the right one once the variable is known.
      for (const { key, clause } of open) if (clause === 'Resource') missing.add(key);
      continue;
    }
    for (const { key } of open) missing.add(key);
    for (const { source } of conditions) if (lacks(source.key)) missing.add(source.key);
  }
  return [...missing].sort();
}
