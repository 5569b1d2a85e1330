import fc from 'fast-check';
import { parseInstant, parseRfc3339, timeWindow, type TimeWindowRule } from './time-window.js';

const RULE: TimeWindowRule = { oldestMs: 1000, defaultFromMs: 5000, defaultToMs: 9000, bounds: 'from-inclusive' };

describe('parseInstant', () => {
  it.each<[string, number | null]>([
    ['0', 0],
    ['1481066128032', 1481066128032],
    ['2016-12-06T23:15:28.032Z', 1481066128032],
    ['2016-12-07T07:15:28+08:00', 1481066128000],
    ['99999999999999999999', null],
    ['-1', null],
    ['1.5', null],
    ['', null],
    ['yesterday', null],
    ['2016-12-06', null],
    ['2016-12-06T23:15:28', null],
    ['2016-02-30T00:00:00Z', null],
  ])('%j', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it('reads what Date writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
        expect(parseRfc3339(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('timeWindow', () => {
  it.each<[{ from?: string; to?: string }, Partial<TimeWindowRule>, [number, number]]>([
    [{}, {}, [5000, 9000]],
    [{ from: '', to: '' }, {}, [5000, 9000]],
    [{ from: '2000' }, {}, [2000, 9000]],
    [{ from: '2000', to: '3000' }, {}, [2000, 3000]],
    [{ from: '2000', to: '3000' }, { bounds: 'exclusive' }, [2001, 3000]],
    [{ to: '8000' }, { bounds: 'exclusive' }, [5000, 8000]],
    [{ from: '10' }, {}, [1000, 9000]],
    [{ from: '10', to: '20' }, {}, [1000, 1000]],
    [{ to: '4000' }, {}, [5000, 5000]],
    [{ from: '99999' }, {}, [99999, 99999]],
  ])('%j under %j', (input, rule, [fromMs, toMs]) => {
    expect(timeWindow(input, { ...RULE, ...rule })).toEqual({ ok: true, window: { fromMs, toMs } });
  });

  it('names every problem at once', () => {
    const result = timeWindow({ from: 'x', to: 'y' }, RULE);
    expect(!result.ok && result.problems.map(({ path }) => path)).toEqual(['query.from', 'query.to']);
  });

  it.each([
    ['3000', '2000'],
    ['2000', '2000'],
  ])('refuses from %s to %s', (from, to) => {
    expect(timeWindow({ from, to }, RULE)).toMatchObject({ ok: false, problems: [{ path: 'query.from' }] });
  });
});
