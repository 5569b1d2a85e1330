import { nameFault, type NameRule } from './resource-names.js';

const CASES: Record<Exclude<NameRule, 'any'>, { good: string[]; bad: string[] }> = {
  organization: {
    good: ['a', 'team-a', 'team__a', 't.e_a-m9', 'a'.repeat(64)],
    bad: ['', '9team', '-a', 'a-', 'a--b', 'a___b', 'a.-b', 'a_-b', 'Team', 'a/b', 'a b', 'a'.repeat(65), 'team\n'],
  },
  repository: {
    good: ['a', '9', 'base/alpine', 'a__b/c.d-e', 'a'.repeat(128)],
    bad: ['', '/a', 'a/', 'a//b', 'a/-b', 'A', 'a'.repeat(129)],
  },
  enterprise_namespace: { good: ['9', 'ns-0', 'a.b_c'], bad: ['a__b', 'a..b', '-a', 'A'] },
  instance: { good: ['abc', 'old-registry', 'a'.repeat(48)], bad: ['ab', '1abc', 'a--b', 'abc-', 'a'.repeat(49)] },
  policy: { good: ['keep_10', '保留-1', 'A'], bad: ['', 'a b', 'a.b', 'a'.repeat(257)] },
  domain_name: {
    good: ['a.b', '*.example.com', 'x'.repeat(63) + '.io'],
    bad: ['localhost', 'a.*.b', '**.a.b', '-a.b', 'x'.repeat(64) + '.io', ('a'.repeat(49) + '.').repeat(2) + 'b'],
  },
  tag: { good: ['latest', '1.0', '_x', 'A'.repeat(128)], bad: ['.a', '-a', 'a b', '', 'A'.repeat(129)] },
};

describe.each(Object.entries(CASES))('a name of %s', (rule, { good, bad }) => {
  it.each(good)('may be %j', (name) => expect(nameFault(name, rule as NameRule)).toBeNull());
  it.each(bad)('may not be %j', (name) => expect(nameFault(name, rule as NameRule)).not.toBeNull());
});

it('refuses what is reserved', () => {
  expect(nameFault('library', 'organization', ['library'])).toBe('is reserved');
});

it('answers at once, whatever the name', () => {
  const startedAt = performance.now();
  nameFault('a-'.repeat(500_000), 'organization');
  nameFault('a'.repeat(127) + '!', 'repository');
  nameFault('a.'.repeat(49) + '!', 'domain_name');
  expect(performance.now() - startedAt).toBeLessThan(100);
});
