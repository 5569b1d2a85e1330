import fc from 'fast-check';
import { DOMAIN_SCOPE, levelsOf, parseScopeKey, type Scope, scopeKey, spaceOf } from './scope.js';

const scope = fc.record({
  kind: fc.constantFrom('domain', 'project', 'user', 'instance'),
  projectId: fc.string(),
  id: fc.string(),
});

/** Only what the kind has. */
const sensible = ({ kind, projectId, id }: Scope): Scope =>
  kind === 'domain' ? { kind, projectId: '', id: 'd1' } : { kind, projectId: kind === 'project' ? '' : projectId, id };

describe('scopes', () => {
  it('are told apart by their key, and read back from it', () => {
    fc.assert(
      fc.property(scope, (any) => {
        const wanted = sensible(any);
        expect(parseScopeKey(scopeKey(wanted), 'd1')).toEqual(wanted);
      }),
    );
  });

  it('count on every level above them', () => {
    expect(levelsOf({ kind: 'user', projectId: 'p/1', id: 'u%' })).toEqual([
      'user/p%2F1/u%25',
      'project/p%2F1',
      'domain',
    ]);
    expect(levelsOf({ kind: 'instance', projectId: 'p', id: 'i' })).toEqual(['instance/p/i', 'project/p', 'domain']);
    expect(levelsOf({ kind: 'project', projectId: '', id: 'p' })).toEqual(['project/p', 'domain']);
    expect(levelsOf({ kind: 'domain', projectId: '', id: 'd' })).toEqual(['domain']);
  });

  it('have names unique in the instance, else in the project', () => {
    expect(spaceOf({ kind: 'instance', projectId: 'p', id: 'i' })).toBe('instance/p/i');
    expect(spaceOf({ kind: 'user', projectId: 'p', id: 'u' })).toBe('project/p');
    expect(spaceOf({ kind: 'domain', projectId: '', id: 'd' })).toBe(DOMAIN_SCOPE);
  });

  it.each(['user/p', 'project/p/x', 'instance/a/b/c', 'other/x', ''])('does not take %j for one', (text) => {
    expect(() => parseScopeKey(text, 'd')).toThrow('not a scope');
  });
});
