import fc from 'fast-check';
import { type Filling, stepThreshold, type ThresholdMark, type ThresholdRules, UNMARKED } from './thresholds.js';

const HOUR = 3_600_000;
const RULES: ThresholdRules = { thresholds: [70, 85, 95, 100], hysteresis: 5, cooldownMs: HOUR };

/** Takes the steps and keeps their marks. */
function walk(looks: readonly (Filling & { readonly at: number })[], rules = RULES) {
  let mark: ThresholdMark = UNMARKED;
  return looks.map(({ at, ...filling }) => {
    const step = stepThreshold(filling, mark, rules, at);
    if (step.kind !== 'same') ({ mark } = step);
    return { told: step.kind === 'crossed' ? step.threshold : null, reached: mark.reached };
  });
}

describe('thresholds', () => {
  // Of 100, at minutes: what is taken, and what is told.
  it.each<[string, [minute: number, taken: number, told: number | null][]]>([
    ['below all', [[0, 69, null]]],
    ['at one', [[0, 70, 70]]],
    [
      'each on the way up',
      [
        [0, 70, 70],
        [1, 84, null],
        [2, 85, 85],
        [3, 95, 95],
        [4, 100, 100],
        [5, 120, null],
      ],
    ],
    [
      'the highest of several at once',
      [
        [0, 96, 95],
        [1, 99, null],
        [2, 100, 100],
      ],
    ],
    [
      'none again for use that wavers around it',
      [
        [0, 85, 85],
        [70, 84, null],
        [140, 85, null],
        [210, 80, null],
        [280, 90, null],
      ],
    ],
    [
      'it again after a fall below its hysteresis',
      [
        [0, 85, 85],
        [61, 79, null],
        [62, 85, 85],
      ],
    ],
    [
      'it again only after the cooldown, however often it falls',
      [
        [0, 85, 85],
        [10, 70, null],
        [20, 86, null],
        [59, 86, null],
        [60, 86, 85],
      ],
    ],
    [
      'a higher one during the cooldown',
      [
        [0, 85, 85],
        [10, 10, null],
        [20, 96, 95],
      ],
    ],
    [
      'lower ones neither during the cooldown of a higher',
      [
        [0, 95, 95],
        [10, 10, null],
        [20, 72, null],
        [60, 72, 70],
      ],
    ],
    [
      'lower ones after a fall to between them',
      [
        [0, 100, 100],
        [90, 60, null],
        [95, 71, 70],
      ],
    ],
    [
      'no lower one on the way down',
      [
        [0, 100, 100],
        [90, 88, null],
        [180, 72, null],
        [270, 84, null],
        [275, 85, 85],
      ],
    ],
  ])('are told %s', (_, looks) => {
    const walked = walk(looks.map(([minute, taken]) => ({ at: minute * 60_000, taken, limit: 100 })));
    expect(walked.map(({ told }) => told)).toEqual(looks.map(([, , told]) => told));
  });

  it.each<[string, Filling, number | null]>([
    ['without a limit', { taken: 1_000, limit: -1 }, null],
    ['where nothing is allowed and nothing is taken', { taken: 0, limit: 0 }, null],
    ['where nothing is allowed and something is taken', { taken: 1, limit: 0 }, 100],
    ['just below, at the greatest numbers', { taken: 699_999_999_999, limit: 1_000_000_000_000 }, null],
    ['just at it, at the greatest numbers', { taken: 700_000_000_000, limit: 1_000_000_000_000 }, 70],
    ['of a limit that does not divide', { taken: 2, limit: 3 }, null],
  ])('%s', (_, filling, told) => {
    expect(walk([{ ...filling, at: 0 }])[0]?.told).toBe(told);
  });

  it('follow the limit as they follow use', () => {
    const looks = [
      [50, 100],
      [50, 70],
      [50, 100],
      [50, 52],
      [50, -1],
      [50, 50],
    ] as const;
    const walked = walk(looks.map(([taken, limit], index) => ({ taken, limit, at: index * 2 * HOUR })));
    expect(walked.map(({ told }) => told)).toEqual([null, 70, null, 95, null, 100]);
  });

  describe('whatever happens', () => {
    const look = fc.record({
      taken: fc.integer({ min: 0, max: 130 }),
      limit: fc.oneof(
        { weight: 5, arbitrary: fc.constant(100) },
        { weight: 1, arbitrary: fc.integer({ min: -1, max: 200 }) },
      ),
      wait: fc.integer({ min: 0, max: 2 * HOUR }),
    });
    const looks = fc.array(look, { maxLength: 40 }).map((steps) => {
      let at = 0;
      return steps.map(({ wait, ...filling }) => ({ ...filling, at: (at += wait) }));
    });
    const rules = fc.record({
      thresholds: fc
        .uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 5 })
        .map((list) => list.sort((a, b) => a - b)),
      hysteresis: fc.integer({ min: 0, max: 30 }),
      cooldownMs: fc.integer({ min: 0, max: 3 * HOUR }),
    });

    it('a look at the same again changes nothing', () => {
      fc.assert(
        fc.property(looks, rules, (given, of) => {
          const twice = walk(
            given.flatMap((one) => [one, one]),
            of,
          );
          expect(twice.filter((_, index) => index % 2 === 1 && twice[index]?.told !== null)).toEqual([]);
          expect(twice.filter((_, index) => index % 2 === 0)).toEqual(walk(given, of));
        }),
      );
    });

    it('what is told is reached, and is the highest that is', () => {
      fc.assert(
        fc.property(looks, rules, (given, of) => {
          walk(given, of).forEach(({ told }, index) => {
            const { taken, limit } = given[index] ?? { taken: 0, limit: 0 };
            if (told === null) return;
            expect(taken * 100).toBeGreaterThanOrEqual(told * limit);
            expect(of.thresholds.filter((at) => at > told && taken * 100 >= at * limit)).toEqual([]);
          });
        }),
      );
    });

    it('none is told twice within the cooldown, nor without a fall below its hysteresis between', () => {
      fc.assert(
        fc.property(looks, rules, (given, of) => {
          const walked = walk(given, of);
          walked.forEach(({ told }, second) => {
            if (told === null) return;
            const first = walked.slice(0, second).findLastIndex((one) => one.told !== null && one.told >= told);
            if (first < 0) return;
            const [before, now] = [given[first]?.at ?? 0, given[second]?.at ?? 0];
            expect(now - before).toBeGreaterThanOrEqual(of.cooldownMs);
            const fell = given
              .slice(first + 1, second)
              .some(({ taken, limit }) => limit === -1 || taken === 0 || taken * 100 < (told - of.hysteresis) * limit);
            expect(fell).toBe(true);
          });
        }),
      );
    });

    it('what is reached and stays so is told once the cooldown is over', () => {
      fc.assert(
        fc.property(looks, rules, fc.integer({ min: 1, max: 100 }), (given, of, taken) => {
          const last = given.at(-1)?.at ?? 0;
          const highest = Math.max(0, ...of.thresholds.filter((at) => taken >= at));
          const after = walk([...given, { taken, limit: 100, at: last + of.cooldownMs }], of).at(-1);
          expect(after?.reached).toBeGreaterThanOrEqual(highest);
        }),
      );
    });
  });
});
