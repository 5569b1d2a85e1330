import fc from 'fast-check';
import { levenshtein, nearest } from './nearest.js';

describe('levenshtein', () => {
  it.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['limit', 'limt', 1],
    ['abc', '', 3],
  ])('%p to %p takes %i', (a, b, distance) => {
    expect(levenshtein(a, b)).toBe(distance);
  });

  it('is a metric', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(levenshtein(a, a)).toBe(0);
        expect(levenshtein(a, b)).toBe(levenshtein(b, a));
        expect(levenshtein(a, b)).toBeLessThanOrEqual(levenshtein(a, c) + levenshtein(c, b));
        expect(levenshtein(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearest', () => {
  const known = ['limit', 'cursor', 'service_type', 'resource_type'];
  it.each([
    ['limt', 'limit'],
    ['Limit', 'limit'],
    ['serviceType', 'service_type'],
    ['resourcetype', 'resource_type'],
    ['zzzzzzzz', null],
    ['x'.repeat(65), null],
  ])('of %p is %p', (given, meant) => {
    expect(nearest(given, known)).toBe(meant);
  });
});
