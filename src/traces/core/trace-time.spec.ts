import fc from 'fast-check';
import { uuidV1 } from '../../kernel/ids.js';
import { isFormattedTime, parseTraceTime, recordTimeOf, setTimeForm, shiftTimeForm } from './trace-time.js';

const MS = 1481166448170;
const NOON = Date.UTC(2016, 11, 8, 3, 7, 28);

/** Every form, with the instant it means and the same form 1 h 0.5 s later. */
const forms: [unknown, number, unknown][] = [
  [MS, MS, MS + 3_600_500],
  [String(MS), MS, String(MS + 3_600_500)],
  [1481166448, 1481166448000, 1481170048],
  ['1481166448', 1481166448000, '1481170048'],
  [1481166448170123, MS, 1481170048670123],
  ['1481166448170999', MS, '1481170048670999'],
  ['1481166448170999999', MS, '1481170048670999999'],
  [1481166448170000000, MS, 1481170048670000000],
  ['2016/12/08 11:07:28 GMT+08:00', NOON, '2016/12/08 12:07:28 GMT+08:00'],
  ['2016-12-08 11:07:28 GMT+08:00', NOON, '2016-12-08 12:07:28 GMT+08:00'],
  ['2016-12-07 22:37:28 GMT-04:30', NOON, '2016-12-07 23:37:28 GMT-04:30'],
  ['2016-12-08T03:07:28Z', NOON, '2016-12-08T04:07:28Z'],
  ['2016-12-08t03:07:28.17z', NOON + 170, '2016-12-08t04:07:28.67z'],
  ['2016-12-08 11:07:28.170999+08:00', NOON + 170, '2016-12-08 12:07:28.670999+08:00'],
  ['2016-12-08T23:59:59.9-01:00', Date.UTC(2016, 11, 9, 0, 59, 59, 900), '2016-12-09T01:00:00.4-01:00'],
];

const broken = [
  0,
  -1,
  1.5,
  1481166448170.5,
  NaN,
  148116644,
  14811664481,
  148116644817,
  14811664481701,
  true,
  {},
  [],
  null,
  undefined,
  '',
  'now',
  ' 1481166448170',
  '-1481166448170',
  '1481166448170.0',
  '2016-12-08',
  '2016-13-08T03:07:28Z',
  '2016-02-30T03:07:28Z',
  '2015-02-29T03:07:28Z',
  '2016-12-08T24:00:00Z',
  '2016-12-08T03:60:00Z',
  '2016-12-08T03:07:28',
  '2016-12-08T03:07:28+24:00',
  '2016/12-08 11:07:28 GMT+08:00',
  '2016/12/08 11:07:28',
  '0001-01-01T00:00:00Z',
  '2016/12/32 11:07:28 GMT+08:00',
  '1969-12-31T23:59:59Z',
];

describe('parseTraceTime', () => {
  it.each(forms)('%j is %d', (value, ms) => {
    expect(parseTraceTime(value)).toBe(ms);
  });

  it.each(broken.map((value) => [value]))('%j is no time', (value) => {
    expect(parseTraceTime(value)).toBeNull();
  });

  it('knows leap days, leap seconds, and the first instant', () => {
    expect(parseTraceTime('2016-02-29T00:00:00Z')).toBe(Date.UTC(2016, 1, 29));
    expect(parseTraceTime('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1));
    expect(parseTraceTime('1969-12-31T23:00:00-01:00')).toBe(0);
  });
});

describe('shiftTimeForm and setTimeForm', () => {
  it.each(forms)('%j keeps its form', (value, _, later) => {
    expect(shiftTimeForm(value, 3_600_500)).toBe(later);
    expect(shiftTimeForm(value, 0)).toBe(value);
  });

  it('leaves what is no time', () => {
    for (const value of broken) {
      expect(shiftTimeForm(value, 1000)).toBe(value);
      expect(setTimeForm(value, MS)).toBe(value);
    }
  });

  it('sets an instant, with no digits below the millisecond left over', () => {
    expect(setTimeForm('2016-12-08T03:07:28.170999+00:00', MS)).toBe('2016-12-08T03:07:28.170000+00:00');
    expect(setTimeForm('1400000000000999', MS)).toBe('1481166448170000');
    expect(setTimeForm(1400000000, MS)).toBe(1481166448);
    expect(setTimeForm('2001/01/01 00:00:00 GMT+08:00', MS)).toBe('2016/12/08 11:07:28 GMT+08:00');
  });

  it('says the shifted instant, to the precision of the form', () => {
    const shift = fc.integer({ min: -100_000_000_000, max: 100_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...forms), shift, ([value, ms], by) => {
        const moved = parseTraceTime(shiftTimeForm(value, by));
        const set = parseTraceTime(setTimeForm(value, ms + by));
        expect(moved).toBe(set);
        expect(ms + by - (moved ?? NaN)).toBeGreaterThanOrEqual(0);
        expect(ms + by - (moved ?? NaN)).toBeLessThan(1000);
        expect(typeof shiftTimeForm(value, by)).toBe(typeof value);
      }),
    );
  });
});

describe('recordTimeOf', () => {
  const id = uuidV1(MS, 1234, '8000aabbccddeeff');
  it.each<[unknown, unknown, unknown, number | null]>([
    [MS + 1, id, MS + 2, MS + 1],
    [undefined, id, MS + 2, MS],
    ['', id.toUpperCase(), undefined, MS],
    [null, 'xxx', MS + 2, MS + 2],
    [undefined, '68d5745e-6af2-40e4-945d-fe449be00148', undefined, null],
    [undefined, 7, undefined, null],
  ])('own %j, id %j, time %j', (own, traceId, time, expected) => {
    expect(recordTimeOf(own, traceId, time)).toBe(expected);
  });
});

it('tells renderings for people from epoch forms', () => {
  expect([MS, String(MS), '', null, undefined].map(isFormattedTime)).toEqual([false, false, false, false, false]);
  expect(['2016-12-08T03:07:28Z', '2016/12/08 11:07:28 GMT+08:00'].map(isFormattedTime)).toEqual([true, true]);
});
