import fc from 'fast-check';
import { takeRate } from './gcra.js';

const RATE = { limit: 10, windowMs: 30_000, burst: 10 };

describe('a rate quota', () => {
  it('lets a burst through, then one for each interval', () => {
    let state: number | null = null;
    const left: number[] = [];
    for (let count = 0; count < 10; count++) {
      const taken = takeRate(RATE, state, 0);
      expect(taken.allowed).toBe(true);
      left.push(taken.remaining);
      state = taken.next;
    }
    expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(takeRate(RATE, state, 0)).toEqual({
      allowed: false,
      remaining: 0,
      retryAfterMs: 3_000,
      resetMs: 30_000,
      next: state,
    });
    expect(takeRate(RATE, state, 2_999).allowed).toBe(false);
    expect(takeRate(RATE, state, 3_000)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('never lets more through than burst and refill allow, and lets through what was told to be allowed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 60 }),
        (limit, burst, gaps) => {
          const rate = { limit, windowMs: 10_000, burst };
          let [now, state, allowed]: [number, number | null, number] = [0, null, 0];
          for (const gap of gaps) {
            now += gap;
            const taken = takeRate(rate, state, now);
            state = taken.next;
            if (taken.allowed) allowed++;
            else expect(takeRate(rate, state, now + taken.retryAfterMs).allowed).toBe(true);
            expect(allowed).toBeLessThanOrEqual(burst + (now * limit) / rate.windowMs + 0.01);
          }
        },
      ),
    );
  });

  it('keeps nobody out for longer than two bursts take to come back, however far the clock goes back', () => {
    const state = takeRate(RATE, null, 600_000, 10).next;
    const fresh = takeRate(RATE, null, 0);
    expect(takeRate(RATE, state, 0)).toEqual(fresh);
    expect(takeRate(RATE, 60_001, 0)).toEqual(fresh);
    expect(takeRate(RATE, 60_000, 0)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 33_000 });
  });

  it('takes several at once or none, and never more than the burst', () => {
    expect(takeRate(RATE, null, 0, 10)).toMatchObject({ allowed: true, remaining: 0, next: 30_000 });
    expect(takeRate(RATE, 15_000, 0, 6)).toMatchObject({
      allowed: false,
      remaining: 5,
      retryAfterMs: 3_000,
      next: 15_000,
    });
    expect(takeRate(RATE, null, 0, 11).allowed).toBe(false);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 30_000 }), (amount, state) => {
        const atOnce = takeRate(RATE, state, 0, amount);
        let oneByOne: number = state;
        let all = true;
        for (let count = 0; count < amount; count++) {
          const taken = takeRate(RATE, oneByOne, 0);
          all &&= taken.allowed;
          oneByOne = taken.next;
        }
        expect(atOnce.allowed).toBe(all);
        if (all) expect(atOnce.next).toBeCloseTo(oneByOne, 6);
      }),
    );
  });
});
