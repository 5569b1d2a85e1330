/** The wire shapes of tickets: filing, finding and showing them (ticket API reference; domain/quota.md §2.2). */
import { z } from 'zod';
import { recordText } from '../identity/index.js';
import type { Problem } from '../kernel/errors.js';
import {
  ACCESSORIES,
  QUOTA_CATEGORY,
  QUOTA_PROBLEM,
  SATISFACTION_DIMENSIONS,
  SEVERITIES,
  TICKET_PRODUCTS,
  TICKET_SOURCE,
} from './core/wire-ticket-configuration.js';
import { isTicketStatus, TICKET_ACTIONS, type TicketAction, type TicketStatus } from './core/wire-ticket-status.js';
import { PRIORITIES } from './core/request-rules.js';
import { readWish } from './core/wire-ticket-wish.js';
import type { Filing, TicketOpinion } from './quota-ticket.js';

const OFFSET_MOST = 65_535;
const PAGE_MOST = 100;
const PAGE_DEFAULT = 10;

/** Stands for a project that the ticket names beside what is asked for. */
const ANY_PROJECT = 'any';

/** What a form leaves empty is as if it were not there. */
const optionalText = (most: number) =>
  recordText(most, 0)
    .optional()
    .transform((text) => (text === '' ? undefined : text));

/** Text that says something; blanks around it are left out. */
const saying = (most: number) =>
  recordText(most)
    .transform((text) => text.trim())
    .refine((text) => text !== '', 'must say something');

const oneOf = (most: number, ids: readonly string[], message: string) =>
  optionalText(most).refine((id) => id === undefined || ids.includes(id), message);

/** Attachments are refused rather than lost: none are kept here. */
export const accessoryIdsSchema = z
  .array(recordText(32))
  .max(ACCESSORIES, 'must be empty: attachments are not kept here')
  .optional();

export const caseBodySchema = z
  .object({
    incident_sub_type_id: oneOf(32, [QUOTA_CATEGORY.id], 'is no category that /config/categories lists'),
    product_category_id: oneOf(
      64,
      TICKET_PRODUCTS.map(({ id }) => id),
      'is no product that /config/product-categories lists',
    ),
    business_type_id: recordText(512).refine((id) => id === QUOTA_PROBLEM.id, {
      message: `must be ${QUOTA_PROBLEM.id}, a quota increase: no other tickets are filed here`,
    }),
    region_id: optionalText(64),
    simple_description: saying(1_200).meta({ description: 'Why the higher limit is needed.' }),
    source_id: recordText(32).refine((id) => id === TICKET_SOURCE.id, `must be ${TICKET_SOURCE.id}`),
    remind_mobile: optionalText(32),
    remind_mail: optionalText(128),
    remind_time: optionalText(16).refine(
      (text) => text === undefined || text === '0' || REMIND_TIME.test(text),
      'must be 0 for any time, or like 09:00-18:00',
    ),
    project_id: optionalText(64),
    accessory_ids: accessoryIdsSchema,
    extends_map: z
      .record(z.string(), z.unknown())
      .superRefine((given, context) => {
        tellProblems(given, ANY_PROJECT, [], context);
      })
      .meta({ description: 'What is asked for: the parameters that /config/extends-map lists.' }),
    extension_map: z
      .record(z.string(), z.unknown())
      .refine((given) => Object.keys(given).length === 0, 'must be empty: nothing here is told by it')
      .optional(),
    severity_id: oneOf(
      32,
      SEVERITIES.map(({ id }) => id),
      'is no severity that /config/severities lists',
    ),
    area_code: optionalText(16),
  })
  // Where the project stands beside what is asked for, only both together tell whether one is missing.
  .superRefine(({ extends_map: given, project_id: projectId }, context) => {
    tellProblems(given, projectId, ['extends_map'], context);
  });
export type CaseBody = z.infer<typeof caseBodySchema>;

const REMIND_TIME = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/;

function tellProblems(given: unknown, projectId: string | undefined, at: string[], context: z.RefinementCtx): void {
  const result = readWish(given, projectId);
  if (result.ok) return;
  for (const { key, message } of result.problems)
    context.addIssue({ code: 'custom', path: key === '' ? at : [...at, key], message });
}

/** An unknown severity has a code of its own. */
export const INVALID_CASE = {
  code: (problems: readonly Problem[]): string =>
    problems.every(({ path }) => path === 'body.severity_id') ? 'OSM.01010006' : 'OSM.01010001',
};

/** What a body that was checked says. */
export function readFiling(body: CaseBody): Filing {
  const result = readWish(body.extends_map, body.project_id);
  if (!result.ok) throw new Error('a body that was checked asks for nothing');
  return {
    wish: result.wish,
    description: body.simple_description,
    priority: PRIORITIES[SEVERITIES.findIndex(({ id }) => id === body.severity_id)] ?? 'normal',
    form: {
      productId: body.product_category_id,
      regionId: body.region_id,
      projectId: body.project_id,
      remindMobile: body.remind_mobile,
      remindMail: body.remind_mail,
      remindTime: body.remind_time,
      areaCode: body.area_code,
    },
  };
}

export function readScores(
  judgement: string,
  list: readonly { readonly satisfaction_id: number; readonly satisfaction_value: number }[],
): TicketOpinion {
  const scores = list.map(({ satisfaction_id: dimension, satisfaction_value: value }) => ({ dimension, value }));
  return { judgement, scores };
}

export const casePathSchema = z.object({ case_id: recordText(64) });
export type CasePath = z.infer<typeof casePathSchema>;

const page = {
  offset: z.coerce.number().int().min(0).max(OFFSET_MOST).default(0),
  limit: z.coerce.number().int().min(0).max(PAGE_MOST).default(PAGE_DEFAULT),
};
/** `group_id` is read over: whoever may see tickets of the domain sees all of them. */
export const pageSchema = z.object(page);
export type Page = z.infer<typeof pageSchema>;

const MOST_SEARCH_KEYS = 3;

/** The numbers stand for themselves; known ones that no request has find nothing. */
const statusNumber = z
  .string()
  .regex(/^\d{1,2}$/, 'must be the number of a status')
  .transform(Number)
  .refine(isTicketStatus, 'is no status of a ticket');

const statusList = recordText(32, 0)
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(statusNumber));

export const listCasesSchema = z.object({
  search_key: z
    .union([z.string(), z.array(z.string())])
    .transform((given) =>
      [given]
        .flat()
        .flatMap((text) => text.split(/\s+/))
        .filter((word) => word !== ''),
    )
    .pipe(z.array(recordText(64)).max(MOST_SEARCH_KEYS, 'must be at most 3 words'))
    .default([])
    .meta({ description: 'Words that all stand in the description, repeated or separated by blanks.' }),
  label_id_list: z
    .undefined('must be left out: there are no labels here')
    .meta({ description: 'Not offered.' })
    .optional(),
  app_key: optionalText(64).meta({ description: 'Part of the description, or the id.' }),
  incident_id: optionalText(64),
  query_start_time: optionalText(32).meta({ description: 'Epoch ms, RFC 3339, or local to X-Time-Zone.' }),
  query_end_time: optionalText(32),
  status: statusNumber.optional(),
  incident_status: statusList.optional().meta({ description: 'Statuses, separated by commas.' }),
  x_customer_id: optionalText(64).meta({ description: 'Id of the user who asks.' }),
  x_customer_name: optionalText(64),
  ...page,
});
export type ListCases = z.infer<typeof listCasesSchema>;

export const countCasesSchema = z.object({ status: statusNumber.optional() });
export type CountCases = z.infer<typeof countCasesSchema>;

/** All statuses that the query names together; null: any. */
export function statusesOf({ status, incident_status: list = [] }: Partial<ListCases>): TicketStatus[] | null {
  if (status === undefined) return list.length === 0 ? null : list;
  return list.length === 0 || list.includes(status) ? [status] : [];
}

export const actionQuerySchema = z.object({
  action_id: z.enum(TICKET_ACTIONS, `must be ${TICKET_ACTIONS.join(', ')}`),
});
export type ActionQuery = { readonly action_id: TicketAction };
export const INVALID_ACTION = { code: 'OSM.01010013' };

const satisfactionSchema = z.object({
  satisfaction_id: z.literal(
    SATISFACTION_DIMENSIONS.map(({ id }) => id),
    'is no dimension that /config/satisfaction-dimensions lists',
  ),
  satisfaction_value: z
    .int()
    .min(1)
    .max(Math.max(...SATISFACTION_DIMENSIONS.map(({ most }) => most))),
});
export const satisfactionsSchema = z
  .array(satisfactionSchema)
  .max(PAGE_MOST)
  .superRefine((given, context) => {
    given.forEach(({ satisfaction_id: id }, index) => {
      if (given.findIndex((other) => other.satisfaction_id === id) < index)
        context.addIssue({ code: 'custom', path: [index, 'satisfaction_id'], message: 'stands here twice' });
    });
  });

/** The body may be left out. */
export const actionBodySchema = z
  .object({
    judgement: recordText(400, 0).optional(),
    operate_desc: recordText(400, 0).optional(),
    incident_satisfaction_list: satisfactionsSchema.optional(),
  })
  .nullish();
export type ActionBody = z.infer<typeof actionBodySchema>;

export const scoreBodySchema = z.object({
  judgement: recordText(400, 0),
  incident_satisfaction_list: satisfactionsSchema,
});
export type ScoreBody = z.infer<typeof scoreBodySchema>;

/** As the reference has it 2,000 of old and 10,000 since: the larger. */
export const messageBodySchema = z.object({
  message: z.object({ content: saying(10_000), accessory_ids: accessoryIdsSchema }),
});
export type MessageBody = z.infer<typeof messageBodySchema>;

/** What operations answer that have nothing to tell: the reference names these members for failures. */
export const doneSchema = z.object({});
export type Done = z.infer<typeof doneSchema>;
export const createdCaseSchema = z.object({ incident_id: z.string() });
export type CreatedCase = z.infer<typeof createdCaseSchema>;
