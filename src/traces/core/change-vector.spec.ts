import fc from 'fast-check';
import { advanced, type ChangeVector, hasMissed, packVector, unpackVector, unreadOf } from './change-vector.js';

const start: ChangeVector = { atMs: 1, beganMs: 0, positions: new Map(), finished: new Set() };
const state = (log: number, head: number, current = true) => ({ log, head: BigInt(head), current });

describe('a change vector', () => {
  it('has everything unread at the beginning, the longest first', () => {
    expect(unreadOf(start, [state(1, 3), state(2, 0), state(3, 9)])).toEqual([
      { log: 3, from: 0n, to: 9n },
      { log: 1, from: 0n, to: 3n },
    ]);
  });

  it('goes on from where each log was read to; a new log begins at its beginning', () => {
    const vector = advanced(
      start,
      [state(1, 3), state(2, 5)],
      new Map([
        [1, 3n],
        [2, 2n],
      ]),
      7,
    );
    expect(vector.atMs).toBe(7);
    expect(unreadOf(vector, [state(1, 4), state(2, 5), state(3, 1)])).toEqual([
      { log: 2, from: 2n, to: 5n },
      { log: 1, from: 3n, to: 4n },
      { log: 3, from: 0n, to: 1n },
    ]);
  });

  it('forgets a closed log only when it is read to its end', () => {
    const half = advanced(start, [state(1, 3, false)], new Map([[1, 2n]]), 2);
    expect([...half.positions]).toEqual([[1, 2n]]);
    const whole = advanced(half, [state(1, 3, false)], new Map([[1, 3n]]), 3);
    expect([whole.positions.size, [...whole.finished]]).toEqual([0, [1]]);
    expect(unreadOf(whole, [state(1, 3, false)])).toEqual([]);
    expect([...advanced(whole, [state(1, 3, false)], new Map(), 4).finished]).toEqual([1]);
    expect(advanced(whole, [], new Map(), 4).finished.size).toBe(0);
  });

  it('is refused by logs that are behind it', () => {
    expect(unreadOf({ ...start, positions: new Map([[1, 5n]]) }, [state(1, 4)])).toBeNull();
  });

  const left = { log: 1, lastSeq: 6n, recordedBeforeMs: 20, departedMs: 31 };
  it.each([
    ['left unread', left, true],
    ['passed', { ...left, lastSeq: 5n }, false],
    ['recorded before the window of the beginning', { ...left, recordedBeforeMs: 10 }, false],
    ['gone before the feed began', { ...left, departedMs: 30 }, false],
    ['of a log read to its end', { ...left, log: 2 }, false],
    ['of a log not met yet', { ...left, log: 3, lastSeq: 1n }, true],
  ])('has missed what was %s? %j', (_, departure, missed) => {
    const vector = { atMs: 40, beganMs: 30, positions: new Map([[1, 5n]]), finished: new Set([2]) };
    expect(hasMissed(vector, [departure], 10)).toBe(missed);
  });

  it('survives packing, and keeps runs of finished logs as two numbers', () => {
    const ids = fc.uniqueArray(fc.nat(60));
    fc.assert(
      fc.property(ids, fc.uniqueArray(fc.nat(60)), fc.bigInt({ min: 1n, max: 2n ** 62n }), (logs, finished, seq) => {
        const vector = {
          atMs: 5,
          beganMs: 3,
          positions: new Map(logs.map((log) => [log, seq])),
          finished: new Set(finished),
        };
        expect(unpackVector(JSON.parse(JSON.stringify(packVector(vector))))).toEqual(vector);
      }),
    );
    expect(packVector({ ...start, finished: new Set([3, 1, 2, 9]) })[2]).toEqual([1, 3, 9, 9]);
  });

  it.each([
    [null],
    [[]],
    [[1]],
    [[1, [], ['a', 'b'], 0]],
    [[1, [1, 'x'], [], 0]],
    [['1', [], [], 0]],
    [[1, [1], [], 0]],
    [[1, [], []]],
  ])('is not %j', (packed) => {
    expect(unpackVector(packed)).toBeNull();
  });

  it('reads every row once, whatever is read when', () => {
    const step = fc.record({ log: fc.nat(3), grow: fc.nat(5), read: fc.nat(4), close: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const logs = new Map<number, { head: number; current: boolean }>();
        const seen: string[] = [];
        let vector = start;
        const readSome = (most: number): void => {
          const states = [...logs].map(([log, { head, current }]) => state(log, head, current));
          const reached = new Map(
            (unreadOf(vector, states) ?? []).map(({ log, from, to }) => {
              const end = from + BigInt(most) < to ? from + BigInt(most) : to;
              for (let seq = from + 1n; seq <= end; seq++) seen.push(`${log} ${seq}`);
              return [log, end];
            }),
          );
          vector = unpackVector(packVector(advanced(vector, states, reached, 1))) ?? start;
        };
        for (const { log, grow, read, close } of steps) {
          const known = logs.get(log) ?? { head: 0, current: true };
          if (known.current) logs.set(log, { head: known.head + grow, current: !close });
          readSome(read);
        }
        readSome(1_000);
        const all = [...logs].flatMap(([log, { head }]) => Array.from({ length: head }, (_, n) => `${log} ${n + 1}`));
        expect(seen.toSorted()).toEqual(all.toSorted());
      }),
    );
  });
});
