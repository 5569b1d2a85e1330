import { accepted, type Change } from '../../../test/cases/sample-event.js';
import { TraceEffects } from './trace-effects.js';
import { definitionFrom, SEEDS } from './wire-definition.js';

const effects = new TraceEffects(SEEDS.map(definitionFrom));
const CREATION: Change = {
  trace_name: 'createUserNamespace',
  resource_type: 'usernamespace',
  resource_name: 'team-a',
  project_id: 'p1',
  code: '201',
  user: { id: 'u1', name: 'lin' },
};
const of = (change: Change) => effects.of(accepted({ ...CREATION, ...change }));
const IN_INSTANCE: Change = {
  trace_name: 'createNamespace',
  resource_type: 'namespace',
  resource_name: 'ns-1',
  resource_id: 'i1/ns-1',
};

describe('what a trace means for usage', () => {
  it('counts a creation on its creator', () => {
    expect(of({})).toEqual([
      {
        quotaKey: 'namespace',
        kind: 'add',
        space: 'project/p1',
        resourceName: 'team-a',
        scope: { kind: 'user', projectId: 'p1', id: 'u1' },
        levels: ['user/p1/u1', 'project/p1', 'domain'],
        amount: 1,
      },
    ]);
  });

  it.each<[string, Change]>([
    ['rated warning', { trace_rating: 'warning' }],
    ['refused though rated normal', { code: '403' }],
    ['refused, the code a number', { code: 409 }],
    ['failed', { code: '500' }],
    ['without a name', { resource_name: '' }],
    ['of another resource type', { resource_type: 'usernamespaceauth' }],
    ['of another service', { service_type: 'OBS' }],
  ])('does nothing for an operation %s', (_, change) => expect(of(change)).toEqual([]));

  it.each(['deleteUserNamespace', 'deleteUserNamesapce'])('subtracts for %s', (trace_name) => {
    expect(of({ trace_name })).toMatchObject([{ kind: 'subtract', resourceName: 'team-a', space: 'project/p1' }]);
  });

  it('reads the user from v1 text, and a nameless one as nobody in particular', () => {
    expect(of({ user: '{"id":"u2"}' })).toMatchObject([{ scope: { id: 'u2' } }]);
    expect(of({ user: undefined })).toMatchObject([{ scope: { id: '' } }]);
  });

  it('finds the instance in the request, else in the resource id', () => {
    expect(of({ ...IN_INSTANCE, request: '{"instance_id":"i2"}' })).toMatchObject([{ space: 'instance/p1/i2' }]);
    expect(of({ ...IN_INSTANCE, request: 'no json' })).toMatchObject([
      { quotaKey: 'namespace_quota', space: 'instance/p1/i1', resourceName: 'ns-1' },
    ]);
    expect(of({ ...IN_INSTANCE, resource_id: 'i1', request: '{"instance_id":["i2"]}' })).toEqual([]);
    expect(of({ ...IN_INSTANCE, resource_id: '', request: '{"instance_id":"a\\u0000"}' })).toEqual([]);
  });

  it('closes an instance that is deleted', () => {
    const deletion = { trace_name: 'deleteInstance', resource_type: 'instance', resource_id: 'i1', code: '202' };
    expect(of(deletion)).toEqual([
      expect.objectContaining({ kind: 'subtract', quotaKey: 'instance', resourceName: 'i1' }),
      { kind: 'close', quotaKey: 'instance', instance: { kind: 'instance', projectId: 'p1', id: 'i1' } },
    ]);
    expect(of({ ...deletion, code: '409' })).toEqual([]);
  });

  it('takes any spelling of a repository for the same', () => {
    const names = ['a/b', 'a$b', 'a%24b', 'a%2Fb'].map(
      (resource_name) =>
        of({ trace_name: 'createImageRepository', resource_type: 'imagerepository', resource_name })[0],
    );
    expect(names).toEqual(Array(4).fill(expect.objectContaining({ resourceName: 'a/b' })));
  });
});
