import * as fc from 'fast-check';
import { codeAt, matchingStep, newSeed, stepAt } from './totp.js';

/** `12345678901234567890`, the seed of RFC 6238, appendix B. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('one-time codes', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('are those of RFC 6238, appendix B: at %d s', (seconds, code) => {
    expect(codeAt(SEED, stepAt(seconds * 1_000))).toBe(code);
  });

  it('are taken one step early or late, and no further', () => {
    const now = 1_700_000_000_000;
    const step = stepAt(now);
    const found = [-2, -1, 0, 1, 2].map((by) => matchingStep(SEED, codeAt(SEED, step + by), now, -1));
    expect(found).toEqual([null, step - 1, step, step + 1, null]);
  });

  it('are not taken for a step that is over', () => {
    const now = 1_700_000_000_000;
    const step = stepAt(now);
    expect(matchingStep(SEED, codeAt(SEED, step), now, step)).toBeNull();
    expect(matchingStep(SEED, codeAt(SEED, step + 1), now, step)).toBe(step + 1);
  });

  it('have seeds of 160 bits that never repeat, and six digits always', () => {
    const seeds = Array.from({ length: 50 }, newSeed);
    expect(new Set(seeds).size).toBe(50);
    for (const seed of seeds) expect(seed).toMatch(/^[A-Z2-7]{32}$/);
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.nat({ max: 2 ** 31 }), (seed, step) => {
        expect(codeAt(seed, step)).toMatch(/^\d{6}$/);
      }),
    );
  });

  it.each(['', '12345', '1234567', '１２３４５６', 'abcdef'])('are never %p', (code) => {
    expect(matchingStep(SEED, code, 1_700_000_000_000, -1)).toBeNull();
  });
});
