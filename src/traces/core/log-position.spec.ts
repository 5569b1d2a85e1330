import fc from 'fast-check';
import { howToRecognise, missingSpans } from './log-position.js';

describe('missingSpans', () => {
  it.each([
    ['nothing missing', 5n, [5n, 6n, 7n], 0n, []],
    ['a marker between records', 5n, [5n, 7n], 0n, [{ from: 6n, to: 7n, kind: 'absent' }]],
    ['evicted before the first', 5n, [9n], 9n, [{ from: 5n, to: 9n, kind: 'evicted' }]],
    [
      'evicted up to the low watermark, absent above it',
      5n,
      [9n],
      7n,
      [
        { from: 5n, to: 7n, kind: 'evicted' },
        { from: 7n, to: 9n, kind: 'absent' },
      ],
    ],
  ])('%s', (_, expected, offsets, low, spans) => {
    expect(missingSpans(expected, offsets, low)).toEqual(spans);
  });

  it('accounts for every offset exactly once', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 120 }), (deltas, low) => {
        let offset = 9n;
        const offsets = deltas.map((delta) => (offset += BigInt(delta)));
        const spans = missingSpans(10n, offsets, BigInt(low));
        const missing = spans.flatMap(({ from, to, kind }) =>
          Array.from({ length: Number(to - from) }, (_, index) => ({ at: Number(from) + index, kind })),
        );
        const delivered = new Set(offsets.map(Number));
        const end = Number(offsets.at(-1) ?? 9n) + 1;
        const absentOrEvicted = Array.from({ length: end - 10 }, (_, index) => index + 10).filter(
          (at) => !delivered.has(at),
        );
        expect(missing.map(({ at }) => at)).toEqual(absentOrEvicted);
        expect(missing.every(({ at, kind }) => (kind === 'evicted') === at < low)).toBe(true);
      }),
    );
  });
});

describe('howToRecognise', () => {
  it.each([
    ['a shorter log', 500n, 499n, { low: 0n, high: 499n }, { kind: 'replaced' }],
    ['nothing new', 500n, 499n, { low: 0n, high: 500n }, { kind: 'compare', offset: 499n }],
    ['a marker after the last record', 501n, 499n, { low: 0n, high: 600n }, { kind: 'compare', offset: 499n }],
    ['the last record evicted', 500n, 499n, { low: 500n, high: 600n }, { kind: 'assumed' }],
    ['nothing read yet', 0n, null, { low: 0n, high: 600n }, { kind: 'assumed' }],
  ])('%s', (_, nextOffset, lastOffset, watermarks, expected) => {
    expect(howToRecognise({ nextOffset, lastOffset }, watermarks)).toEqual(expected);
  });
});
