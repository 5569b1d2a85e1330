import { hierarchyFault, splitFault, useFault } from './hierarchy.js';

const at = (scope: string, limit: number) => ({ scope, limit });

describe('limits above each other', () => {
  it.each([
    ['less than the parent', 5, [at('project/p', 8)], [], null],
    ['as much as the parent', 8, [at('project/p', 8)], [], null],
    ['more than the parent', 9, [at('project/p', 8)], [], 'above_parent'],
    ['more than a grandparent', 9, [at('project/p', -1), at('domain', 8)], [], 'above_parent'],
    ['unlimited below a limit', -1, [at('domain', 8)], [], 'above_parent'],
    ['unlimited below unlimited', -1, [at('domain', -1)], [], null],
    ['less than a child has', 5, [], [at('user/p/u', 6)], 'below_children'],
    ['less than an unlimited child', 5, [], [at('user/p/u', -1)], 'below_children'],
    ['as much as each child', 6, [], [at('user/p/u', 6), at('user/p/v', 6)], null],
  ] as const)('%s', (_, limit, parents, children, fault) => {
    expect(hierarchyFault(at('x', limit), parents, children)?.kind ?? null).toBe(fault);
  });
});

describe('a split', () => {
  const domain = (limit: number, others: number) => ({ ...at('domain', limit), others });
  it.each([
    ['within what is left', 5, [domain(20, 15)], null],
    ['beyond what is left', 6, [domain(20, 15)], 'split_exceeds'],
    ['beyond all of it', 21, [domain(20, 0)], 'above_parent'],
    ['unlimited', -1, [domain(20, 0)], 'above_parent'],
    [
      'within the domain, beyond the project',
      6,
      [{ ...at('project/p', 10), others: 5 }, domain(50, 5)],
      'split_exceeds',
    ],
    ['of nothing, lower than given', 3, [domain(-1, 0)], null],
    ['of nothing, more than given', 6, [domain(-1, 0)], 'not_lower'],
  ] as const)('%s', (_, limit, parents, fault) => {
    expect(splitFault(at('user/p/u', limit), parents, at('user/p/u', 5))?.kind ?? null).toBe(fault);
  });
});

it('notices a limit below use', () => {
  expect(useFault(5, { used: 3, reserved: 2 })).toBeNull();
  expect(useFault(5, { used: 3, reserved: 3 })).toEqual({ kind: 'below_use', used: 3, reserved: 3 });
  expect(useFault(-1, { used: 3, reserved: 3 })).toBeNull();
});
