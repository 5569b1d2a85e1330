/**
 * What a request may be decided of which some things are not known: every decision that the missing values could lead to.
 * Looks at each statement for itself, so that it may name more than can be, never less.
 */
import type { CompiledSet } from './compiled-set.js';
import {
  actionHolds,
  type CompiledStatement,
  conditionsHold,
  prepareRequest,
  type PreparedRequest,
  resourceHolds,
  takesEffect,
  variablesHold,
} from './compiled-statement.js';
import type { Truth } from './condition.js';
import { foldCase } from './letter-case.js';
import type { AccessRequest, Decision } from './policy.js';
import type { Token } from './template.js';
import { compileUrn, type UrnPattern } from './urn-pattern.js';

type Effective = 'never' | 'maybe' | 'surely';

/**
 * @param untold folded keys that the request has, or has not, with a value nobody knows; they are not in its context
 * @param granted whether something beside the policies allows it, e.g. a grant of SWR
 * @returns not empty
 */
export function possibleDecisions(
  { statements }: CompiledSet,
  request: AccessRequest,
  untold: ReadonlySet<string>,
  granted: boolean,
): readonly Decision[] {
  const prepared = prepareRequest(request);
  const allows = { surely: granted, maybe: false };
  let mayDeny = false;
  for (const statement of statements) {
    const found = effectOf(statement, prepared, untold);
    if (found === 'never') continue;
    if (statement.effect === 'Allow') allows[found] = true;
    else if (found === 'surely') return ['ExplicitDeny'];
    else mayDeny = true;
  }
  const possible: Decision[] = allows.surely ? ['Allow'] : allows.maybe ? ['Allow', 'ImplicitDeny'] : ['ImplicitDeny'];
  return mayDeny ? [...possible, 'ExplicitDeny'] : possible;
}

type IsOpen = (asked: { readonly key: string }) => boolean;

function effectOf(compiled: CompiledStatement, request: PreparedRequest, untold: ReadonlySet<string>): Effective {
  if (!actionHolds(compiled, request.action)) return 'never';
  const { effect, variables, conditions } = compiled;
  const isOpen: IsOpen = ({ key }) => untold.has(foldCase(key));
  const openVariables = variables.filter(isOpen);
  const hasOpenValue = openVariables.some(({ clause }) => clause === 'Condition');
  const decidable = conditions.filter(
    ({ source }) => !isOpen(source) && !(hasOpenValue && source.values.some((value) => value.includes('${'))),
  );
  const isCertain = openVariables.length === 0 && decidable.length === conditions.length;
  const told = isCertain ? variables : variables.filter((use) => !isOpen(use));
  if (!variablesHold(told, request.context)) return 'never';
  const resource = resourceMay(compiled, request, openVariables.length > 0 ? isOpen : null);
  const truth = Math.min(resource, conditionsHold(decidable, request.context)) as Truth;
  if (!takesEffect(effect, truth)) return 'never';
  return isCertain ? 'surely' : 'maybe';
}

/** Whether the resource is one of the statement's for some value of the open variables. */
function resourceMay(
  { resources }: CompiledStatement,
  { resource, cuts, context }: PreparedRequest,
  isOpen: IsOpen | null,
): Truth {
  if (isOpen === null) return resourceHolds(resources, resource, cuts, context);
  // What is excepted by an open variable may be another resource.
  const patterns = resources.patterns.flatMap((pattern) => {
    const wide = widened(pattern, isOpen);
    return wide !== pattern && resources.negated ? [] : [wide];
  });
  return resourceHolds({ ...resources, patterns }, resource, cuts, context);
}

/** Any text in the place of each open variable. */
function widened(pattern: UrnPattern, isOpen: IsOpen): UrnPattern {
  const { template } = pattern;
  const isOpenToken = (token: Token): boolean => token.kind === 'variable' && isOpen(token);
  if (!template?.some((segment) => segment.some(isOpenToken))) return pattern;
  const wide = template.map((segment) => segment.map((token) => (isOpenToken(token) ? STAR : token)));
  return compileUrn(wide, new Map());
}

const STAR: Token = { kind: 'star' };
