/** Conditions, compiled once and evaluated often. An answer may be unknown: then the value cannot be compared at all. */
import { contains, parseAddress, parseRange } from './ip-range.js';
import { compileGlob, type Glob, matchesGlob } from './glob.js';
import { equalsFolded, foldCase, foldedAt } from './letter-case.js';
import { booleanOf, instantOf, numberOf } from './operand.js';
import { type OperatorUse, parseOperator } from './operators.js';
import type { Condition, ContextValue, PolicyVersion, RequestContext } from './policy.js';
import { contextValue, hasValue, isSet } from './request-context.js';
import { parseTemplate, plainText, resolveTemplate, type Template } from './template.js';
import { undocumentedChoices } from './undocumented-choices.js';

/** Ordered, so that AND is the least, OR the greatest and NOT the mirror image. */
export const [NO, UNKNOWN, YES] = [0, 1, 2] as const;
export type Truth = typeof NO | typeof UNKNOWN | typeof YES;

type Scalar = string | number | boolean;
/** Whether one value of the request matches one of the policy. */
type Test = (value: Scalar, context: RequestContext) => Truth;

export interface CompiledCondition {
  readonly source: Condition;
  /** Null for an operator that this release does not know: never to be evaluated. */
  readonly operator: OperatorUse | null;
  readonly tests: readonly Test[];
  /** What Null and IsNullOrEmpty expect. */
  readonly expected: readonly boolean[];
  readonly onMissing: Truth;
}

const truth = (holds: boolean): Truth => (holds ? YES : NO);
const not = (value: Truth): Truth => (value === YES ? NO : value === NO ? YES : UNKNOWN);

export function compileCondition(source: Condition, version: PolicyVersion): CompiledCondition {
  const operator = parseOperator(source.operator);
  if (operator === null) return { source, operator, tests: [], expected: [], onMissing: UNKNOWN };
  const presence = operator.type === 'presence';
  return {
    source,
    operator,
    tests: presence ? [] : source.values.map((value) => testOf(value, operator, version)),
    expected: presence ? source.values.map((value) => booleanOf(value) === true) : [],
    onMissing: onMissing(operator),
  };
}

function onMissing({ ifExists, quantifier, negative }: OperatorUse): Truth {
  if (ifExists) return YES;
  if (quantifier === 'all') return truth(undocumentedChoices.forAllValuesHoldsOnMissingKey);
  return truth(quantifier === null && negative && undocumentedChoices.negativeHoldsOnMissingKey);
}

/** Wildcards count in patterns only. */
export function valueTemplate(text: string, operator: OperatorUse, version: PolicyVersion): Template | null {
  const wildcards = operator.comparison === 'glob';
  return parseTemplate(text, { star: wildcards, any: wildcards, variables: version === '5.0' });
}

export function evaluateCondition(condition: CompiledCondition, context: RequestContext): Truth {
  const { operator } = condition;
  if (operator === null) return UNKNOWN;
  const value = contextValue(context, condition.source.key);
  const present = hasValue(value);
  if (operator.type === 'presence') {
    const absent = !present || (operator.comparison === 'isNullOrEmpty' && value === '');
    return truth(condition.expected.includes(absent));
  }
  if (!present || value === undefined || value === null) return condition.onMissing;
  if (operator.ifExists && value === '') return YES;
  if (typeof value === 'object' && !isSet(value)) return UNKNOWN;
  return operator.quantifier === null
    ? compareAny(condition, operator.negative, value, context)
    : compareSet(condition, operator, value, context);
}

/** One value, or any of a set; a negative operator holds where that does not. */
function compareAny(
  condition: CompiledCondition,
  negative: boolean,
  value: NonNullable<ContextValue>,
  context: RequestContext,
): Truth {
  let best: Truth = NO;
  if (typeof value === 'object' && value.length > 1 && !undocumentedChoices.unqualifiedSetMatchesByAny) return UNKNOWN;
  if (typeof value !== 'object') best = matchesSome(condition.tests, value, context);
  else
    for (const item of value) {
      if (item === null) continue;
      const found = matchesSome(condition.tests, item, context);
      if (found > best) best = found;
    }
  return negative ? not(best) : best;
}

function compareSet(
  { tests }: CompiledCondition,
  { quantifier, negative }: OperatorUse,
  value: NonNullable<ContextValue>,
  context: RequestContext,
): Truth {
  if (typeof value !== 'object') {
    const found = matchesSome(tests, value, context);
    return negative ? not(found) : found;
  }
  let result: Truth = quantifier === 'all' ? YES : NO;
  for (const item of value) {
    if (item === null) continue;
    const found = matchesSome(tests, item, context);
    const judged = negative ? not(found) : found;
    if (quantifier === 'all' ? judged < result : judged > result) result = judged;
  }
  return result;
}

function matchesSome(tests: readonly Test[], value: Scalar, context: RequestContext): Truth {
  // Callers are not always as good as their types: an object within a set.
  if (typeof value === 'object') return UNKNOWN;
  let best: Truth = NO;
  for (const test of tests) {
    const found = test(value, context);
    if (found === YES) return YES;
    if (found > best) best = found;
  }
  return best;
}

function testOf(text: string, operator: OperatorUse, version: PolicyVersion): Test {
  const template = valueTemplate(text, operator, version);
  if (template === null) return () => UNKNOWN;
  if (!template.some(({ kind }) => kind === 'variable')) return fixedTest(template, operator);
  return (value, context) => {
    const resolved = resolveTemplate(template, context);
    return resolved === null ? NO : fixedTest(resolved, operator)(value, context);
  };
}

function fixedTest(template: Template, operator: OperatorUse): Test {
  if (operator.comparison === 'glob') return globTest(compileGlob(template, operator.ignoresCase));
  const text = plainText(template) ?? '';
  switch (operator.type) {
    case 'string':
      return stringTest(text, operator);
    case 'number':
      return orderTest(numberOf(text), numberOf, operator);
    case 'date':
      return orderTest(instantOf(text), instantOf, operator);
    case 'bool':
      return booleanTest(booleanOf(text));
    case 'ip':
      return rangeTest(text);
    case 'presence':
      return () => UNKNOWN;
  }
}

function globTest(glob: Glob): Test {
  return (value) => truth(matchesGlob(glob, String(value)));
}

function stringTest(text: string, { comparison, ignoresCase }: OperatorUse): Test {
  const wanted = ignoresCase ? foldCase(text) : text;
  switch (comparison) {
    case 'prefix':
      return (value) => truth(ignoresCase ? foldedAt(String(value), wanted, 0) : String(value).startsWith(wanted));
    case 'suffix':
      return (value) => {
        const given = String(value);
        if (!ignoresCase) return truth(given.endsWith(wanted));
        const from = given.length - wanted.length;
        return truth(from >= 0 && foldedAt(given, wanted, from));
      };
    default:
      return (value) => truth(ignoresCase ? equalsFolded(String(value), wanted) : String(value) === wanted);
  }
}

function orderTest(wanted: number | null, read: (value: Scalar) => number | null, { comparison }: OperatorUse): Test {
  return (value) => {
    const given = read(value);
    if (given === null || wanted === null) return UNKNOWN;
    switch (comparison) {
      case 'less':
        return truth(given < wanted);
      case 'lessOrEqual':
        return truth(given <= wanted);
      case 'greater':
        return truth(given > wanted);
      case 'greaterOrEqual':
        return truth(given >= wanted);
      default:
        return truth(given === wanted);
    }
  };
}

function booleanTest(wanted: boolean | null): Test {
  return (value) => {
    const given = booleanOf(value);
    return given === null || wanted === null ? UNKNOWN : truth(given === wanted);
  };
}

/** Where the address of the request is taken apart; nothing is kept in it between two tests. */
const address = new Uint16Array(8);

function rangeTest(text: string): Test {
  const range = parseRange(text);
  return (value) => {
    const family = typeof value === 'string' ? parseAddress(value, address) : 0;
    return family === 0 || range === null ? UNKNOWN : truth(contains(range, family, address));
  };
}
