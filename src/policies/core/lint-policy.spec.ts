import fc from 'fast-check';
import { documents, requests } from '../../../test/cases/policy-arbitrary.js';
import { compile } from './compiled-set.js';
import { conditionsHold, prepareRequest, statementHolds } from './compiled-statement.js';
import { compileCondition, YES } from './condition.js';
import { covers } from './coverage.js';
import { pathText } from './finding.js';
import { checkPolicy } from './lint-policy.js';
import { parsePolicy } from './parse-policy.js';
import type { Policy, Statement } from './policy.js';
import { contradictions } from './satisfiable.js';
import { renderFinding } from './wire-decision.js';

type Given = Readonly<Record<string, unknown>>;
const allow = (change: Given): Given => ({
  Effect: 'Allow',
  Action: ['swr:repo:download'],
  Resource: ['swr:*:*:repo:a'],
  ...change,
});
const findings = (...statements: Given[]): string[] =>
  checkPolicy({ Version: '5.0', Statement: statements }).map(({ type, issue, path }) => `${type} ${issue} ${pathText(path)}`); // prettier-ignore

const shadowed = (place: number) => [`warning SHADOWED_STATEMENT Statement[${place}]`];
const when = (Condition: Given): Given => allow({ Condition });

describe('checkPolicy', () => {
  it.each<[string, Given[], string[]]>([
    ['nothing', [allow({})], []],
    ['an unknown action', [allow({ Action: ['swr:repo:downlod'] })], ['warning UNKNOWN_ACTION Statement[0].Action[0]']],
    ['a wildcard that matches no action', [allow({ Action: ['swr:repos:*'] })], ['warning UNKNOWN_ACTION Statement[0].Action[0]']],
    ['an action of a service nobody knows', [allow({ Action: ['obs:bucket:GetObject'] })], ['suggestion UNKNOWN_SERVICE Statement[0].Action[0]']],
    ['allow-all', [allow({ Action: ['*:*:*'], Resource: ['*'] })], ['security_warning ALLOW_ALL Statement[0]']],
    ['allow-all in many words', [allow({ Action: ['*'], Resource: ['*:*:*:*:*'] })], ['security_warning ALLOW_ALL Statement[0]']],
    ['all but a few', [{ Effect: 'Allow', NotAction: ['iam:*:*'] }], ['security_warning ALLOW_WITH_NOT_ACTION Statement[0]']],
    ['all under a condition', [allow({ Action: ['*:*:*'], Resource: ['*'], Condition: { Bool: { 'g:MFAPresent': 'true' } } })], []],
    ['deny-all', [allow({ Effect: 'Deny', Action: ['*:*:*'], Resource: ['*'] })], []],
    ['the same again', [allow({}), allow({})], shadowed(1)],
    ['a part of an earlier one', [allow({ Action: ['swr:repo:*'], Resource: ['swr:*:*:repo:*'] }), allow({})], shadowed(1)],
    ['a part of a later one', [allow({}), allow({ Action: ['SWR:repo:down*'] })], shadowed(0)],
    ['a part under a condition more', [allow({}), when({ Null: { 'g:UserId': 'false' } })], shadowed(1)],
    ['what is denied anyway', [allow({}), allow({ Effect: 'Deny', Resource: ['*'] })], shadowed(0)],
    ['a Deny of a part', [allow({}), allow({ Effect: 'Deny', Resource: ['swr:*:*:repo:a'], Condition: { Null: { 'g:UserId': 'true' } } })], []],
    ['another resource', [allow({}), allow({ Resource: ['swr:*:*:repo:b'] })], []],
    ['a star that is wider', [allow({ Resource: ['swr:*:*:repo:a/*'] }), allow({ Resource: ['swr:*:*:repo:*'] })], shadowed(0)],
    ['a condition fewer', [when({ Null: { 'g:UserId': 'false' } }), allow({})], shadowed(0)],
    ['numbers that leave nothing', [when({ NumberLessThan: { 'g:MFAAge': '5' }, NumberGreaterThan: { 'g:MFAAge': '5' } })], ['warning CONDITION_NEVER_TRUE Statement[0].Condition.NumberLessThan.g:MFAAge']],
    ['numbers that leave a gap', [when({ NumberLessThan: { 'g:MFAAge': '5' }, NumberGreaterThan: { 'g:MFAAge': '4' } })], []],
    ['dates that leave nothing', [when({ DateLessThan: { 'g:CurrentTime': '2026-01-01T00:00:00Z' }, DateGreaterThan: { 'g:CurrentTime': '2026-06-01T00:00:00Z' } })], ['warning CONDITION_NEVER_TRUE Statement[0].Condition.DateLessThan.g:CurrentTime']],
    ['a text that must be two', [when({ StringEquals: { 'g:UserName': 'a' }, StringMatch: { 'g:userName': 'b*' } })], ['warning CONDITION_NEVER_TRUE Statement[0].Condition.StringEquals.g:UserName']],
    ['a key that must be absent and true', [when({ Null: { 'g:MFAPresent': 'true' }, Bool: { 'g:MFAPresent': 'true' } })], ['warning CONDITION_NEVER_TRUE Statement[0].Condition.Null.g:MFAPresent']],
    ['a key that may be absent', [when({ Null: { 'g:MFAPresent': 'true' }, BoolIfExists: { 'g:MFAPresent': 'true' } })], []],
    ['a key of another action', [when({ StringEquals: { 'swr:TargetRegion': 'r' } })], ['warning KEY_NOT_OF_ACTION Statement[0].Condition.StringEquals.swr:TargetRegion']],
    ['a key of the action', [allow({ Action: ['swr:repo:createManualSyncRepoJob'], Condition: { StringEquals: { 'swr:TargetRegion': 'r' } } })], []],
    ['an unknown global key', [when({ StringEquals: { 'g:UserNam': 'a' } })], ['warning UNKNOWN_KEY Statement[0].Condition.StringEquals.g:UserNam']],
    ['a resource of another type', [allow({ Resource: ['swr:*:*:namespace:a', 'swr:*:*:Repo:b'] })], ['warning RESOURCE_NOT_OF_ACTION Statement[0].Resource[0]']],
    ['a resource of an action that has none', [allow({ Action: ['cts:trace:list'], Resource: ['cts:*:*:*:*'] })], ['warning RESOURCE_NOT_OF_ACTION Statement[0].Resource[0]']],
    ['a resource of any type', [allow({ Resource: ['swr:*:*:re*:a'] })], []],
    ['a tag', [when({ StringEquals: { 'g:ResourceTag/dept': 'a' } })], []],
  ])('says of %s what there is to say', (_title, statements, expected) => {
    expect(findings(...statements)).toEqual(expected);
  }); // prettier-ignore

  it('points at the text', () => {
    const text = '{"Version":"1.1","Statement":[{"Effect":"Allow",\n"Action":["swr:repo:nope"]}]}';
    const [finding] = checkPolicy(text);
    expect(finding).toMatchObject({ code: 'IAM.1036', span: { start: { line: 2, column: 10 } } });
  });
});

describe('advice is true', () => {
  const compiled = (policy: Policy) => compile([{ id: null, name: '', version: null, policy }]).statements;
  /** The statements of a document, and each of them with one clause made wider. */
  const statements = documents.map(([document]) => {
    const parsed = parsePolicy(document);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { policy } = parsed;
    const wider = policy.statements.flatMap((statement): Statement[] => [
      { ...statement, conditions: statement.conditions.slice(1) },
      { ...statement, actions: { negated: false, patterns: ['s*:*:*', '*:*:get*'] } },
      { ...statement, resources: { negated: false, form: 'urn', patterns: ['swr:*:*:*:*a*', '*:*:*:repo:*'] } },
    ]);
    return compiled({ ...policy, statements: [...policy.statements, ...wider] });
  });

  it('what a statement is said to cover, it covers', () => {
    let met = 0;
    fc.assert(
      fc.property(statements, fc.array(requests, { minLength: 3, maxLength: 3 }), (found, asked) => {
        const pairs = found.flatMap((outer) => found.map((inner) => [outer, inner] as const));
        for (const [outer, inner] of pairs) {
          if (outer === inner || outer.effect !== inner.effect || !covers(outer.statement, inner.statement)) continue;
          for (const request of asked.map(prepareRequest)) {
            if (!statementHolds(inner, request)) continue;
            met += 1;
            expect(statementHolds(outer, request)).toBe(true);
          }
        }
      }),
      { numRuns: 1_000 },
    );
    expect(met).toBeGreaterThan(100);
  });

  it('what is said never to be true, no value makes true', () => {
    const keyed = fc.oneof(
      ...KINDS.map(([operators, values]) =>
        fc.array(fc.tuple(operators, fc.uniqueArray(values, { minLength: 1, maxLength: 2 })), { minLength: 2, maxLength: 4 }),
      ),
    );
    let met = 0;
    fc.assert(
      fc.property(keyed, (pairs) => {
        const conditions = pairs.map(([operator, values]) => ({ operator, key: 'swr:k', values }));
        if (contradictions(conditions, '1.1').length === 0) return;
        met += 1;
        const judged = conditions.map((condition) => compileCondition(condition, '1.1'));
        for (const value of [null, '', 'a', 'b', 'ab', 'B', -1, 0, 1, 1.5, 2, 3, 4, '2026-01-01T00:00:00Z', '2026-01-01T12:00:00Z', '2027-01-01T00:00:00Z'])
          expect(conditionsHold(judged, { 'swr:k': value })).not.toBe(YES);
      }),
      { numRuns: 2_000 },
    );
    expect(met).toBeGreaterThan(50);
  });
}); // prettier-ignore

/** Operators of one type, and values of it. */
const KINDS = [
  [
    fc.constantFrom('NumberLessThan', 'NumberGreaterThan', 'NumberEquals', 'NumberNotEquals', 'NumberLessThanEqualsIfExists', 'NumberGreaterThanEquals'),
    fc.constantFrom('0', '1', '2', '3'),
  ],
  [
    fc.constantFrom('DateLessThan', 'DateGreaterThan', 'DateLessThanEquals', 'DateGreaterThanEqualsIfExists'),
    fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-06-01T00:00:00Z'),
  ],
  [
    fc.constantFrom('StringEquals', 'StringNotEquals', 'StringMatch', 'StringNotMatch', 'StringLike', 'StringEqualsIfExists', 'StringStartWith'),
    fc.constantFrom('a', 'b', 'ab', 'a*', '*b', 'A'),
  ],
] as const; // prettier-ignore

it('is rendered as the validator of 5.0 answers', () => {
  const [finding] = checkPolicy('{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["swr:x"]}]}');
  expect(finding && renderFinding(finding)).toEqual({
    finding_type: 'error',
    issue_code: 'INVALID_ACTION',
    error_code: 'IAM.1035',
    finding_details: '"swr:x" is not of the form service:resourceType:operation, where only * is a wildcard',
    learn_more_link: 'docs/policies.md#findings',
    locations: [
      {
        path: [{ value: 'Statement' }, { index: 0 }, { value: 'Action' }, { index: 0 }],
        span: { start: { line: 1, column: 58, offset: 58 }, end: { line: 1, column: 65, offset: 65 } },
      },
    ],
  });
});
