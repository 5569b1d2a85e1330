import pg from 'pg';
import fc from 'fast-check';
import { instant, readTypes } from './read-types.js';

const { INT8, TIMESTAMPTZ } = pg.types.builtins;
const driver: (text: string) => unknown = pg.types.getTypeParser(TIMESTAMPTZ);
const spelled = (date: Date): string => date.toISOString().replace('T', ' ').replace('Z', '+00');

describe('instant', () => {
  it('reads every instant as the driver does', () => {
    const within = {
      min: new Date('1000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(within), (date) => {
        expect(instant(spelled(date))).toEqual(date);
      }),
    );
  });

  it.each([
    '2026-03-10 12:00:00+00',
    '2026-03-10 12:00:00.1+00',
    '2026-03-10 12:00:00.12+00',
    '2026-03-10 12:00:00.123456+00',
    '2026-03-10 12:00:00.999999+00',
    '2026-03-10 12:00:00+02',
    '2026-03-10 12:00:00.5+05:30',
    '0099-01-01 00:00:00+00 BC',
    '12026-03-10 12:00:00+00',
    'infinity',
    '-infinity',
  ])('reads %s as the driver does', (text) => {
    expect(instant(text)).toEqual(driver(text));
  });
});

describe('readTypes', () => {
  it('leaves other types to the driver', () => {
    expect(readTypes.getTypeParser(INT8, 'text')).toBe(pg.types.getTypeParser(INT8, 'text'));
    expect(readTypes.getTypeParser(TIMESTAMPTZ, 'text')).toBe(instant);
  });
});
