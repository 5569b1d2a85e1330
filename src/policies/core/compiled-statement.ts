/** One statement made ready for matching, and how each of its clauses is judged. */
import {
  type ActionParts,
  type ActionPattern,
  hasResourceType,
  matchesAction,
  parseActionPattern,
  splitAction,
} from './action-pattern.js';
import {
  type CompiledCondition,
  compileCondition,
  evaluateCondition,
  NO,
  type Truth,
  UNKNOWN,
  valueTemplate,
  YES,
} from './condition.js';
import type { Glob } from './glob.js';
import { parseOperator } from './operators.js';
import type {
  AccessRequest,
  Effect,
  NamedPolicy,
  PolicyVersion,
  RequestContext,
  ResourceClause,
  Statement,
} from './policy.js';
import { type Template, variableText } from './template.js';
import {
  AGENCY_URI,
  compileUrn,
  cutUrn,
  matchesUrn,
  parseUrnTemplate,
  type UrnPattern,
  type UrnTemplate,
  urnRules,
} from './urn-pattern.js';

export interface CompiledStatement {
  readonly source: NamedPolicy;
  /** Place in its policy, from 0. */
  readonly index: number;
  readonly statement: Statement;
  readonly effect: Effect;
  readonly actions: readonly ActionPattern[];
  readonly resources: ResourceMatcher;
  readonly conditions: readonly CompiledCondition[];
  readonly variables: readonly VariableUse[];
}

export interface ResourceMatcher {
  readonly negated: boolean;
  /** Covers every resource, and a request without one. */
  readonly everything: boolean;
  readonly templates: readonly UrnTemplate[];
  readonly patterns: readonly UrnPattern[];
}

/** A variable without value keeps its statement from matching, wherever it stands (domain/iam.md §1.2). */
export interface VariableUse {
  readonly key: string;
  readonly fallback: string | null;
  readonly clause: 'Resource' | 'Condition';
}

/** A request with its parts found; null parts where action or resource are malformed. */
export interface PreparedRequest {
  readonly action: ActionParts | null;
  /** Null also for an action that has no resource type. */
  readonly resource: string | null;
  readonly cuts: Int32Array | null;
  readonly context: RequestContext;
}

export function prepareRequest({ action, resource, context }: AccessRequest): PreparedRequest {
  const named = resource !== null && hasResourceType(action) ? resource : null;
  const cuts = new Int32Array(4);
  return {
    action: splitAction(action),
    resource: named,
    cuts: named !== null && cutUrn(named, cuts) ? cuts : null,
    context,
  };
}

/** What the statements of one set have in common, made once. */
export class SharedParts {
  readonly globs = new Map<string, Glob | null>();
  private readonly patterns = new Map<string, ActionPattern>();

  action(text: string, version: PolicyVersion): ActionPattern {
    const known = this.patterns.get(text);
    if (known !== undefined) return known;
    const pattern = parsed(parseActionPattern(text, version), text);
    this.patterns.set(text, pattern);
    return pattern;
  }
}

/** To leave a pattern out in silence could take a Deny away. */
function parsed<T>(result: T | null, text: string): T {
  if (result === null) throw new Error(`"${text}" is no pattern: only what parsePolicy gave can be compiled`);
  return result;
}

export function compileStatement(
  source: NamedPolicy,
  index: number,
  statement: Statement,
  shared: SharedParts,
): CompiledStatement {
  const { version } = source.policy;
  const resources = compileResources(statement.resources, version, shared.globs);
  return {
    source,
    index,
    statement,
    effect: statement.effect,
    actions: statement.actions.patterns.map((text) => shared.action(text, version)),
    resources,
    conditions: statement.conditions.map((condition) => compileCondition(condition, version)),
    variables: version === '5.0' ? variablesOf(statement, resources, version) : [],
  };
}

function compileResources(
  clause: ResourceClause | null,
  version: PolicyVersion,
  globs: Map<string, Glob | null>,
): ResourceMatcher {
  if (clause === null) return EVERYTHING;
  const { negated, form, patterns } = clause;
  if (patterns.includes('*')) return negated ? NOTHING : EVERYTHING;
  const texts = form === 'uri' ? patterns.map((uri) => `iam:*:*:agency:${uri.slice(AGENCY_URI.length)}`) : patterns;
  const templates = texts.map((text) => parsed(parseUrnTemplate(text, urnRules(version)), text));
  return { negated, everything: false, templates, patterns: templates.map((one) => compileUrn(one, globs)) };
}

const EVERYTHING: ResourceMatcher = { negated: false, everything: true, templates: [], patterns: [] };
const NOTHING: ResourceMatcher = { negated: true, everything: true, templates: [], patterns: [] };

function variablesOf({ conditions }: Statement, resources: ResourceMatcher, version: PolicyVersion): VariableUse[] {
  const uses: VariableUse[] = [];
  const collect = (template: Template | null, clause: VariableUse['clause']): void => {
    for (const token of template ?? [])
      if (token.kind === 'variable') uses.push({ key: token.key, fallback: token.fallback, clause });
  };
  for (const segment of resources.templates.flat()) collect(segment, 'Resource');
  for (const { operator, values } of conditions) {
    const use = parseOperator(operator);
    if (use !== null) for (const value of values) collect(valueTemplate(value, use, version), 'Condition');
  }
  return uses;
}

export function actionHolds({ statement, actions }: CompiledStatement, parts: ActionParts | null): boolean {
  if (parts === null) return false;
  return actions.some((pattern) => matchesAction(pattern, parts)) !== statement.actions.negated;
}

/** Unknown where the request names something that is no URN and the statement asks which. */
export function resourceHolds(
  { negated, everything, patterns }: ResourceMatcher,
  resource: string | null,
  cuts: Int32Array | null,
  context: RequestContext,
): Truth {
  if (everything) return negated ? NO : YES;
  if (resource === null) return negated ? YES : NO;
  if (cuts === null) return UNKNOWN;
  for (const pattern of patterns) if (matchesUrn(pattern, resource, cuts, context)) return negated ? NO : YES;
  return negated ? YES : NO;
}

export function variablesHold(variables: readonly VariableUse[], context: RequestContext): boolean {
  for (const { key, fallback } of variables) if (variableText(context, key, fallback) === null) return false;
  return true;
}

export function conditionsHold(conditions: readonly CompiledCondition[], context: RequestContext): Truth {
  let least: Truth = YES;
  for (const condition of conditions) {
    const found = evaluateCondition(condition, context);
    if (found === NO) return NO;
    if (found < least) least = found;
  }
  return least;
}

/** A Deny that cannot be evaluated denies; an Allow allows only what it surely matches. */
export function takesEffect(effect: Effect, found: Truth): boolean {
  return effect === 'Deny' ? found !== NO : found === YES;
}

export function statementHolds(compiled: CompiledStatement, request: PreparedRequest): boolean {
  if (!actionHolds(compiled, request.action)) return false;
  const resource = resourceHolds(compiled.resources, request.resource, request.cuts, request.context);
  if (resource === NO || !variablesHold(compiled.variables, request.context)) return false;
  const conditions = conditionsHold(compiled.conditions, request.context);
  return takesEffect(compiled.effect, Math.min(resource, conditions) as Truth);
}
