import { alternatives, canonicalFilters } from './native-filters.js';

const value = (text: string, prefix = false) => ({ value: text, prefix });

describe('alternatives', () => {
  it('of a service are its spellings in any case', () => {
    const found = alternatives('service_type', [value('functionGRAPH'), value('swr')]);
    expect(found.values).toEqual(expect.arrayContaining(['FunctionGraph', 'functiongraph', 'SWR', 'swr']));
    expect(alternatives('service_type', [value('Sw', true)])).toEqual({ values: [], prefixes: ['Sw'] });
  });

  it('of a repository are its separators, of a prefix too', () => {
    const found = alternatives('resource_name', [value('a/b'), value('c/', true)]);
    expect(found.values).toEqual(expect.arrayContaining(['a/b', 'a$b', 'a%24b', 'a%2Fb']));
    expect(found.prefixes).toEqual(expect.arrayContaining(['c/', 'c$', 'c%24', 'c%2F']));
  });

  it('of anything else is the value itself, once', () => {
    expect(alternatives('user', [value('a/b'), value('a/b')])).toEqual({ values: ['a/b'], prefixes: [] });
  });
});

describe('the canonical form', () => {
  const filters = { user: { any: [value('b'), value('a', true)], none: [] }, verdict: { any: [], none: [value('x')] } };

  it('does not depend on order', () => {
    const same = { verdict: filters.verdict, user: { any: filters.user.any.toReversed(), none: [] } };
    expect(canonicalFilters(same)).toBe(canonicalFilters(filters));
  });

  it.each([
    [{}],
    [{ user: filters.user }],
    [{ ...filters, user: { any: [value('b'), value('a')], none: [] } }],
    [{ ...filters, user: { any: [], none: filters.user.any } }],
    [{ ...filters, trace_name: filters.user }],
  ])('tells other filters apart: %j', (other) => {
    expect(canonicalFilters(other)).not.toBe(canonicalFilters(filters));
  });
});
