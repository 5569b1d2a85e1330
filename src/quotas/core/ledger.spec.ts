import fc from 'fast-check';
import { BASELINE_LOG, COMMIT_LOG, fold, type LedgerEntry, type LedgerEvent, usageDeltas } from './ledger.js';

const order = (at: number, log = 0, offset = 0n) => ({ at, log, offset });
const owner = (who: string, amount = 1) => ({ levels: [who, 'domain'], amount });
const add = (at: number, who = 'a', log = 0): LedgerEvent => ({
  kind: 'add',
  order: order(at, log),
  owner: owner(who),
});
const remove = (at: number): LedgerEvent => ({ kind: 'subtract', order: order(at) });
const after = (...events: LedgerEvent[]) =>
  events.reduce<LedgerEntry | null>((entry, event) => fold(entry, event), null);

const anyEvent = fc
  .record({
    kind: fc.constantFrom('add', 'subtract'),
    at: fc.integer({ min: 0, max: 6 }),
    log: fc.constantFrom(BASELINE_LOG, COMMIT_LOG, 0, 1),
    offset: fc.bigInt({ min: 0n, max: 2n }),
    who: fc.constantFrom('a', 'b'),
  })
  .map(({ kind, at, log, offset, who }): LedgerEvent =>
    kind === 'add'
      ? { kind, order: { at, log, offset }, owner: owner(who) }
      : { kind: 'subtract', order: { at, log, offset } },
  );
/** One event has one place. */
const placed = fc.uniqueArray(anyEvent, { selector: ({ order: { at, log, offset } }) => `${at}/${log}/${offset}` });

describe('the ledger', () => {
  it('comes to the same from any order of arrival, and from repetition', () => {
    const told = (entry: LedgerEntry | null) =>
      entry && { live: entry.live, owner: entry.live && entry.owner, order: entry.order };
    fc.assert(
      fc.property(
        placed.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 })),
        ),
        ([events, shuffled]) => {
          expect(told(after(...shuffled))).toEqual(told(after(...events)));
        },
      ),
    );
  });

  it('keeps counters equal to the sum of what is live, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const counters = new Map<string, number>();
        let entry: LedgerEntry | null = null;
        for (const event of events) {
          const next: LedgerEntry = fold(entry, event);
          for (const [level, delta] of usageDeltas(entry, next))
            counters.set(level, (counters.get(level) ?? 0) + delta);
          entry = next;
        }
        const expected = entry?.live ? new Map(entry.owner?.levels.map((level) => [level, 1])) : new Map();
        expect(new Map([...counters].filter(([, value]) => value !== 0))).toEqual(expected);
      }),
    );
  });

  it('gives the unit back to whom it was counted on', () => {
    const created = after(add(1, 'a'));
    expect(usageDeltas(created, fold(created, remove(2)))).toEqual(
      new Map([
        ['a', -1],
        ['domain', -1],
      ]),
    );
  });

  it('remembers an unknown deletion until its creation comes', () => {
    const tombstone = after(remove(2));
    expect(tombstone).toMatchObject({ live: false, owner: null });
    expect(fold(tombstone, add(1))).toBe(tombstone);
    expect(fold(tombstone, add(3))).toMatchObject({ live: true });
  });

  describe('and commits', () => {
    const commit = (at: number, who = 'a') => add(at, who, COMMIT_LOG);
    it.each([
      ['alone', [commit(10)], { live: true, confirmed: false }],
      ['before the trace', [commit(10), add(11)], { live: true, confirmed: true }],
      ['after the trace', [add(11), commit(10)], { live: true, confirmed: true }],
      ['before the trace of a clock that is behind', [commit(10), add(9)], { live: true, confirmed: true }],
      ['after the trace of a clock that is behind', [add(9), commit(10)], { live: true, confirmed: true }],
      ['after it was deleted again', [add(11), remove(12), commit(10)], { live: false }],
      ['deleted before its creation is told', [commit(10), remove(12)], { live: false }],
      ['of a name whose earlier bearer is gone', [add(1), remove(2), commit(10)], { live: true, confirmed: false }],
      ['of a name whose earlier deletion comes late', [commit(10), remove(2)], { live: true, confirmed: false }],
      ['a baseline', [add(10, 'a', BASELINE_LOG)], { live: true, confirmed: true }],
    ])('%s', (_, events, expected) => expect(after(...events)).toMatchObject(expected));
  });
});
