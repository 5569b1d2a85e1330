import data from './data/system-policies.json' with { type: 'json' };
import { checkPolicy, compile, decide } from './core/policy-language.js';
import { findSystemPolicy, systemPolicies, systemPolicy } from './system-policies.js';

const BASES = ['documented', 'partly', 'inferred', 'own'];

const decideAs = (ids: readonly string[], action: string, service: string) => {
  const policies = ids.flatMap((id) => systemPolicy(id) ?? []);
  const set = compile(policies, { grantedRoles: policies.map(({ name }) => name) });
  return decide(set, { action, resource: null, context: { 'g:ServiceName': service } });
};

describe('the policies of the system', () => {
  it('are valid, under ids that no other has, each with its source', () => {
    const ids = data.policies.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[A-Za-z0-9-]{1,64}$/.test(id))).toEqual([]);
    expect(data.policies.filter(({ source }) => source === '')).toEqual([]);
    expect(data.policies.map(({ basis }) => basis).filter((basis) => !BASES.includes(basis))).toEqual([]);
    const errors = data.policies.flatMap(({ document }) =>
      checkPolicy(document).filter(({ type }) => type === 'error'),
    );
    expect(errors).toEqual([]);
  });

  it('keep the ids that were once given', () => {
    expect(systemPolicies('identity').map(({ id }) => id)).toEqual(['quaestor-administrator']);
    expect(systemPolicies('role').map(({ id }) => id)).toEqual([
      'agent-operator',
      'cts-administrator',
      'cts-full-access',
      'cts-read-only-access',
      'iam-readonly-access',
      'security-administrator',
      'servicestage-developer',
      'swr-admin',
      'swr-full-access',
      'swr-operate-access',
      'swr-read-only-access',
      'tenant-administrator',
      'tenant-guest',
    ]);
    expect(findSystemPolicy('identity', 'tenant-guest')).toBeNull();
  });

  it.each([
    [['tenant-administrator'], 'cts:tracker:create', 'cts', 'Allow'],
    [['tenant-administrator'], 'iam:users:createUser', 'IAM', 'ImplicitDeny'],
    [['tenant-guest'], 'cts:trace:list', 'cts', 'Allow'],
    [['tenant-guest'], 'cts:tracker:create', 'cts', 'ImplicitDeny'],
    [['security-administrator'], 'iam:roles:createRole', 'iam', 'Allow'],
    [['security-administrator'], 'cts:trace:list', 'cts', 'ImplicitDeny'],
    [['swr-full-access'], 'swr:repo:deleteRepo', 'swr', 'Allow'],
    [['swr-operate-access'], 'swr:repository:deleteArtifact', 'swr', 'Allow'],
    [['swr-read-only-access'], 'swr:repository:deleteArtifact', 'swr', 'ImplicitDeny'],
    [['swr-read-only-access'], 'swr:repository:getArtifact', 'swr', 'Allow'],
    [['cts-read-only-access'], 'cts:trace:list', 'cts', 'Allow'],
    [['cts-read-only-access'], 'cts:configuration:update', 'cts', 'ImplicitDeny'],
    [['iam-readonly-access'], 'iam:users:listUsers', 'iam', 'Allow'],
    [['servicestage-developer'], 'servicestage:app:create', 'servicestage', 'ImplicitDeny'],
    [['servicestage-developer', 'tenant-guest'], 'servicestage:app:create', 'servicestage', 'Allow'],
  ] as const)('%j: %s of %s is %s', (ids, action, service, expected) => {
    expect(decideAs(ids, action, service)).toBe(expected);
  });
});
