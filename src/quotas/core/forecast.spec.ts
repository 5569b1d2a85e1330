import fc from 'fast-check';
import { forecastFullAt, type UsageStep } from './forecast.js';

const NOW = 1_795_600_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** One unit every `everyHours` hours over the last `days` days. */
const steady = (everyHours: number, days: number, delta = 1): UsageStep[] =>
  Array.from({ length: Math.floor((days * 24) / everyHours) }, (_, index) => ({
    at: NOW - index * everyHours * HOUR,
    delta,
    changes: 1,
  }));
const ask = (steps: readonly UsageStep[], used: number, limit: number, reserved = 0) =>
  forecastFullAt({ steps, used, reserved, limit, nowMs: NOW });
const days = (at: number | null): number | null => (at === null ? null : (at - NOW) / DAY);

describe('forecastFullAt', () => {
  it.each([
    ['two a day, twenty left', steady(12, 7), 30, 50, 0, 10],
    ['two a day, what is reserved is taken', steady(12, 7), 30, 50, 10, 5],
    ['six units every six hours, 48 left', steady(6, 7, 6), 200, 248, 0, 2],
    ['a history of two days is enough', steady(6, 2), 20, 24, 0, 1],
  ])('%s', (_, steps, used, limit, reserved, expected) => {
    expect(days(ask(steps, used, limit, reserved))).toBeCloseTo(expected, 0);
  });

  it.each<[string, UsageStep[], number, number]>([
    ['unlimited', steady(6, 7), 30, -1],
    ['full', steady(6, 7), 50, 50],
    ['more than full', steady(6, 7), 51, 50],
    ['a limit of 0', [], 0, 0],
    ['no history', [], 3, 5],
    ['three changes', steady(48, 6), 3, 50],
    ['less than a day', steady(1, 0.9), 30, 50],
    ['shrinking', steady(6, 7, -1), 30, 50],
    ['changes older than the window', steady(6, 3).map((step) => ({ ...step, at: step.at - 8 * DAY })), 30, 50],
    ['more than a year', steady(24, 7), 30, 1_000],
  ])('says nothing where there is nothing to say: %s', (_, steps, used, limit) => {
    expect(ask(steps, used, limit)).toBeNull();
  });

  it('is not led astray by a burst', () => {
    const burst = Array.from({ length: 40 }, (_, index) => ({
      at: NOW - 5 * HOUR - index * 1_000,
      delta: 1,
      changes: 1,
    }));
    const calm = days(ask(steady(12, 7), 30, 100));
    expect(days(ask([...steady(12, 7), ...burst], 70, 140))).toBeCloseTo(calm ?? Number.NaN, 0);
    // Creations and deletions that are even tell of no growth.
    const churn = steady(2, 7).map((step, index) => ({ ...step, delta: index % 2 === 0 ? 1 : -1 }));
    expect(ask(churn, 30, 50)).toBeNull();
  });

  const step = fc.record({
    at: fc.integer({ min: NOW - 9 * DAY, max: NOW + DAY }),
    delta: fc.integer({ min: -5, max: 5 }),
    changes: fc.integer({ min: 1, max: 3 }),
  });
  const question = fc.record({
    steps: fc.array(step, { maxLength: 60 }),
    used: fc.integer({ min: 0, max: 200 }),
    reserved: fc.integer({ min: 0, max: 20 }),
    limit: fc.integer({ min: -1, max: 400 }),
    nowMs: fc.constant(NOW),
  });

  it('lies in the coming year, whatever the order of the steps', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const at = forecastFullAt(asked);
        if (at !== null) expect(at > NOW && at <= NOW + 365 * DAY).toBe(true);
        expect(forecastFullAt({ ...asked, steps: [...asked.steps].reverse() })).toBe(at);
      }),
    );
  });

  it('comes no later for a lower limit, nor where more is reserved', () => {
    fc.assert(
      fc.property(question, fc.integer({ min: 1, max: 50 }), (asked, less) => {
        const at = forecastFullAt(asked);
        if (at === null) return;
        for (const tighter of [{ limit: asked.limit - less }, { reserved: asked.reserved + less }]) {
          const sooner = forecastFullAt({ ...asked, ...tighter });
          if (sooner !== null) expect(sooner).toBeLessThanOrEqual(at);
        }
      }),
    );
  });

  it('does not speak of growth where each change takes away', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const steps = asked.steps.map((one) => ({ ...one, delta: -Math.abs(one.delta) }));
        expect(forecastFullAt({ ...asked, steps })).toBeNull();
      }),
    );
  });
});
