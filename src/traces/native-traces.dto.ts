/** Queries and answers of the native trace API (contracts.md "Traces (native)"). */
import { z } from 'zod';
import { nearest } from '../platform/http/nearest.js';
import { FILTER_NAMES, type FilterName } from './core/native-filters.js';
import { ParameterReader, readSelection, SELECTION_PARAMETERS, type TraceSelection } from './core/native-query.js';
import { NATIVE_FIELDS, type NativeField } from './core/native-wire.js';
import { unknownParameter } from './native-suggestions.js';

const DEFAULT_LIMIT = 50;
const MOST_LIMIT = 1_000;

/** A parameter that the reader checks; here only described. (As a schema's `examples` it would fill the forms of the API docs.) */
export const described = (description: string, example?: string) =>
  z
    .unknown()
    .optional()
    .meta({
      type: 'string',
      description: example === undefined ? description : `${description} Example: \`${example}\`.`,
    });

const FILTERS: Readonly<Record<FilterName, readonly [description: string, example: string]>> = {
  project_id: ['Project; an empty value means traces that name none. Absent: the whole domain.', 'e5f0…'],
  service_type: ['Service, letters in any case.', 'SWR,IAM'],
  resource_type: ['Kind of resource.', 'imagerepository'],
  resource_name: ['Name of the resource; the "/" of a repository may be "/", "$" or "%24".', 'team-a/*'],
  resource_id: ['Id of the resource.', 'team-a/app'],
  trace_name: ['Operation.', 'deleteRepo,deleteNamespace'],
  trace_rating: ['`normal`, `warning` or `incident`.', 'warning'],
  user: ['Name of the user.', 'lin'],
  access_key_id: ['Permanent or temporary access key.', 'HPUA…'],
  enterprise_project_id: ['Enterprise project.', '0'],
  trace_type: ['`system` (management) or `data`; both if absent.', 'system'],
  trace_id: ['Id of the trace.', 'e001ccb9-bc09-11e6-b00b-4b2a61338db6'],
  source_ip: ['Address of the client.', '10.0.*'],
  read_only: ['`true` or `false`.', 'false'],
  verdict: ['What an evaluation of the policies said of the operation.', 'deny*'],
};
const SEVERAL = 'Several values by comma or repetition; `value*` is a prefix; `\\,` `\\*` `\\\\` are plain characters.';

const filterShape = Object.fromEntries(
  FILTER_NAMES.flatMap((name) => {
    const [description, example] = FILTERS[name];
    return [
      [
        name,
        described(`${description} ${name === 'trace_type' || name === 'read_only' ? '' : SEVERAL}`.trim(), example),
      ],
      [`-${name}`, described(`Leaves out what \`${name}\` with the same value would find.`)],
    ];
  }),
);

/** What every native query of traces takes. */
export const selectionShape = {
  from: described('Inclusive; epoch ms or RFC 3339. Absent or earlier: start of what is kept.', '2026-03-10T00:00:00Z'),
  to: described('Exclusive; epoch ms or RFC 3339. Absent: everything up to now.', '1773230400000'),
  ...filterShape,
  text: described(
    'Substring, letters in any case, of resource_name, message, request or response; needs a filter or a window of at most 24 h.',
    'nginx',
  ),
  domain_id: described('Another domain; for principals of the operator domain only.'),
};

/** A schema that never fails by itself: `read` finds every problem, and they are all told at once. */
export function parameters<T>(shape: z.ZodRawShape, known: readonly string[], read: (reader: ParameterReader) => T) {
  return z.looseObject(shape).transform((raw, context): T => {
    const reader = new ParameterReader(raw, known, unknownParameter);
    const value = read(reader);
    for (const { path, message } of reader.problems) context.addIssue({ code: 'custom', path: [path], message });
    return value;
  });
}

export function readFields(reader: ParameterReader): readonly NativeField[] {
  const names = reader.names('fields', NATIVE_FIELDS, (given) => {
    const similar = nearest(given, NATIVE_FIELDS);
    return `"${given}" is not a field${similar === null ? '' : `; did you mean ${similar}?`}`;
  });
  return names === null ? NATIVE_FIELDS : NATIVE_FIELDS.filter((field) => names.includes(field));
}

export interface ListQuery {
  readonly selection: TraceSelection;
  readonly newestFirst: boolean;
  readonly limit: number;
  readonly cursor: string | null;
  readonly fields: readonly NativeField[];
  readonly total: boolean;
}

const PAGE_PARAMETERS = ['order', 'limit', 'cursor', 'fields', 'total'];

export const listQuery = parameters(
  {
    ...selectionShape,
    order: described('`desc` (newest first, the default) or `asc`, by record_time and trace_id.', 'desc'),
    limit: described(`Most traces on a page, 1 to ${MOST_LIMIT}; ${DEFAULT_LIMIT} if absent.`, '50'),
    cursor: described('`page.next` of the page before, with the same filters and order.'),
    fields: described('Only these members, by comma.', 'record_time,trace_name,user'),
    total: described(`\`true\` also counts all that the filters find, up to 10,001.`, 'true'),
  },
  [...SELECTION_PARAMETERS, ...PAGE_PARAMETERS],
  (reader): ListQuery => ({
    selection: readSelection(reader),
    newestFirst: reader.choice('order', ['desc', 'asc'], 'desc') === 'desc',
    limit: reader.integer('limit', 1, MOST_LIMIT, DEFAULT_LIMIT),
    cursor: reader.single('cursor'),
    fields: readFields(reader),
    total: reader.choice('total', ['true', 'false'], 'false') === 'true',
  }),
);

export interface GetQuery {
  readonly recordTime: number | null;
  readonly domainId: string | null;
}

export const getQuery = parameters(
  {
    record_time: described('Which of them, where one id came with several record times; the newest if absent.'),
    domain_id: selectionShape.domain_id,
  },
  ['record_time', 'domain_id'],
  (reader): GetQuery => ({ recordTime: reader.instant('record_time'), domainId: reader.single('domain_id') }),
);

const text = z.string().optional();
const epochMs = z.int().meta({ description: 'Epoch milliseconds.' });

export const traceSchema = z.object({
  record_time: epochMs.optional(),
  time: epochMs.optional(),
  trace_id: text,
  trace_name: text,
  trace_rating: text,
  trace_type: text,
  event_type: text,
  service_type: text,
  resource_type: text,
  resource_name: text,
  resource_id: text,
  resource_account_id: text,
  domain_id: text,
  project_id: text,
  enterprise_project_id: text,
  user: z.record(z.string(), z.unknown()).optional(),
  source_ip: text,
  code: text,
  api_version: text,
  request_id: text,
  operation_id: text,
  tracker_name: text,
  read_only: z.boolean().optional(),
  verdict: text,
  message: text,
  request: text,
  response: text,
  location_info: text,
  endpoint: text,
  resource_url: text,
  user_agent: text,
  content_length: z.int().optional(),
  total_time: z.number().optional(),
});
type WireTrace = z.infer<typeof traceSchema>;

const EXAMPLE: WireTrace = {
  record_time: 1773144000000,
  time: 1773144000000,
  trace_id: 'd0bbe800-1c7c-11f1-8000-8000a1b2c3d4',
  trace_name: 'deleteRepo',
  trace_rating: 'normal',
  trace_type: 'ApiCall',
  event_type: 'system',
  service_type: 'SWR',
  resource_type: 'imagerepository',
  resource_name: 'team-a/app',
  domain_id: '0a2b…',
  project_id: 'e5f0…',
  user: { id: '7c1d…', name: 'lin' },
  source_ip: '10.0.0.1',
  code: '200',
  read_only: false,
};

export const listAnswer = z
  .object({
    traces: z.array(traceSchema),
    page: z.object({
      count: z.int(),
      next: z.string().nullable().meta({ description: 'To be sent as `cursor`; null on the last page.' }),
    }),
    total: z
      .object({ value: z.int(), exact: z.boolean() })
      .optional()
      .meta({ description: 'With total=true. 10,001 and not exact: more than 10,000.' }),
  })
  .meta({ examples: [{ traces: [EXAMPLE], page: { count: 1, next: null }, total: { value: 1, exact: true } }] });
export type ListAnswer = z.infer<typeof listAnswer>;

export const getAnswer = traceSchema
  .extend({
    extra: z.record(z.string(), z.unknown()).meta({ description: 'What the sender said beyond the known fields.' }),
    wire_shape: z.string(),
    content_sha256: z.string().meta({ description: 'Hex; over the canonical fields.' }),
    record_times: z
      .array(epochMs)
      .optional()
      .meta({ description: 'All record times of this id, newest first, where there are several.' }),
  })
  .meta({
    examples: [{ ...EXAMPLE, extra: { resource_tags: ['a'] }, wire_shape: 'api-v3', content_sha256: '9f86d081884c…' }],
  });
export type GetAnswer = z.infer<typeof getAnswer>;
