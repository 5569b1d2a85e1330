/** Query and answer of `GET /v1/traces/changes`. */
import { z } from 'zod';
import { described, parameters, selectionShape, traceSchema } from './native-traces.dto.js';

const DEFAULT_LIMIT = 100;
const MOST_LIMIT = 1_000;
const MOST_WAIT_S = 30;

export interface ChangesQuery {
  /** `earliest`, `latest` or a cursor. */
  readonly after: string;
  readonly waitMs: number;
  readonly limit: number;
  readonly domainId: string | null;
}

export const changesQuery = parameters(
  {
    after: described(
      '`next` of the answer before, or `earliest` (all that is kept) or `latest`, the default.',
      'latest',
    ),
    wait: described(`Seconds to wait for a trace where there is none yet, 0 (the default) to ${MOST_WAIT_S}.`, '30'),
    limit: described(`Most traces of an answer, 1 to ${MOST_LIMIT}; ${DEFAULT_LIMIT} if absent.`, '100'),
    domain_id: selectionShape.domain_id,
  },
  ['after', 'wait', 'limit', 'domain_id'],
  (reader): ChangesQuery => ({
    after: reader.single('after') ?? 'latest',
    waitMs: reader.integer('wait', 0, MOST_WAIT_S, 0) * 1_000,
    limit: reader.integer('limit', 1, MOST_LIMIT, DEFAULT_LIMIT),
    domainId: reader.single('domain_id'),
  }),
);

export const changesAnswer = z
  .object({
    traces: z.array(traceSchema),
    next: z.string().meta({ description: 'To be sent as `after`, also when there were no traces.' }),
  })
  .meta({ examples: [{ traces: [], next: 'WyJjaGFuZ2Vz….c2ln…' }] });
export type ChangesAnswer = z.infer<typeof changesAnswer>;
