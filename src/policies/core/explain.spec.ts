import { compile, explain, type NamedPolicy, parsePolicy, type RequestContext } from './policy-language.js';

const RESOURCE = 'swr:cn-north-4:d1:repo:dev/app';

function policies(...documents: object[]): NamedPolicy[] {
  return documents.map((document, index) => {
    const parsed = parsePolicy({ Version: '5.0', ...document }, { keepsUnknownOperators: true });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return { id: `id-${index}`, name: `policy-${index}`, version: 'v2', policy: parsed.policy };
  });
}

const ask = (given: NamedPolicy[], context: RequestContext = {}, resource: string | null = RESOURCE) =>
  explain(compile(given), { action: 'swr:repo:deleteRepo', resource, context });

const ALLOW = { Sid: 'all', Effect: 'Allow', Action: ['swr:repo:*'] };
const PROD = { Effect: 'Allow', Action: ['swr:repo:*'], Resource: ['swr:*:*:repo:prod/*'] };
const MFA = { Effect: 'Allow', Action: ['swr:repo:*'], Condition: { Bool: { 'g:MFAPresent': 'true' } } };
const OTHER = { Effect: 'Allow', Action: ['cts:trace:list', 'swr:repo:get*'] };

describe('explain', () => {
  it('names every statement that allows, with policy, version, place and Sid', () => {
    const { decision, determining, nearMisses } = ask(policies({ Statement: [PROD, ALLOW] }, { Statement: [ALLOW] }));
    const named = { policyVersion: 'v2', sid: 'all', effect: 'Allow', unevaluable: null };
    expect({ decision, determining, nearMisses }).toEqual({
      decision: 'Allow',
      determining: [
        { policyId: 'id-0', policyName: 'policy-0', statement: 1, ...named },
        { policyId: 'id-1', policyName: 'policy-1', statement: 0, ...named },
      ],
      nearMisses: [],
    });
  });

  it('names only the denying ones of a denial', () => {
    const { decision, determining } = ask(policies({ Statement: [ALLOW, { ...ALLOW, Sid: 'no', Effect: 'Deny' }] }));
    expect([decision, determining.map(({ sid }) => sid)]).toEqual(['ExplicitDeny', ['no']]);
  });

  it('tells the nearest misses first, each with the clause that failed', () => {
    const { decision, nearMisses, missingContext } = ask(policies({ Statement: [OTHER, PROD, MFA] }));
    expect(decision).toBe('ImplicitDeny');
    expect(nearMisses.map(({ statement, failed, detail }) => [statement, failed, detail])).toEqual([
      [2, 'Condition', 'Bool g:MFAPresent ["true"]: the request does not say'],
      [1, 'Resource', 'swr:*:*:repo:prod/*'],
      [0, 'Action', 'cts:trace:list, swr:repo:get*'],
    ]);
    expect(missingContext).toEqual(['g:MFAPresent']);
  });

  it('says what the request says', () => {
    const { nearMisses, missingContext } = ask(policies({ Statement: [MFA] }), { 'g:MFAPresent': false });
    expect(nearMisses[0]?.detail).toBe('Bool g:MFAPresent ["true"]: the request says false');
    expect(missingContext).toEqual([]);
  });

  it('asks for the value of a variable', () => {
    const own = { ...ALLOW, Resource: ['swr:*:*:repo:${g:UserName}/*'] };
    const { nearMisses, missingContext } = ask(policies({ Statement: [own] }));
    expect(nearMisses[0]).toMatchObject({ failed: 'Resource', detail: '${g:UserName} has no single value' });
    expect(missingContext).toEqual(['g:UserName']);
  });

  it('tells of a role whose dependency is not granted', () => {
    const depends = [{ catalog: 'BASE', display_name: 'Tenant Guest' }];
    const role = policies({ Version: '1.0', Statement: [{ Effect: 'Allow', Action: ['swr:repo:*'] }], Depends: depends });
    expect(ask(role).nearMisses).toMatchObject([{ failed: 'Depends', detail: expect.stringContaining('Tenant Guest') }]);
    expect(explain(compile(role, { grantedRoles: ['Tenant Guest'] }), { action: 'swr:repo:deleteRepo', resource: null, context: {} }).decision).toBe('Allow');
  }); // prettier-ignore

  it('says why a Deny denies that cannot be evaluated', () => {
    const limit = { Effect: 'Deny', Action: ['swr:repo:*'], Condition: { NumberLessThan: { 'g:MFAAge': '5' } } };
    const inDoubt = ask(policies({ Statement: [limit] }), { 'g:MFAAge': 'young' });
    expect(inDoubt).toMatchObject({
      decision: 'ExplicitDeny',
      determining: [{ unevaluable: 'NumberLessThan g:MFAAge ["5"]: the request says "young"' }],
    });
    const named = ask(policies({ Statement: [{ ...PROD, Effect: 'Deny' }] }), {}, 'prod/app');
    expect(named.determining).toMatchObject([{ unevaluable: 'prod/app is no URN' }]);
  });

  it('denies by a Deny that cannot be evaluated, and allows by no such Allow', () => {
    const unknown = { Condition: { StringSoundsLike: { 'g:UserName': 'bob' } } };
    expect(ask(policies({ Statement: [ALLOW, { ...ALLOW, Sid: 'x', Effect: 'Deny', ...unknown }] })).decision).toBe('ExplicitDeny');
    expect(ask(policies({ Statement: [{ ...ALLOW, ...unknown }] })).decision).toBe('ImplicitDeny');
    expect(ask(policies({ Statement: [ALLOW, { ...PROD, Effect: 'Deny' }] }), {}, 'dev/app').decision).toBe('ExplicitDeny');
  }); // prettier-ignore
});
