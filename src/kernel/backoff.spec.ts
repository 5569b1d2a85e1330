import fc from 'fast-check';
import { backoffDelayMs } from './backoff.js';

describe('backoffDelayMs', () => {
  it('doubles up to its bound', () => {
    const bounds = { baseMs: 100, maxMs: 1_000 };
    expect([0, 1, 2, 3, 4, 5].map((attempt) => backoffDelayMs(attempt, bounds, 0.999_999))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backoffDelayMs(0, bounds, 0)).toBe(50);
  });

  it('stays between half of the base and the bound, however many attempts', () => {
    const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
    fc.assert(
      fc.property(fc.nat(1_000_000), random, (attempt, chance) => {
        const delay = backoffDelayMs(attempt, { baseMs: 10, maxMs: 5_000 }, chance);
        return delay >= 5 && delay <= 5_000;
      }),
    );
  });
});
