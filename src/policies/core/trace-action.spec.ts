import operations from '../../traces/data/cts-operations.json' with { type: 'json' };
import { findAction } from './action-catalogue.js';
import { isMappedService, mappedOperation, type ReportedOperation, traceResource } from './trace-action.js';
import { MAPPED_OPERATIONS, UNMAPPED_OPERATIONS } from './wire-trace-actions.js';

function reported(
  [serviceType = '', resourceType = '', traceName = '']: readonly string[],
  more: Partial<ReportedOperation> = {},
): ReportedOperation {
  return { domainId: 'dom', serviceType, resourceType, traceName, resourceName: null, request: null, ...more };
}

const of = (name: string, more: Partial<ReportedOperation>, region: string | null = 'cn-north-4') => {
  const trace = reported(name.split('/'), more);
  const mapped = mappedOperation(trace);
  return mapped === null ? undefined : traceResource(mapped, trace, region);
};

describe('the mapping of traces to actions', () => {
  const known = operations.operations.filter(({ service_type: service }) => isMappedService(service));
  const listed = new Set(
    UNMAPPED_OPERATIONS.flatMap(({ serviceType, resourceType, traceNames }) =>
      traceNames.map((name) => `${serviceType}/${resourceType}/${name}`),
    ),
  );

  it('names only actions of the catalogue, and each operation once', () => {
    expect(MAPPED_OPERATIONS.filter(({ action }) => findAction(action)?.action !== action)).toEqual([]);
    const names = MAPPED_OPERATIONS.flatMap(({ serviceType, resourceType, traceName, aliases }) =>
      [traceName, ...aliases].map((name) => `${serviceType}/${resourceType}/${name}`.toLowerCase()),
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('says of every operation of SWR, CTS and IAM its action, or that none is known; never both', () => {
    expect(known.length).toBeGreaterThan(200);
    const wrong = known.filter(({ service_type: service, resource_type: type, trace_name: name }) => {
      const isMapped = mappedOperation(reported([service, type, name])) !== null;
      return isMapped === listed.has(`${service}/${type}/${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it('lists as unmapped only what the catalogue of operations has, with a reason', () => {
    const names = new Set(
      known.map(({ service_type, resource_type, trace_name }) => `${service_type}/${resource_type}/${trace_name}`),
    );
    expect([...listed].filter((name) => !names.has(name))).toEqual([]);
    expect(UNMAPPED_OPERATIONS.every(({ reason }) => reason !== '')).toBe(true);
  });

  it('has no resource exactly where the action has none', () => {
    expect(MAPPED_OPERATIONS.filter(({ action, path }) => action.includes('::') !== (path === 'none'))).toEqual([]);
  });
});

describe('traceAction', () => {
  it.each<[string, Partial<ReportedOperation>, string | null]>([
    ['SWR/usernamespace/createUserNamespace', { resourceName: 'team-a' }, 'swr:cn-north-4:dom:namespace:team-a'],
    ['swr/UserNamespace/deleteUserNamesapce', { resourceName: 'team-a' }, 'swr:cn-north-4:dom:namespace:team-a'],
    ['SWR/usernamespaceauth/createUserNamespaceAuth', { resourceName: 'a/b' }, 'swr:cn-north-4:dom:namespace:a'],
    ['SWR/imagerepository/deleteImageRepository', { resourceName: 'a/b$c' }, 'swr:cn-north-4:dom:repo:a/b/c'],
    ['SWR/imagetag/deleteImageTag', { resourceName: 'a/b%24c:v1' }, 'swr:cn-north-4:dom:repo:a/b/c'],
    ['SWR/manifest/uploadManifest', { resourceName: 'a/b@sha256:0' }, 'swr:cn-north-4:dom:repo:a/b'],
    ['SWR/instance/deleteInstance', { resourceName: 'old' }, 'swr:cn-north-4:dom:instance:old'],
    ['SWR/namespace/createNamespace', { resourceName: 'ns', request: '{"instance_id":"i1"}' }, 'swr:cn-north-4:dom:repository:i1/ns'],
    ['CTS/trace/listTraces', {}, 'cts:cn-north-4:dom:trace:*'],
    ['OSM/case/cancelCase', { resourceName: '0f' }, 'osm:cn-north-4:dom:case:0f'],
  ])('%s of %j is done on %s', (name, more, resource) => {
    expect(of(name, more)).toBe(resource);
  }); // prettier-ignore

  it('of a domain names no region, and of an action without resource none', () => {
    expect(of('IAM/user/createUser', {}, null)).toBe('iam:*:dom:users:*');
    expect(of('SWR/dockerlogincmd/createDockerConfig', {})).toBeNull();
  });

  it.each<[string, Partial<ReportedOperation>]>([
    ['SWR/usernamespace/createUserNamespace', {}],
    ['SWR/usernamespace/createUserNamespace', { resourceName: '' }],
    ['SWR/imagerepository/deleteImageRepository', { resourceName: 'no-organization' }],
    ['SWR/imagerepository/deleteImageRepository', { resourceName: '/no-organization' }],
    ['SWR/namespace/createNamespace', { resourceName: 'ns' }],
    ['SWR/namespace/createNamespace', { resourceName: 'ns', request: '{"instance_id":7}' }],
    ['SWR/namespace/createNamespace', { resourceName: 'ns', request: '"instance_id" {' }],
    ['SWR/overview/getDomainOverview', {}],
    ['OBS/usernamespace/createUserNamespace', { resourceName: 'team-a' }],
  ])('of %s with %j is not known', (name, more) => {
    expect(of(name, more)).toBeUndefined();
  });
});
