import fc from 'fast-check';
import { documents, requests } from '../../../test/cases/policy-arbitrary.js';
import { compile, decide, parsePolicy } from './policy-language.js';
import { foldCase } from './letter-case.js';
import type { NamedPolicy } from './policy.js';
import { possibleDecisions } from './possible-decisions.js';

function namedOf(document: unknown): NamedPolicy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { id: null, name: 'p', version: null, policy: parsed.policy };
}

const setOf = (...statements: object[]) => compile([namedOf({ Version: '5.0', Statement: statements })]);
const ALL = { Effect: 'Allow', Action: ['swr:*:*'], Resource: ['*'] };
const request = { action: 'swr:repo:upload', resource: 'swr:r:d:repo:team/app', context: { 'g:UserName': 'lin' } };
const TAG = 'g:PrincipalTag/team';

describe('possibleDecisions', () => {
  it('holds what is decided once everything is known, and nothing else where nothing is left out', () => {
    let open = 0;
    fc.assert(
      fc.property(documents, requests, fc.nat(), (given, full, chosen) => {
        const set = compile(given.map(namedOf));
        const decided = decide(set, full);
        expect(possibleDecisions(set, full, new Set(), false)).toEqual([decided]);
        const asked = set.asked.filter((_, index) => (chosen & (1 << (index % 31))) !== 0);
        const untold = new Set(asked.map(({ folded }) => folded));
        const told = Object.entries(full.context).filter(([key]) => !untold.has(foldCase(key)));
        const possible = possibleDecisions(set, { ...full, context: Object.fromEntries(told) }, untold, false);
        expect(possible).toContain(decided);
        if (possible.length > 1) open += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(open).toBeGreaterThan(20);
  });

  it.each<[string, object[], string[]]>([
    ['a tag in the resource', [{ ...ALL, Resource: [`swr:*:*:repo:\${${TAG}}/*`] }], ['Allow', 'ImplicitDeny']],
    ['a tag in the end of the resource', [{ ...ALL, Resource: [`swr:*:*:repo:other/\${${TAG}}`] }], ['ImplicitDeny']],
    ['all but what a tag names', [{ ...ALL, Resource: undefined, NotResource: [`swr:*:*:repo:\${${TAG}}/*`] }], ['Allow', 'ImplicitDeny']],
    ['all but a tag and this one', [{ ...ALL, Resource: undefined, NotResource: [`swr:*:*:repo:\${${TAG}}/*`, 'swr:*:*:repo:team/*'] }], ['ImplicitDeny']],
    ['a Deny by a tag', [ALL, { ...ALL, Effect: 'Deny', Condition: { StringEquals: { [TAG]: ['a'] } } }], ['Allow', 'ExplicitDeny']],
    ['a Deny by a tag and another name', [ALL, { ...ALL, Effect: 'Deny', Condition: { StringEquals: { [TAG]: ['a'], 'g:UserName': ['okafor'] } } }], ['Allow']],
    ['a Deny by a tag beside one by name', [ALL, { ...ALL, Effect: 'Deny', Condition: { StringEquals: { 'g:UserName': ['lin'] } } }, { ...ALL, Effect: 'Deny', Condition: { Null: { [TAG]: ['true'] } } }], ['ExplicitDeny']],
  ])('knows of %s', (_, statements, expected) => {
    expect(possibleDecisions(setOf(...statements), request, new Set([foldCase(TAG)]), false)).toEqual(expected);
  }); // prettier-ignore

  it('takes what is granted beside the policies as allowed, unless a Deny may apply', () => {
    const denying = setOf({ ...ALL, Effect: 'Deny', Condition: { StringEquals: { [TAG]: ['a'] } } });
    expect(possibleDecisions(compile([]), request, new Set(), true)).toEqual(['Allow']);
    expect(possibleDecisions(denying, request, new Set([foldCase(TAG)]), true)).toEqual(['Allow', 'ExplicitDeny']);
  });
});
