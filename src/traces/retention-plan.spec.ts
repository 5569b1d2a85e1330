import { DAY_MS } from '../kernel/clock.js';
import { dayPartition } from './day-partition.js';
import type { ListedPartition } from './day-partitions.store.js';
import { droppedByLowering, planRetention } from './retention-plan.js';

const MIDNIGHT = Date.UTC(2026, 2, 10);
const day = (ms: number, state: ListedPartition['state'] = 'attached'): ListedPartition => ({
  ...dayPartition('traces', ms),
  state,
  rowsEstimate: 0,
  bytes: 0,
});
const days = [9, 8, 7, 6].map((ago) => day(MIDNIGHT - ago * DAY_MS));
const names = (partitions: readonly ListedPartition[]) => partitions.map(({ name }) => name);

describe('planRetention', () => {
  it.each([
    ['at midnight the day that has just ended goes', MIDNIGHT, ['traces_20260301', 'traces_20260302']],
    ['a millisecond before it stays', MIDNIGHT - 1, ['traces_20260301']],
    ['it is the end of a day that counts', MIDNIGHT + DAY_MS - 1, ['traces_20260301', 'traces_20260302']],
  ])('%s', (_, now, expected) => {
    expect(names(planRetention(days, now, 7).drop)).toEqual(expected);
  });

  it('begins with what is half detached, and leaves that alone which belongs to the window', () => {
    const partitions = [
      day(MIDNIGHT - 9 * DAY_MS),
      day(MIDNIGHT - 8 * DAY_MS, 'detaching'),
      day(MIDNIGHT - DAY_MS, 'detached'),
    ];
    expect(names(planRetention(partitions, MIDNIGHT, 7).drop)).toEqual(['traces_20260302', 'traces_20260301']);
  });

  it('keeps the window and two days ahead', () => {
    expect(planRetention([], MIDNIGHT + 5, 7)).toEqual({
      nowMs: MIDNIGHT + 5,
      windowFromMs: MIDNIGHT + 5 - 7 * DAY_MS,
      drop: [],
      keep: { fromMs: MIDNIGHT + 5 - 7 * DAY_MS, toMs: MIDNIGHT + 5 + 2 * DAY_MS },
    });
  });
});

describe('droppedByLowering', () => {
  it('names what the former retention would have kept', () => {
    expect(names(droppedByLowering(planRetention(days, MIDNIGHT, 6), 8))).toEqual([
      'traces_20260302',
      'traces_20260303',
    ]);
  });
});
