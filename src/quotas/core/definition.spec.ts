import { type Definition, definitionProblems } from './definition.js';
import { definitionFrom, seeded, SEEDS } from './wire-definition.js';

const namespace = seeded('namespace');
const [add] = namespace.traces as [Definition['traces'][number]];

it.each(SEEDS.map((seed) => [seed.key, seed] as const))('the seeded definition %s is sound', (_, seed) => {
  expect(definitionProblems(definitionFrom(seed))).toEqual([]);
});

it('is seeded for each key once', () => {
  expect(new Set(SEEDS.map(({ key }) => key)).size).toBe(SEEDS.length);
});

it.each<[string, Partial<Definition>, string]>([
  ['thresholds out of order', { thresholds: [85, 70] }, 'thresholds'],
  ['a repeated threshold', { thresholds: [70, 70] }, 'thresholds'],
  ['a hard limit below the default', { defaultLimit: 5, hardLimit: 4 }, 'hard_limit'],
  ['a hard limit where nothing is limited', { defaultLimit: -1, hardLimit: 4 }, 'hard_limit'],
  ['specs of what is no instance', { specLimits: { basic: 1 } }, 'spec_limits'],
  ['a path that is none', { traces: [{ ...add, name: ['resource_nam'] }] }, 'traces[0].name[0]'],
  ['a path too deep', { traces: [{ ...add, name: ['user.domain.id'] }] }, 'traces[0].name[0]'],
  ['no name', { traces: [{ ...add, name: [] }] }, 'traces[0].name'],
  ['no owner', { traces: [{ ...add, owner: [] }] }, 'traces[0].owner'],
  ['no instance', { scopeKind: 'instance' }, 'traces[0].instance'],
  ['a closure of nothing', { traces: [{ ...add, effect: 'close' }] }, 'traces[0].instance'],
  ['two effects of one trace', { traces: [add, { ...add, effect: 'subtract' }] }, 'traces'],
])('is refused for %s', (_, change, path) => {
  expect(definitionProblems({ ...namespace, ...change }).map((problem) => problem.path)).toContain(path);
});
