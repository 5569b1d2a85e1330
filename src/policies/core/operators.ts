/** The condition operators of 1.1 and 5.0, their suffixes and prefixes (domain/iam.md §1.1). Names are exact. */
import { undocumentedChoices } from './undocumented-choices.js';

export type ValueType = 'string' | 'number' | 'date' | 'bool' | 'ip' | 'presence';

export type Comparison =
  | 'equals' | 'glob' | 'prefix' | 'suffix' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'inRange'
  | 'isNull' | 'isNullOrEmpty'; // prettier-ignore

export interface Operator {
  readonly type: ValueType;
  readonly comparison: Comparison;
  /** Holds where the request's value differs from all of the policy's. */
  readonly negative: boolean;
  readonly ignoresCase: boolean;
}

/** An operator as a condition names it. */
export interface OperatorUse extends Operator {
  /** Every value of the request must match, or at least one; null where the name says nothing of sets. */
  readonly quantifier: 'all' | 'any' | null;
  /** A key that is missing or empty satisfies the condition. */
  readonly ifExists: boolean;
}

const older = undocumentedChoices.olderStringOperatorsIgnoreCase;
const of = (type: ValueType, comparison: Comparison, negative = false, ignoresCase = false): Operator => ({
  type,
  comparison,
  negative,
  ignoresCase,
});

export const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: of('string', 'equals'),
  StringNotEquals: of('string', 'equals', true),
  StringEqualsIgnoreCase: of('string', 'equals', false, true),
  StringNotEqualsIgnoreCase: of('string', 'equals', true, true),
  StringMatch: of('string', 'glob'),
  StringNotMatch: of('string', 'glob', true),
  StringLike: of('string', 'glob', false, older),
  StringNotLike: of('string', 'glob', true, older),
  StringStartWith: of('string', 'prefix', false, older),
  StringEndWith: of('string', 'suffix', false, older),
  NumberEquals: of('number', 'equals'),
  NumberNotEquals: of('number', 'equals', true),
  NumberLessThan: of('number', 'less'),
  NumberLessThanEquals: of('number', 'lessOrEqual'),
  NumberGreaterThan: of('number', 'greater'),
  NumberGreaterThanEquals: of('number', 'greaterOrEqual'),
  DateLessThan: of('date', 'less'),
  DateLessThanEquals: of('date', 'lessOrEqual'),
  DateGreaterThan: of('date', 'greater'),
  DateGreaterThanEquals: of('date', 'greaterOrEqual'),
  Bool: of('bool', 'equals'),
  IpAddress: of('ip', 'inRange'),
  NotIpAddress: of('ip', 'inRange', true),
  Null: of('presence', 'isNull'),
  IsNullOrEmpty: of('presence', 'isNullOrEmpty'),
};

const IF_EXISTS = 'IfExists';
const ANY_OF = 'AnyOf';
const PREFIXES = { 'ForAllValues:': 'all', 'ForAnyValue:': 'any' } as const;

/** Null for an unknown name, and for combinations without meaning: `NullIfExists`, `ForAllValues:StringEqualsAnyOf`. */
export function parseOperator(name: string): OperatorUse | null {
  let rest = name;
  let quantifier: OperatorUse['quantifier'] = null;
  for (const [prefix, meaning] of Object.entries(PREFIXES))
    if (rest.startsWith(prefix)) [quantifier, rest] = [meaning, rest.slice(prefix.length)];
  const ifExists = rest.endsWith(IF_EXISTS);
  if (ifExists) rest = rest.slice(0, -IF_EXISTS.length);
  const anyOf = rest.endsWith(ANY_OF);
  if (anyOf) rest = rest.slice(0, -ANY_OF.length);
  const operator = Object.hasOwn(OPERATORS, rest) ? OPERATORS[rest] : undefined;
  if (operator === undefined) return null;
  if (operator.type === 'presence' && (ifExists || anyOf || quantifier !== null)) return null;
  if (anyOf && (quantifier !== null || operator.type !== 'string')) return null;
  if (anyOf && undocumentedChoices.anyOfMeansForAnyValue) quantifier = 'any';
  return { ...operator, quantifier, ifExists };
}
