import { styleFor } from './terminal.js';
import { statsLines, traceDetails, traceLines } from './trace-view.js';

const plain = styleFor(false);
const trace = {
  trace_id: 't1',
  record_time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  trace_name: 'deleteRepo',
  trace_rating: 'warning',
  service_type: 'SWR',
  resource_name: 'team-a/app',
  source_ip: '10.0.0.1',
  user: { name: 'lin' },
};

it('shows a trace on a line', () => {
  expect(traceLines([trace], plain)).toEqual([
    '2026-01-02 03:04:05.006  warning  SWR deleteRepo  team-a/app  lin  10.0.0.1  t1',
  ]);
});

it('marks what failed', () => {
  const [line] = traceLines([{ ...trace, trace_rating: 'incident' }], styleFor(true));
  expect(line).toContain('\u001b[31mincident\u001b[0m');
});

it('shows what is missing as missing, and shortens what is long', () => {
  const [line] = traceLines([{ trace_id: 't2', record_time: 0, resource_name: 'x'.repeat(100) }], plain);
  expect(line).toContain(`${'x'.repeat(47)}…  -`);
});

it('lays out the bodies of a single trace', () => {
  expect(traceDetails({ trace_id: 't1', record_time: 0, request: '{"a":1}', message: 'not json' }, plain)).toEqual([
    'trace_id     t1',
    'record_time  0  1970-01-01 00:00:00.000',
    'request      {',
    '               "a": 1',
    '             }',
    'message      not json',
  ]);
});

it('draws a bar for each bucket', () => {
  const lines = statsLines(
    {
      field: 'service_type',
      interval_ms: 3_600_000,
      buckets: [
        {
          start: 0,
          count: 10,
          values: [
            { value: 'SWR', count: 9 },
            { value: null, count: 1 },
          ],
        },
        { start: 3_600_000, count: 0, values: [] },
        { start: 7_200_000, count: 5, values: [] },
        { start: 10_800_000, count: 0, values: [] },
      ],
    },
    plain,
  );
  expect(lines).toEqual([
    `1970-01-01 00:00  10  ${'█'.repeat(40)}  SWR 9, (none) 1`,
    `1970-01-01 01:00   0  ${' '.repeat(40)}  `,
    `1970-01-01 02:00   5  ${'█'.repeat(20)}${' '.repeat(20)}  `,
  ]);
});

it('draws nothing for no traces', () => {
  expect(statsLines({ field: 'user', interval_ms: 1, buckets: [{ start: 0, count: 0, values: [] }] }, plain)).toEqual(
    [],
  );
});
