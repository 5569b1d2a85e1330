import { compile, decideLayers, type Decision, explainLayers, type Layers, parsePolicy } from './policy-language.js';
import { grantAllows, type SwrGrants } from './swr-grants.js';

const setOf = (effect: 'Allow' | 'Deny') => {
  const parsed = parsePolicy({ Version: '5.0', Statement: [{ Effect: effect, Action: ['swr:*:*'] }] });
  if (!parsed.ok) throw new Error('refused');
  return compile([{ id: null, name: effect, version: null, policy: parsed.policy }]);
};
const [allow, deny, silent] = [setOf('Allow'), setOf('Deny'), compile([])];
const request = { action: 'swr:repo:upload', resource: 'swr:r:d:repo:a/b', context: {} };
const editor: SwrGrants = { organization: 3 };

describe('layers', () => {
  it.each<[string, Layers, Decision]>([
    ['identity allows', { identity: allow }, 'Allow'],
    ['identity is silent', { identity: silent }, 'ImplicitDeny'],
    ['identity is silent, the grant is enough', { identity: silent, grants: editor }, 'Allow'],
    ['identity is silent, the grant is too low', { identity: silent, grants: { organization: 1 } }, 'ImplicitDeny'],
    ['identity denies, the grant is enough', { identity: deny, grants: { organization: 7 } }, 'ExplicitDeny'],
    ['identity allows, every level does', { identity: allow, controlPolicies: [allow, allow] }, 'Allow'],
    ['identity allows, one level is silent', { identity: allow, controlPolicies: [allow, silent] }, 'ImplicitDeny'],
    ['identity allows, one level denies', { identity: allow, controlPolicies: [deny, silent] }, 'ExplicitDeny'],
    ['only a control policy allows', { identity: silent, controlPolicies: [allow] }, 'ImplicitDeny'],
  ])('%s', (_title, layers, expected) => {
    expect(decideLayers(layers, request)).toBe(expected);
    expect(explainLayers(layers, request).decision).toBe(expected);
  });

  it('tells what each says, and whose statements decided', () => {
    const explained = explainLayers({ identity: allow, controlPolicies: [deny], grants: editor }, request);
    expect(explained.layers).toEqual({ identity: 'Allow', controlPolicies: 'ExplicitDeny', grants: 'Allow' });
    expect(explained.determining.map(({ policyName }) => policyName)).toEqual(['Deny']);
  });
});

describe('SWR grants', () => {
  it.each<[string, SwrGrants, boolean]>([
    ['swr:repo:download', { organization: 1 }, true],
    ['swr:repo:download', { organization: 0, repository: 1 }, true],
    ['swr:repo:download', { organization: 0 }, false],
    ['swr:repo:download', { organization: 0, isPublic: true }, true],
    ['swr:repo:upload', { organization: 0, isPublic: true }, false],
    ['swr:repo:upload', { organization: 1, repository: 3 }, true],
    ['swr:repo:upload', { organization: 1 }, false],
    ['SWR:Repo:deleteRepo', { organization: 7 }, true],
    ['swr:repo:deleteRepo', { organization: 3 }, false],
    ['swr:repo:createRepoAccess', { organization: 3 }, true],
    ['swr:repo:createRepoAccess', { organization: 1, repository: 3 }, false],
    ['swr:repo:createRepoAccess', { organization: 0, repository: 7 }, true],
    ['swr:namespace:createNamespaceAccess', { organization: 3, repository: 7 }, false],
    ['swr:namespace:createNamespaceAccess', { organization: 7 }, true],
    ['swr:namespace:createNamespace', { organization: 7 }, false],
    ['swr:instance:create', { organization: 7 }, false],
  ])('%s with %j: %s', (action, grants, expected) => {
    expect(grantAllows(action, grants)).toBe(expected);
  });
});
