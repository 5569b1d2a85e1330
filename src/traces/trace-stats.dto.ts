/** Query and answer of `GET /v1/traces/stats`. */
import { z } from 'zod';
import { SELECTION_PARAMETERS, readSelection, type TraceSelection } from './core/native-query.js';
import { parseInterval, STATS_FIELDS, type StatsField } from './core/native-stats.js';
import { described, parameters, selectionShape } from './native-traces.dto.js';
import { HOUR_MS } from '../kernel/clock.js';
import { nearest } from '../platform/http/nearest.js';

const DEFAULT_VALUES = 50;
const MOST_VALUES = 1_000;

export interface StatsQuery {
  readonly selection: TraceSelection;
  readonly field: StatsField;
  readonly intervalMs: number;
  readonly limit: number;
}

export const statsQuery = parameters(
  {
    field: described(`What is counted: ${STATS_FIELDS.join(', ')}. Required.`, 'service_type'),
    interval: described('Width of a bucket: whole hours or days of UTC, e.g. `1h` (the default), `6h`, `1d`.', '1h'),
    limit: described(
      `Most values of a bucket, the most frequent; ${DEFAULT_VALUES} if absent, at most ${MOST_VALUES}.`,
    ),
    ...selectionShape,
  },
  ['field', 'interval', 'limit', ...SELECTION_PARAMETERS],
  (reader): StatsQuery => {
    const wanted = reader.single('field');
    const field = STATS_FIELDS.find((name) => name === wanted);
    if (field === undefined) reader.fail('field', fieldProblem(wanted));
    const interval = reader.single('interval');
    const intervalMs = interval === null ? HOUR_MS : parseInterval(interval);
    if (intervalMs === null) reader.fail('interval', 'must be whole hours or days, e.g. 1h, 6h or 1d; at most 90d');
    return {
      selection: readSelection(reader),
      field: field ?? 'service_type',
      intervalMs: intervalMs ?? HOUR_MS,
      limit: reader.integer('limit', 1, MOST_VALUES, DEFAULT_VALUES),
    };
  },
);

function fieldProblem(wanted: string | null): string {
  const choices = `one of ${STATS_FIELDS.join(', ')}`;
  if (wanted === null) return `is required: ${choices}`;
  const similar = nearest(wanted, STATS_FIELDS);
  return `must be ${choices}${similar === null ? '' : `; did you mean ${similar}?`}`;
}

export const statsAnswer = z
  .object({
    field: z.enum(STATS_FIELDS),
    interval_ms: z.int(),
    buckets: z.array(
      z.object({
        start: z.int().meta({ description: 'Epoch milliseconds, a multiple of the interval.' }),
        count: z.int().meta({ description: 'All traces of the bucket, also those without the field.' }),
        values: z.array(z.object({ value: z.string(), count: z.int() })).meta({ description: 'Most frequent first.' }),
      }),
    ),
  })
  .meta({
    examples: [
      {
        field: 'service_type',
        interval_ms: 3600000,
        buckets: [{ start: 1773144000000, count: 12, values: [{ value: 'SWR', count: 9 }] }],
      },
    ],
  });
export type StatsAnswer = z.infer<typeof statsAnswer>;
