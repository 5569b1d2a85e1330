/** Query and answer of ListTraces (domain/cts.md §2.2). */
import { z } from 'zod';
import type { WireTrace } from './core/wire.js';

/** A NUL is in no stored text, and Postgres refuses it in a parameter. An empty value is as good as none. */
const text = (description: string) =>
  z
    .string()
    .refine((value) => !value.includes('\0'), 'must not contain a NUL character')
    .transform((value) => (value === '' ? undefined : value))
    .optional()
    .meta({ description });

const instant = (description: string) =>
  z
    .string()
    .regex(/^\d{13}$/, 'must be 13 digits: milliseconds since 1970 in UTC')
    .transform(Number)
    .optional()
    .meta({ description });

const DEFAULT_LIMIT = 10;
const SYSTEM_ONLY = 'Exact; only for trace_type=system.';

export const listTracesQuery = z
  .object({
    trace_type: z.enum(['system', 'data']).default('system').meta({ description: 'Management or data traces.' }),
    limit: z
      .string()
      .regex(/^([1-9]\d?|1\d\d|200)$/, 'must be an integer from 1 to 200')
      .transform(Number)
      .default(DEFAULT_LIMIT)
      .meta({ description: 'Most traces on a page, 1 to 200; 10 if absent.' }),
    from: instant('Only traces recorded after this instant; one hour ago if absent. Epoch milliseconds, 13 digits.'),
    to: instant('Only traces recorded before this instant; now if absent. Epoch milliseconds, 13 digits.'),
    next: text('The `marker` of the page before.'),
    tracker_name: text('`system`, or with trace_type=data the name of a data tracker.'),
    service_type: text(`${SYSTEM_ONLY} Letters in any case.`),
    resource_type: text(SYSTEM_ONLY),
    resource_id: text(SYSTEM_ONLY),
    resource_name: text(`${SYSTEM_ONLY} The "/" of a repository name may be written as "/", "$" or "%24".`),
    trace_name: text(SYSTEM_ONLY),
    trace_rating: text(`${SYSTEM_ONLY} normal, warning or incident.`),
    trace_id: text('Finds this trace whatever the other parameters say; only for trace_type=system.'),
    user: text(`Name of the user. ${SYSTEM_ONLY}`),
    access_key_id: text('Permanent or temporary access key. Exact.'),
    enterprise_project_id: text('Exact.'),
  })
  .superRefine(({ from, to }, context) => {
    // Also called when they could not be read; then they are not numbers yet.
    if (typeof from === 'number' && typeof to === 'number' && from >= to)
      context.addIssue({ code: 'custom', path: ['from'], message: 'must be before to' });
  });

export type ListTracesQuery = z.infer<typeof listTracesQuery>;

export interface ListTracesAnswer {
  readonly meta_data: { readonly count: number; readonly marker: string | null };
  readonly traces: readonly WireTrace[];
}

const string = z.string().optional();

export const listTracesAnswer = z.object({
  meta_data: z.object({
    count: z.int().meta({ description: 'Traces on this page.' }),
    marker: z.string().nullable().meta({ description: 'To be sent as `next`; null on the last page.' }),
  }),
  traces: z.array(
    z.object({
      trace_id: z.string(),
      trace_name: z.string(),
      trace_rating: z.string(),
      trace_type: z.string(),
      event_type: z.string(),
      service_type: z.string(),
      resource_type: z.string(),
      domain_id: z.string(),
      time: z.int().meta({ description: 'Epoch milliseconds.' }),
      record_time: z.int().meta({ description: 'Epoch milliseconds.' }),
      user: z.record(z.string(), z.unknown()).optional(),
      resource_name: string,
      resource_id: string,
      resource_account_id: string,
      enterprise_project_id: string,
      project_id: string,
      source_ip: string,
      request: string,
      response: string,
      code: string,
      api_version: string,
      message: string,
      request_id: string,
      location_info: string,
      endpoint: string,
      resource_url: string,
      operation_id: string,
      tracker_name: string,
      user_agent: string,
      read_only: z.boolean().optional(),
      content_length: z.int().optional(),
      total_time: z.number().optional(),
    }),
  ),
});
