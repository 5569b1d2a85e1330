import { compileCondition, evaluateCondition, NO, UNKNOWN, YES } from './condition.js';
import { OPERATORS } from './operators.js';
import type { ContextValue } from './policy.js';
import { undocumentedChoices } from './undocumented-choices.js';

const KEY = 'swr:k';

/** `given` undefined: the request does not say. */
function judge(operator: string, values: string[], given: ContextValue | undefined): 'yes' | 'no' | 'unknown' {
  const condition = compileCondition({ operator, key: KEY, values }, '5.0');
  const found = evaluateCondition(condition, given === undefined ? {} : { [KEY]: given });
  return ({ [YES]: 'yes', [NO]: 'no', [UNKNOWN]: 'unknown' } as const)[found];
}

type Row = readonly [operator: string, values: string[], given: ContextValue | undefined, expected: string];

const OPERATOR_ROWS: readonly Row[] = [
  ['StringEquals', ['a', 'b'], 'b', 'yes'],
  ['StringEquals', ['a'], 'A', 'no'],
  ['StringEquals', ['10'], 10, 'yes'],
  ['StringNotEquals', ['a', 'b'], 'b', 'no'],
  ['StringNotEquals', ['a', 'b'], 'c', 'yes'],
  ['StringEqualsIgnoreCase', ['Äb'], 'äB', 'yes'],
  ['StringNotEqualsIgnoreCase', ['iam'], 'IAM', 'no'],
  ['StringMatch', ['a*c?'], 'abbcd', 'yes'],
  ['StringMatch', ['a*c?'], 'abbc', 'no'],
  ['StringMatch', ['A*'], 'ab', 'no'],
  ['StringNotMatch', ['a*', 'b*'], 'bx', 'no'],
  ['StringLike', ['A*'], 'ab', 'yes'],
  ['StringNotLike', ['A*'], 'ab', 'no'],
  ['StringStartWith', ['test'], 'TestUser', 'yes'],
  ['StringStartWith', ['te*'], 'test', 'no'],
  ['StringEndWith', ['USER'], 'TestUser', 'yes'],
  ['NumberEquals', ['10'], '10.0', 'yes'],
  ['NumberNotEquals', ['10', '11'], 10, 'no'],
  ['NumberLessThan', ['10'], 10, 'no'],
  ['NumberLessThan', ['10', '20'], 15, 'yes'],
  ['NumberLessThanEquals', ['10'], 10, 'yes'],
  ['NumberGreaterThan', ['-1'], 0, 'yes'],
  ['NumberGreaterThanEquals', ['1e1'], 10, 'yes'],
  ['NumberEquals', ['10'], 'ten', 'unknown'],
  ['NumberNotEquals', ['10'], 'ten', 'unknown'],
  ['DateLessThan', ['2022-08-01T00:00:00Z'], '2022-08-01T07:59:59+08:00', 'yes'],
  ['DateLessThanEquals', ['2022-08-01T00:00:00Z'], 1659312000000, 'yes'],
  ['DateGreaterThan', ['2022-08-01T00:00:00Z'], '2022-08-01T00:00:00Z', 'no'],
  ['DateGreaterThanEquals', ['2022-08-01T00:00:00Z'], '2022-08-01T00:00:00Z', 'yes'],
  ['DateLessThan', ['2022-08-01T00:00:00Z'], 'today', 'unknown'],
  ['Bool', ['true'], true, 'yes'],
  ['Bool', ['true'], 'false', 'no'],
  ['Bool', ['true'], 'maybe', 'unknown'],
  ['IpAddress', ['10.0.0.0/8', '2001:db8::/32'], '10.255.0.1', 'yes'],
  ['IpAddress', ['10.0.0.0/8', '2001:db8::/32'], '2001:db8:1::7', 'yes'],
  ['IpAddress', ['10.0.0.0/8'], '2001:db8:1::7', 'no'],
  ['NotIpAddress', ['10.0.0.0/8', '192.168.0.1'], '192.168.0.1', 'no'],
  ['NotIpAddress', ['10.0.0.0/8'], 'localhost', 'unknown'],
  ['Null', ['true'], undefined, 'yes'],
  ['Null', ['true'], null, 'yes'],
  ['Null', ['false'], '', 'yes'],
  ['Null', ['false'], undefined, 'no'],
  ['IsNullOrEmpty', ['true'], '', 'yes'],
  ['IsNullOrEmpty', ['false'], 'a', 'yes'],
];

describe('every operator', () => {
  it.each(OPERATOR_ROWS)('%s %j says of %j: %s', (operator, values, given, expected) => {
    expect(judge(operator, values, given)).toBe(expected);
  });

  it('has a row', () => {
    expect(Object.keys(OPERATORS).filter((name) => !OPERATOR_ROWS.some(([operator]) => operator === name))).toEqual([]);
  });
});

const SET_ROWS: readonly Row[] = [
  ['StringEqualsIfExists', ['a'], undefined, 'yes'],
  ['StringEqualsIfExists', ['a'], '', 'yes'],
  ['StringEqualsIfExists', ['a'], 'b', 'no'],
  ['StringEquals', ['a'], undefined, 'no'],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b', 'a'], 'yes'],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], 'no'],
  ['ForAllValues:StringNotEquals', ['a'], ['b', 'a'], 'no'],
  ['ForAllValues:StringEquals', ['a'], 'a', 'yes'],
  ['ForAnyValue:StringEquals', ['a'], ['b', 'a'], 'yes'],
  ['ForAnyValue:StringNotEquals', ['a'], ['a', 'b'], 'yes'],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], 'no'],
  ['ForAnyValue:StringEquals', ['a'], undefined, 'no'],
  ['ForAnyValue:StringNotEquals', ['a'], [], 'no'],
  ['ForAnyValue:StringEqualsIfExists', ['a'], [], 'yes'],
  ['ForAnyValue:NumberEquals', ['1'], ['x', 1], 'yes'],
  ['ForAllValues:NumberEquals', ['1'], ['x', 1], 'unknown'],
  ['ForAllValues:NumberEquals', ['1'], ['x', 2], 'no'],
];

describe('sets and missing keys', () => {
  it.each(SET_ROWS)('%s %j says of %j: %s', (operator, values, given, expected) => {
    expect(judge(operator, values, given)).toBe(expected);
  });

  it('finds a key in any case of letters, its own spelling first', () => {
    const condition = compileCondition({ operator: 'StringEquals', key: 'g:UserName', values: ['a'] }, '1.1');
    expect(evaluateCondition(condition, { 'G:username': 'a' })).toBe(YES);
    expect(evaluateCondition(condition, { 'G:username': 'a', 'g:UserName': 'b' })).toBe(NO);
  });

  it('never evaluates an operator that it does not know', () => {
    expect(judge('StringSoundsLike', ['a'], 'a')).toBe('unknown');
  });

  it('takes the value of a variable for plain text', () => {
    const condition = compileCondition({ operator: 'StringMatch', key: 'swr:k', values: ['${g:UserName}-*'] }, '5.0');
    expect(evaluateCondition(condition, { 'swr:k': 'ab-1', 'g:UserName': 'a*' })).toBe(NO);
    expect(evaluateCondition(condition, { 'swr:k': 'a*-1', 'g:UserName': 'a*' })).toBe(YES);
  });
});

describe('undocumented choices of conditions', () => {
  const rows: readonly (readonly [keyof typeof undocumentedChoices, ...Row])[] = [
    ['negativeHoldsOnMissingKey', 'StringNotEquals', ['a'], undefined, 'yes'],
    ['forAllValuesHoldsOnMissingKey', 'ForAllValues:StringEquals', ['a'], undefined, 'yes'],
    ['olderStringOperatorsIgnoreCase', 'StringLike', ['A'], 'a', 'yes'],
    ['anyOfMeansForAnyValue', 'StringNotEqualsAnyOf', ['a'], ['a', 'b'], 'yes'],
    ['unqualifiedSetMatchesByAny', 'StringEquals', ['a'], ['b', 'a'], 'yes'],
    ['unqualifiedSetMatchesByAny', 'StringNotEquals', ['a'], ['b', 'a'], 'no'],
    ['emptySetIsMissing', 'Null', ['true'], [], 'yes'],
    ['boolIgnoresCase', 'Bool', ['true'], 'True', 'yes'],
    ['mappedAddressIsIpv4', 'IpAddress', ['10.0.0.0/8'], '::ffff:10.0.0.1', 'yes'],
  ];

  it.each(rows)('%s', (choice, operator, values, given, expected) => {
    expect(undocumentedChoices[choice]).toBe(true);
    expect(judge(operator, values, given)).toBe(expected);
  });
});
