import fc from 'fast-check';
import { decodeRepositoryName, encodeRepositoryName, spellings } from './repository-name.js';

const name = fc.stringMatching(/^[a-z0-9]+([._/-][a-z0-9]+){0,4}$/);

describe('repository names', () => {
  it.each([
    ['a$b', 'a/b'],
    ['a%24b', 'a/b'],
    ['a%2Fb', 'a/b'],
    ['a%2fb', 'a/b'],
    ['a/b', 'a/b'],
    ['c/a$b%24d', 'c/a/b/d'],
    ['plain', 'plain'],
    ['a%20b%', 'a%20b%'],
  ])('%s is %s', (spelling, plain) => {
    expect(decodeRepositoryName(spelling)).toBe(plain);
  });

  it('come back from their encoding', () => {
    fc.assert(
      fc.property(name, (plain) => {
        expect(encodeRepositoryName(plain)).not.toContain('/');
        expect(decodeRepositoryName(encodeRepositoryName(plain))).toBe(plain);
      }),
    );
  });

  it('are found under every spelling by every spelling: a/b in organization c', () => {
    const stored = ['c/a/b', 'c/a$b', 'c/a%24b', 'c/a%2Fb', 'c$a$b', 'c%24a%24b', 'c%2Fa%2Fb'];
    for (const filter of stored) expect(spellings(filter)).toEqual(expect.arrayContaining(stored));
    expect(spellings('a$b')).toEqual(expect.arrayContaining(['a/b', 'a$b', 'a%24b']));
  });

  it('have one spelling without a separator, and none twice', () => {
    expect(spellings('plain')).toEqual(['plain']);
    fc.assert(
      fc.property(fc.string(), (value) => {
        const all = spellings(value);
        expect(all[0]).toBe(value);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});
