import fc from 'fast-check';
import { arbitraryTrace } from '../../../test/cases/arbitrary-trace.js';
import { HOUR_MS } from '../../kernel/clock.js';
import { rollUp } from './rollup.js';
import type { Trace } from './trace.js';

const one = (fc.sample(arbitraryTrace, { seed: 1, numRuns: 1 })[0] ?? {}) as Trace;
const hour = Math.floor(one.recordTime / HOUR_MS) * HOUR_MS;

describe('rollUp', () => {
  it('counts by hour and by each of the members', () => {
    const base = { ...one, recordTime: hour };
    const rows = rollUp([
      base,
      { ...base, recordTime: hour + HOUR_MS - 1 },
      { ...base, recordTime: hour + HOUR_MS },
      { ...base, traceRating: 'zzz' },
    ]);
    expect(rows.map(({ hourMs, traceRating, count }) => [hourMs - hour, traceRating, count])).toEqual([
      [0, base.traceRating, 2],
      [0, 'zzz', 1],
      [HOUR_MS, base.traceRating, 1],
    ]);
  });

  it('loses none and does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTrace, { maxLength: 12 }), (traces) => {
        const rows = rollUp(traces);
        expect(rows.reduce((total, { count }) => total + count, 0)).toBe(traces.length);
        expect(rollUp([...traces].reverse())).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });
});
