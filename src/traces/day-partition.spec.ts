import fc from 'fast-check';
import { DAY_MS } from '../kernel/clock.js';
import { boundLiteral, DAY_PARTITIONED_TABLES, dayPartition, daysOf, parsePartitionName } from './day-partition.js';

const instant = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });

describe('dayPartition', () => {
  it('holds its instant, and its name tells it again', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...DAY_PARTITIONED_TABLES), (ms, table) => {
        const partition = dayPartition(table, ms);
        expect(partition.fromMs).toBeLessThanOrEqual(ms);
        expect(partition.toMs).toBeGreaterThan(ms);
        expect(partition.toMs - partition.fromMs).toBe(DAY_MS);
        expect(parsePartitionName(partition.name)).toEqual(partition);
      }),
    );
  });

  it('is named and bounded by the day in UTC', () => {
    const partition = dayPartition('trace_rollups', Date.UTC(2026, 0, 2, 23, 59, 59, 999));
    expect(partition.name).toBe('trace_rollups_20260102');
    expect([partition.fromMs, partition.toMs].map(boundLiteral)).toEqual([
      `'2026-01-02 00:00:00+00'`,
      `'2026-01-03 00:00:00+00'`,
    ]);
  });
});

describe('parsePartitionName', () => {
  it.each([
    'traces',
    'traces_rest',
    'traces_2026010',
    'traces_202601011',
    'traces_20260230',
    'traces_20261301',
    'traces_00000000',
    'xtraces_20260101',
    'actors_20260101',
    'traces_20260101; DROP TABLE traces',
    'traces_20260101_domain_id_idx',
  ])('knows nothing of %s', (name) => {
    expect(parsePartitionName(name)).toBeNull();
  });
});

describe('daysOf', () => {
  it.each([
    [0, 0, [0]],
    [DAY_MS - 1, DAY_MS - 1, [0]],
    [DAY_MS - 1, DAY_MS, [0, DAY_MS]],
    [5, 2 * DAY_MS, [0, DAY_MS, 2 * DAY_MS]],
    [5, 4, [0]],
    [DAY_MS, DAY_MS - 1, []],
  ])('from %d to %d', (from, to, expected) => {
    expect(daysOf(from, to)).toEqual(expected);
  });
});
