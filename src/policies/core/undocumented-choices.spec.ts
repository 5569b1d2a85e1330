import { compile, decide, decideLayers, type Decision, parsePolicy, type RequestContext } from './policy-language.js';
import { undocumentedChoices } from './undocumented-choices.js';

type Given = Readonly<Record<string, unknown>>;

const setOf = (version: string, statement: Given) => {
  const parsed = parsePolicy({ Version: version, Statement: [{ Effect: 'Allow', Action: ['swr:repo:download'], ...statement }] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compile([{ id: null, name: 'p', version: null, policy: parsed.policy }]);
}; // prettier-ignore
const ask = (statement: Given, path = 'a', context: RequestContext = {}): Decision =>
  decide(setOf('5.0', statement), { action: 'swr:repo:download', resource: `swr:r:d:repo:${path}`, context });
const isAccepted = (version: string, statement: Given): boolean =>
  parsePolicy({ Version: version, Statement: [{ Effect: 'Allow', ...statement }] }).ok;

/** Each row of the table that is not about conditions; those stand in condition.spec.ts. */
describe('undocumented choices', () => {
  it('urnTypeIgnoresCase: service and resource type, not region, account and path', () => {
    expect(ask({ Resource: ['SWR:*:*:REPO:a'] })).toBe('Allow');
    expect(ask({ Resource: ['swr:R:*:repo:a'] })).toBe('ImplicitDeny');
    expect(ask({ Resource: ['swr:*:D:repo:a'] })).toBe('ImplicitDeny');
    expect(ask({ Resource: ['swr:*:*:repo:A'] })).toBe('ImplicitDeny');
  });

  it('questionMarkInResource: one character in 5.0, refused elsewhere', () => {
    expect(ask({ Resource: ['swr:*:*:repo:a?c'] }, 'abc')).toBe('Allow');
    expect(ask({ Resource: ['swr:*:*:repo:a?c'] }, 'ac')).toBe('ImplicitDeny');
    expect(isAccepted('1.1', { Action: ['swr:repo:download'], Resource: ['swr:*:*:repo:a?c'] })).toBe(false);
    expect(isAccepted('5.0', { Action: ['swr:repo:downloa?'] })).toBe(false);
  });

  it('loneStarAction: every action in 5.0, refused in 1.1', () => {
    expect(ask({ Action: ['*'] })).toBe('Allow');
    expect(isAccepted('1.1', { Action: ['*'] })).toBe(false);
  });

  it('notActionInCustomPolicies: refused', () => {
    expect(isAccepted('1.1', { NotAction: ['iam:*:*'] })).toBe(undocumentedChoices.notActionInCustomPolicies);
  });

  it('oneElementSetResolves: a set of one is its value, a set of two is none, default or not', () => {
    const statement = { Resource: ["swr:*:*:repo:${g:UserName, 'a'}"] };
    expect(ask(statement, 'b', { 'g:UserName': ['b'] })).toBe('Allow');
    expect(ask(statement, 'a', { 'g:UserName': ['a', 'b'] })).toBe('ImplicitDeny');
    expect(ask(statement, 'a', {})).toBe('Allow');
  });

  it('controlPolicyBoundsGrants', () => {
    const nothing = compile([]);
    const layers = { identity: nothing, controlPolicies: [nothing], grants: { organization: 7 } as const };
    const request = { action: 'swr:repo:download', resource: 'swr:r:d:repo:a/b', context: {} };
    expect(decideLayers(layers, request)).toBe('ImplicitDeny');
    expect(decideLayers({ ...layers, controlPolicies: [] }, request)).toBe('Allow');
  });
});
