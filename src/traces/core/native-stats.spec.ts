import fc from 'fast-check';
import { HOUR_MS } from '../../kernel/clock.js';
import { buckets, isRolledUp, parseInterval, splitHours } from './native-stats.js';

it.each([
  ['1h', HOUR_MS],
  ['6h', 6 * HOUR_MS],
  ['1d', 24 * HOUR_MS],
  ['90d', 90 * 24 * HOUR_MS],
  ['91d', null],
  ['0h', null],
  ['30m', null],
  ['1.5h', null],
  ['h', null],
  ['', null],
])('the interval %j is %p', (text, interval) => {
  expect(parseInterval(text)).toBe(interval);
});

it('whole hours and what stands around them make up the window', () => {
  const instant = fc.integer({ min: 0, max: 20 * HOUR_MS });
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      const window = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
      const { head, hours, tail } = splitHours(window);
      expect([head.fromMs, head.toMs, hours.toMs, tail.toMs]).toEqual([
        window.fromMs,
        hours.fromMs,
        tail.fromMs,
        window.toMs,
      ]);
      for (const part of [head, hours, tail]) expect(part.toMs).toBeGreaterThanOrEqual(part.fromMs);
      if (hours.toMs > hours.fromMs) expect([hours.fromMs % HOUR_MS, hours.toMs % HOUR_MS]).toEqual([0, 0]);
      expect(Math.max(head.toMs - head.fromMs, tail.toMs - tail.fromMs)).toBeLessThan(HOUR_MS);
    }),
  );
});

it('buckets are all there, with their most frequent values first', () => {
  const groups = [
    { bucketMs: HOUR_MS, value: 'b', count: 2 },
    { bucketMs: HOUR_MS, value: 'a', count: 2 },
    { bucketMs: HOUR_MS, value: 'c', count: 5 },
    { bucketMs: HOUR_MS, value: null, count: 4 },
  ];
  expect(buckets(groups, { fromMs: 5, toMs: 2 * HOUR_MS + 1 }, HOUR_MS, 2)).toEqual([
    { start: 0, count: 0, values: [] },
    {
      start: HOUR_MS,
      count: 13,
      values: [
        { value: 'c', count: 5 },
        { value: 'a', count: 2 },
      ],
    },
    { start: 2 * HOUR_MS, count: 0, values: [] },
  ]);
});

describe('hourly counts', () => {
  const some = { any: [{ value: 'x', prefix: false }], none: [] };
  const selection = { fromMs: null, toMs: null, text: null, domainId: null };

  it.each([
    ['service_type', {}, null, true],
    ['service_type', { project_id: some, trace_type: some, trace_rating: some }, null, true],
    ['service_type', { user: some }, null, false],
    ['service_type', {}, 'text', false],
    ['user', {}, null, false],
  ] as const)('for %s by %j with text %p: %p', (field, filters, text, expected) => {
    expect(isRolledUp(field, { ...selection, filters, text })).toBe(expected);
  });
});
