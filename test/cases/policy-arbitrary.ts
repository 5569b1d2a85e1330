/** Random documents and requests from small vocabularies, so that they meet often; every document is one that may be written. */
import fc from 'fast-check';
import type { AccessRequest, ContextValue } from '../../src/policies/core/policy.js';
import type { Json } from './policy-reference.js';

type Version = '1.1' | '5.0';

const parts = (...texts: string[]) => fc.constantFrom(...texts);

const modernAction = fc.oneof(
  { weight: 1, arbitrary: parts('*', '*:*:*', 'swr::createSecret') },
  {
    weight: 9,
    arbitrary: fc
      .tuple(
        parts('swr', 'SWR', 's*', '*', 'iam'),
        parts('repo', 'Repo', 're*', '*', '*o', 'user', ''),
        parts('getRepo', 'get*', '*Repo', 'g*R*o', '*', 'GETREPO', 'deleteRepo', 'del*te*'),
      )
      .map((three) => three.join(':')),
  },
);
const classicAction = modernAction.filter((text) => text !== '*' && !text.includes('::'));

/** Several patterns must share a beginning or an end before an index is worth its name. */
const usualPath = parts('*/ab', '*ab/b', '*/b/a', 'a/*', 'a/*/ab', 'ab/*b*b', '*a*b*ab', '*', 'a/b');
const randomModernPath = fc
  .array(parts('a', 'b', 'ab', '/', '*', '**', '?', 'é', 'a:b', '${g:UserName}', "${g:ProjectName, 'a'}", "${ g:UserId , 'a/b' }"), { minLength: 1, maxLength: 5 }) // prettier-ignore
  .map((pieces) => pieces.join(''));
const randomClassicPath = fc
  .array(parts('a', 'b', 'ab', '/', '*', 'é', 'a:b'), { minLength: 1, maxLength: 5 })
  .map((pieces) => pieces.join(''));

const modernPath = fc.oneof(usualPath, randomModernPath);
const classicPath = fc.oneof(usualPath, randomClassicPath);

const urnOf = (path: fc.Arbitrary<string>) =>
  fc
    .tuple(parts('swr', 'swr', 'swr', 'SWR', '*', 's*r', 'iam'), parts('*', 'r1', '', 'r*'), parts('*', 'd1', 'd*'), parts('repo', 'repo', 'repo', 'REPO', '*', '*po', 'user'), path)
    .map((five) => five.join(':')); // prettier-ignore
const everything = fc.constant('*');

const suffix = parts('', '', 'IfExists');
const sets = parts('', '', '', 'ForAllValues:', 'ForAnyValue:');
const named = (base: fc.Arbitrary<string>) => fc.tuple(sets, base, suffix).map((three) => three.join(''));
const values = (item: fc.Arbitrary<string>) => fc.uniqueArray(item, { minLength: 1, maxLength: 3 });

const textOperators = fc.oneof(
  named(
    parts('StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'StringMatch', 'StringNotMatch', 'StringLike', 'StringNotLike', 'StringStartWith', 'StringEndWith'),
  ),
  fc.tuple(parts('StringEqualsAnyOf', 'StringNotEqualsAnyOf', 'StringLikeAnyOf', 'StringStartWithAnyOf'), suffix).map((two) => two.join('')),
); // prettier-ignore
const textKeys = parts('g:UserName', 'g:username', 'g:TagKeys', 'swr:note', 'g:PrincipalTag/dept');
const classicText = parts('a', 'A', 'b', 'ab', 'a*', '*b', '?', 'a?*', 'x y', '10');
const modernText = fc.oneof(classicText, parts('${g:UserName}', '${g:UserName}*', "${g:ProjectName, 'A'}"));

const conditionOf = (version: Version): fc.Arbitrary<readonly [string, string, string[]]> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(textOperators, textKeys, values(version === '5.0' ? modernText : classicText)) },
    fc.tuple(
      named(parts('NumberEquals', 'NumberNotEquals', 'NumberLessThan', 'NumberLessThanEquals', 'NumberGreaterThan', 'NumberGreaterThanEquals')),
      parts('g:MFAAge', 'swr:size'),
      values(parts('1', '2', '2.5', '-1', '1e1')),
    ),
    fc.tuple(
      named(parts('DateLessThan', 'DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals')),
      parts('g:CurrentTime', 'swr:when'),
      values(parts('2026-01-01T00:00:00Z', '2026-01-02T08:00:00+08:00', '1767225600000')),
    ),
    fc.tuple(named(fc.constant('Bool')), parts('g:MFAPresent', 'swr:flag'), values(parts('true', 'false', 'True'))),
    fc.tuple(named(parts('IpAddress', 'NotIpAddress')), parts('g:SourceIp'), values(parts('10.0.0.0/8', '10.1.2.3', '2001:db8::/33', '::1', '0.0.0.0/0'))),
    fc.tuple(parts('Null', 'IsNullOrEmpty'), fc.oneof(textKeys, parts('g:MFAAge')), values(parts('true', 'false'))),
  ); // prettier-ignore

function conditionsOf(version: Version): fc.Arbitrary<Json> {
  return fc.array(conditionOf(version), { maxLength: 3 }).map((list) => {
    const operators: Record<string, Record<string, string[]>> = {};
    for (const [operator, key, wanted] of list) (operators[operator] ??= {})[key] = wanted;
    return operators;
  });
}

function statementOf(version: Version): fc.Arbitrary<Json> {
  const modern = version === '5.0';
  const actions = fc.array(modern ? modernAction : classicAction, { minLength: 1, maxLength: 3 });
  const urn = urnOf(modern ? modernPath : classicPath);
  const resources = fc.array(fc.oneof({ weight: 8, arbitrary: urn }, everything), { minLength: 1, maxLength: 2 });
  const resourceName = modern ? parts('Resource', 'Resource', 'NotResource') : fc.constant('Resource');
  return fc
    .record({
      effect: parts('Allow', 'Allow', 'Deny', 'deny'),
      actionName: modern ? parts('Action', 'Action', 'Action', 'NotAction') : fc.constant('Action'),
      actions,
      resourceName,
      resources: fc.option(resources, { freq: 4 }),
      conditions: conditionsOf(version),
    })
    .map((one) => ({
      Effect: one.effect,
      [one.actionName]: one.actions,
      ...(one.resources ? { [one.resourceName]: one.resources } : {}),
      ...(Object.keys(one.conditions).length > 0 ? { Condition: one.conditions } : {}),
    }));
}

/** The number of statements keeps within what a 1.1 document may have. */
export const documents: fc.Arbitrary<Json[]> = fc.array(
  parts('1.1', '5.0').chain((version) =>
    fc
      .array(statementOf(version as Version), { minLength: 1, maxLength: 4 })
      .map((statements) => ({ Version: version, Statement: statements })),
  ),
  { minLength: 1, maxLength: 3 },
);

const usualRequestPath = parts('a/ab', 'a/b/ab', 'b/a', 'ab/b', 'a/b/a', 'ab/bb', 'ab/b', 'abab', 'bab', 'a/b');

const texts = parts('a', 'A', 'b', 'ab', 'a*', '', '10', 'x y', 'b/a');
const textValue: fc.Arbitrary<ContextValue> = fc.oneof(
  { weight: 4, arbitrary: texts },
  fc.array(fc.oneof(texts, fc.constant(null)), { maxLength: 3 }),
  fc.constant(null),
  fc.constant(10),
);
const optional = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined, freq: 4 });

export const requests: fc.Arbitrary<AccessRequest> = fc.record({
  action: fc.oneof(
    { weight: 8, arbitrary: fc.tuple(parts('swr', 'SWR', 'iam'), parts('repo', 'REPO', 'user'), parts('getRepo', 'GetRepo', 'deleteRepo')).map((three) => three.join(':')) },
    parts('swr::createSecret', 'swr:repo', ''),
  ),
  resource: fc.oneof(
    { weight: 8, arbitrary: fc.tuple(parts('swr', 'swr', 'Swr', 'iam'), parts('r1', 'r1', '', 'r2'), parts('d1', 'd1', 'd2'), parts('repo', 'repo', 'Repo', 'user'), fc.oneof(usualRequestPath, fc.array(parts('a', 'b', 'ab', '/', ':', 'é', 'A', '*'), { maxLength: 6 }).map((pieces) => pieces.join('')))).map((five) => five.join(':')) },
    fc.constant(null),
    parts('swr:r1', 'repo/a'),
  ),
  context: fc
    .record({
      'g:UserName': optional(textValue),
      'G:USERNAME': fc.option(textValue, { nil: undefined, freq: 1 }),
      'g:ProjectName': optional(textValue),
      'g:UserId': optional(textValue),
      'g:TagKeys': optional(textValue),
      'swr:note': optional(textValue),
      'g:PrincipalTag/dept': optional(textValue),
      'g:MFAAge': optional(fc.oneof(parts('1', '2', 'two', ''), fc.constantFrom<ContextValue>(1, 2.5, 10, true, [1, 2], ['x', 1]))),
      'swr:size': optional(fc.constantFrom<ContextValue>(1, 2, '1', [2, 10])),
      'g:CurrentTime': optional(fc.constantFrom<ContextValue>(1767225600000, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.500Z', 'now', ['2025-12-31T00:00:00Z', 'x'])),
      'swr:when': optional(fc.constantFrom<ContextValue>(0, '2026-01-02T00:00:00Z')),
      'g:MFAPresent': optional(fc.constantFrom<ContextValue>(true, false, 'true', 'TRUE', 'yes', 1, [true, false])),
      'swr:flag': optional(fc.constantFrom<ContextValue>(true, 'false')),
      'g:SourceIp': optional(fc.constantFrom<ContextValue>('10.1.2.3', '11.0.0.1', '::ffff:10.1.2.3', '2001:db8::5', '2001:db8:8000::1', '::1', 'localhost', 7)),
    })
    .map((context) => Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined))),
}); // prettier-ignore
