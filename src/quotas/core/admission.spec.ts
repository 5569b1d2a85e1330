import fc from 'fast-check';
import { Allotment, type CounterState, remaining } from './admission.js';

const state = (over: Partial<CounterState>): CounterState => ({
  used: 0,
  reserved: 0,
  limit: 5,
  origin: 'default',
  mode: 'enforce',
  closed: false,
  ...over,
});
const demand = (amount: number, ...levels: string[]) => ({ levels, amount });

describe('admission', () => {
  it('is all or nothing, across lines and levels', () => {
    const book = new Allotment(
      new Map([
        ['u', state({ limit: 5, used: 4 })],
        ['p', state({ limit: 10, used: 9 })],
        ['v', state({ limit: 5 })],
      ]),
    );
    const refused = book.admit([demand(1, 'u', 'p'), demand(1, 'v', 'p')]);
    expect(refused).toMatchObject({ granted: false, reason: 'exceeded', exceeded: [{ counter: 'p', needed: 2 }] });
    expect(book.granted.size).toBe(0);
    expect(book.admit([demand(1, 'u', 'p')]).granted).toBe(true);
    expect(book.admit([demand(1, 'v', 'p')]).granted).toBe(false);
    expect(book.stateOf('u')).toMatchObject({ used: 4, reserved: 1 });
  });

  it.each([
    ['enforce', false, 0],
    ['warn', true, 1],
    ['observe', true, 0],
  ] as const)('in mode %s: granted %s', (mode, granted, warnings) => {
    const outcome = new Allotment(new Map([['u', state({ mode, used: 5 })]])).admit([demand(1, 'u')]);
    expect(outcome.granted).toBe(granted);
    if (outcome.granted) expect(outcome.warnings).toHaveLength(warnings);
  });

  it('grants nothing in what is closed, whatever the mode', () => {
    const book = new Allotment(new Map([['u', state({ mode: 'observe', closed: true })]]));
    expect(book.admit([demand(1, 'u')])).toMatchObject({ granted: false, reason: 'closed' });
  });

  it('never grants beyond the limit, and never refuses what fits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }),
        (limit, used, amounts) => {
          const book = new Allotment(new Map([['u', state({ limit, used })]]));
          let taken = used;
          for (const amount of amounts) {
            const fits = taken + amount <= limit;
            expect(book.admit([demand(amount, 'u')]).granted).toBe(fits);
            if (fits) taken += amount;
          }
          expect(book.stateOf('u').reserved).toBe(taken - used);
        },
      ),
    );
  });

  it('tells what is left', () => {
    expect(remaining({ limit: 5, used: 3, reserved: 1 })).toBe(1);
    expect(remaining({ limit: 5, used: 7, reserved: 1 })).toBe(0);
    expect(remaining({ limit: -1, used: 7, reserved: 1 })).toBeNull();
  });
});
