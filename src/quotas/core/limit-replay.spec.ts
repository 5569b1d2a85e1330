import fc from 'fast-check';
import { counterOf, type DraftLimit, LimitReplay } from './limit-replay.js';
import { levelsOf, type Scope, spaceOf } from './scope.js';
import type { UsageChange } from './trace-effects.js';

const user = (id: string): Scope => ({ kind: 'user', projectId: 'p', id });
const change = (
  kind: UsageChange['kind'],
  resourceName: string,
  scope: Scope = user('ann'),
  amount = 1,
): UsageChange => ({
  kind,
  quotaKey: 'namespace',
  space: spaceOf(scope),
  resourceName,
  scope,
  levels: levelsOf(scope),
  amount,
});
const add = (name: string, id = 'ann') => change('add', name, user(id));
const remove = (name: string, id = 'ann') => change('subtract', name, user(id));
const ofEach = (limit: number): DraftLimit[] => [{ quotaKey: 'namespace', for: { kind: 'user' }, limit }];
const ofProject = (limit: number): DraftLimit[] => [{ quotaKey: 'namespace', for: { scope: 'project/p' }, limit }];

/** Names of the creations that are refused. */
function refusedOf(
  drafts: readonly DraftLimit[],
  changes: readonly UsageChange[],
  start: [string, number][] = [],
): string[] {
  const replay = new LimitReplay(drafts, new Map(start));
  return changes.filter((one) => replay.apply(one) !== null).map(({ resourceName }) => resourceName);
}

describe('LimitReplay', () => {
  it.each<[string, DraftLimit[], UsageChange[], string[]]>([
    ['refuses what is beyond the draft', ofEach(2), ['a', 'b', 'c'].map((name) => add(name)), ['c']],
    ['gives room where something was deleted', ofEach(1), [add('a'), remove('a'), add('b')], []],
    ['whoever deletes', ofEach(1), [add('a'), remove('a', 'ben'), add('b')], []],
    ['does not count what it refused', ofEach(1), [add('a'), add('b'), remove('b'), add('c')], ['b', 'c']],
    ['judges each scope by itself', ofEach(1), [add('a'), add('b', 'ben'), add('c', 'ben')], ['c']],
    ['and levels above together', ofProject(2), [add('a'), add('b', 'ben'), add('c', 'eve')], ['c']],
    ['takes a creation told twice for one', ofEach(1), [add('a'), add('a')], []],
    ['follows a name that changes hands', ofEach(1), [add('a'), add('a', 'ben'), add('b'), add('c', 'ben')], ['c']],
    ['refuses nothing of other keys', [{ quotaKey: 'repo', for: { kind: 'user' }, limit: 0 }], [add('a')], []],
    ['nor where it is unlimited', ofEach(-1), [add('a'), add('b')], []],
    [
      'prefers the limit of one scope to that of its kind',
      [...ofEach(0), { quotaKey: 'namespace', for: { scope: 'user/p/ann' }, limit: 1 }],
      [add('a'), add('b', 'ben')],
      ['b'],
    ],
    ['ignores deletions of what nobody knows', ofEach(1), [remove('x'), add('a'), add('b')], ['b']],
  ])('%s', (_, drafts, changes, refused) => {
    expect(refusedOf(drafts, changes)).toEqual(refused);
  });

  it('begins with what was there, and gives it back when it goes', () => {
    const replay = new LimitReplay(ofEach(2), new Map([[counterOf('namespace', 'user/p/ann'), 3]]));
    expect(replay.over()).toBe(1);
    for (const name of ['a', 'b']) replay.begin(add(name), { levels: levelsOf(user('ann')), amount: 1 });
    expect(replay.apply(add('d'))).toEqual({
      quotaKey: 'namespace',
      scope: 'user/p/ann',
      limit: 2,
      used: 3,
      needed: 1,
    });
    for (const name of ['a', 'b']) replay.apply(remove(name));
    expect(replay.apply(add('d'))).toBeNull();
  });

  it('forgets all of an instance that is closed', () => {
    const instance: Scope = { kind: 'instance', projectId: 'p', id: 'i' };
    const inside = (kind: UsageChange['kind'], name: string) => change(kind, name, instance, 2);
    const replay = new LimitReplay(ofProject(4), new Map());
    expect([inside('add', 'a'), inside('add', 'b'), inside('add', 'c')].map((one) => replay.apply(one)?.used)).toEqual([
      undefined,
      undefined,
      4,
    ]);
    replay.close({ kind: 'close', quotaKey: 'instance', instance });
    expect(replay.apply(inside('add', 'd'))).toBeNull();
    // What was there before is not given back once more.
    replay.apply(inside('subtract', 'a'));
    expect([inside('add', 'e'), inside('add', 'f')].map((one) => replay.apply(one)?.used)).toEqual([undefined, 4]);
  });

  it('agrees with a count of what is there after each change', () => {
    const changes = fc.array(
      fc.tuple(
        fc.constantFrom('add' as const, 'subtract' as const),
        fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        fc.constantFrom('ann', 'ben'),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 4 }), (told, limit) => {
        const replay = new LimitReplay(ofEach(limit), new Map());
        const owners = new Map<string, string>();
        for (const [kind, name, who] of told) {
          const refused = replay.apply(change(kind, name, user(who)));
          const before = owners.get(name);
          if (kind === 'subtract') owners.delete(name);
          else if (before !== who) {
            owners.delete(name);
            const used = [...owners.values()].filter((owner) => owner === who).length;
            expect(refused?.used ?? null).toBe(used >= limit ? used : null);
            if (used < limit) owners.set(name, who);
          } else expect(refused).toBeNull();
        }
      }),
    );
  });
});
