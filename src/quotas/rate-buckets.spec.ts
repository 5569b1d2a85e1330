import { RateBuckets } from './rate-buckets.js';

const RATE = { limit: 1, windowMs: 1_000, burst: 2 };

describe('rate buckets in memory', () => {
  it('keeps keys apart', () => {
    const buckets = new RateBuckets(10);
    expect([1, 2, 3].map(() => buckets.take('a', RATE, 0).allowed)).toEqual([true, true, false]);
    expect(buckets.take('b', RATE, 0).allowed).toBe(true);
    expect(buckets.take('a', RATE, 1_000).allowed).toBe(true);
  });

  it('is bounded: the longest untouched is forgotten', () => {
    const buckets = new RateBuckets(2);
    for (const key of ['a', 'a', 'b', 'a', 'c']) buckets.take(key, RATE, 0);
    expect(buckets.size).toBe(2);
    // `b` was forgotten for `c`; `a`, which was touched after it, was not.
    expect(buckets.take('a', RATE, 0).allowed).toBe(false);
    expect(buckets.take('b', RATE, 0).remaining).toBe(1);
  });
});
