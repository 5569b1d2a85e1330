/** How tickets read: lists, details, messages, operations (ticket API reference, "Ticket query" and "Ticket messages"). */
import { z } from 'zod';
import { parseScopeKey, renderScope } from '../quotas/index.js';
import {
  type Language,
  QUOTA_CATEGORY,
  QUOTA_PROBLEM,
  SATISFACTION_DIMENSIONS,
  SEVERITIES,
  TICKET_SOURCE,
} from './core/wire-ticket-configuration.js';
import { OPERATE_TYPES, TICKET_STATUSES, type TicketStatus } from './core/wire-ticket-status.js';
import { ticketTime } from './core/wire-ticket-time.js';
import { PRIORITIES } from './core/request-rules.js';
import { caseIdOf, type QuotaTicket, statusOf, type TicketScore } from './quota-ticket.js';
import type { TicketLogEntry, TicketMessage } from './ticket-talk.service.js';

const statusView = z.int().meta({
  description: Object.entries(TICKET_STATUSES)
    .map(([code, name]) => `${code}: ${name}`)
    .join('; '),
});
const instantView = () => z.string().meta({ description: 'UTC, ISO 8601.' });

/** What the status cannot say; not of the reference. */
const decisionView = z
  .object({
    outcome: z.enum(['approved', 'partially_approved', 'denied']),
    granted: z.int().nullable(),
    until: instantView().nullable(),
    reason: z.string(),
    at: instantView(),
  })
  .nullable()
  .meta({ description: 'Beyond the reference: statuses do not tell a denial from an approval.' });

const wishView = z
  .object({
    quota_key: z.string(),
    scope_kind: z.string(),
    scope_id: z.string(),
    project_id: z.string(),
    desired: z.int(),
    until: z.int().nullable(),
  })
  .meta({ description: 'Beyond the reference: what was asked for, as it is filed.' });

const common = {
  xcustomer_id: z.string().meta({ description: 'The user who asks.' }),
  xcustomer_name: z.string(),
  status: statusView,
  incident_id: z.string(),
  business_type_name: z.string(),
  incident_type_name: z.string(),
  customer_id: z.string().meta({ description: 'The domain.' }),
  dc_name: z.string().meta({ description: 'The region; empty where none was named.' }),
  simple_description: z.string(),
  create_time: instantView(),
  decision: decisionView,
  extends_map: wishView,
};

const listedCaseView = z.object({
  ...common,
  product_category_name: z.string(),
  resolution: z.string().optional().meta({ description: 'Why it was decided so.' }),
  confirmed_time: instantView().optional(),
  label_list: z.array(z.never()),
});
export const caseListSchema = z.object({ total_count: z.int(), incident_info_list: z.array(listedCaseView) });
export type CaseList = z.infer<typeof caseListSchema>;

const satisfactionView = z.object({
  value: z.int(),
  satisfaction_id: z.int(),
  satisfaction_value: z.int(),
  satisfaction_name: z.string(),
  per_value: z.int(),
  sat_category_id: z.string(),
});

const messageView = {
  type: z.int().meta({ description: '0: of the customer; 1: of who decides.' }),
  replier: z.string(),
  content: z.string(),
  create_time: instantView(),
  replier_name: z.string(),
  is_first_message: z.int(),
  accessory_list: z.array(z.never()),
};
export const messageListSchema = z.object({
  count: z.int(),
  message_list: z.array(z.object({ ...messageView, replier_type: z.int() })),
});
export type MessageList = z.infer<typeof messageListSchema>;

export const caseDetailSchema = z.object({
  incident_detail_info: z.object({
    ...common,
    judgement: z.string(),
    source_name: z.string(),
    message_list: z.array(z.object({ ...messageView, message_id: z.string() })),
    incident_satisfaction: z.array(satisfactionView),
    severity_name: z.string(),
    business_ownership: z.int(),
    resolve_time: z.int().optional().meta({ description: 'Epoch ms.' }),
    ext_info: z.object({
      area_code: z.string().optional(),
      remind_mobile: z.string().optional(),
      remind_mail: z.string().optional(),
      remind_time: z.string().optional(),
    }),
  }),
});
export type CaseDetail = z.infer<typeof caseDetailSchema>;

export const caseStatusSchema = z.object({ status: statusView });
export type CaseStatus = z.infer<typeof caseStatusSchema>;

export const caseCountsSchema = z.object({
  incident_status_counts: z.array(z.object({ status: statusView, count: z.int() })),
});
export type CaseCounts = z.infer<typeof caseCountsSchema>;

export const operateLogsSchema = z.object({
  total_count: z.int(),
  incident_operate_log_list: z.array(
    z.object({
      incident_log_id: z.string(),
      incident_id: z.string(),
      operate_type: z
        .int()
        .optional()
        .meta({
          description: Object.entries(OPERATE_TYPES)
            .map(([name, code]) => `${String(code)}: ${name}`)
            .join('; '),
        }),
      operator_type: z.int().meta({ description: '0: the customer; 1: who decides; 2: the service.' }),
      operator_id: z.string(),
      operator_name: z.string(),
      operate_desc: z.string(),
      operate_time: instantView(),
      timestamp_operate_time: instantView(),
    }),
  ),
});
export type OperateLogs = z.infer<typeof operateLogsSchema>;

/** Names of regions and products in the caller's language. */
export interface ViewContext {
  readonly language: Language;
  readonly regionName: (id: string) => string;
  /** '' for a quota that is not known any more. */
  readonly productName: (ticket: QuotaTicket) => string;
}

export function renderCases(tickets: readonly QuotaTicket[], total: number, context: ViewContext): CaseList {
  return {
    total_count: total,
    incident_info_list: tickets.map((ticket) => {
      const { decision } = ticket.request;
      return {
        ...renderCommon(ticket, context),
        product_category_name: context.productName(ticket),
        ...(decision !== null && { resolution: decision.reason, confirmed_time: ticketTime(decision.at) }),
        label_list: [],
      };
    }),
  };
}

export function renderCase(ticket: QuotaTicket, messages: readonly TicketMessage[], context: ViewContext): CaseDetail {
  const { request, form } = ticket;
  const severity = SEVERITIES[PRIORITIES.indexOf(request.priority)];
  return {
    incident_detail_info: {
      ...renderCommon(ticket, context),
      judgement: ticket.judgement ?? '',
      source_name: TICKET_SOURCE.name[context.language],
      message_list: messages.map((message, index) => ({ ...renderMessage(message, index), message_id: message.id })),
      incident_satisfaction: ticket.scores.flatMap((score) => renderScore(score, context.language)),
      severity_name: severity?.name[context.language] ?? request.priority,
      business_ownership: 0,
      ...(request.decision !== null && { resolve_time: request.decision.at }),
      ext_info: {
        area_code: form.areaCode,
        remind_mobile: form.remindMobile,
        remind_mail: form.remindMail ?? request.contact ?? undefined,
        remind_time: form.remindTime,
      },
    },
  };
}

export function renderStatus(ticket: QuotaTicket): CaseStatus {
  return { status: statusOf(ticket) };
}

export function renderCounts(counts: ReadonlyMap<TicketStatus, number>): CaseCounts {
  return {
    incident_status_counts: [...counts]
      .map(([status, count]) => ({ status, count }))
      .sort((left, right) => left.status - right.status),
  };
}

export function renderMessages(messages: readonly TicketMessage[], first: number, total: number): MessageList {
  return {
    count: total,
    message_list: messages.map((message, index) => ({
      ...renderMessage(message, first + index),
      replier_type: Number(message.fromApprover),
    })),
  };
}

export function renderLogs(entries: readonly TicketLogEntry[], total: number, caseId: string): OperateLogs {
  const operators = { requester: 0, approver: 1, service: 2 };
  return {
    total_count: total,
    incident_operate_log_list: entries.map((entry) => ({
      incident_log_id: entry.id,
      incident_id: caseId,
      ...(entry.operation !== null && { operate_type: OPERATE_TYPES[entry.operation] }),
      operator_type: operators[entry.side],
      operator_id: entry.operatorId,
      operator_name: entry.operatorName,
      operate_desc: entry.note,
      operate_time: ticketTime(entry.at),
      timestamp_operate_time: ticketTime(entry.at),
    })),
  };
}

function renderCommon(ticket: QuotaTicket, { language, regionName }: ViewContext) {
  const { request, form } = ticket;
  const { decision, requester, domainId } = request;
  const scope = renderScope(parseScopeKey(request.scope, domainId));
  return {
    xcustomer_id: requester.userId,
    xcustomer_name: requester.userName,
    status: statusOf(ticket),
    incident_id: caseIdOf(request),
    business_type_name: QUOTA_PROBLEM.name[language],
    incident_type_name: QUOTA_CATEGORY.name[language],
    customer_id: domainId,
    dc_name: form.regionId === undefined ? '' : regionName(form.regionId),
    simple_description: request.reason,
    create_time: ticketTime(request.createdAt),
    decision:
      decision === null
        ? null
        : {
            outcome: decision.outcome,
            granted: decision.granted,
            until: decision.grantedUntil === null ? null : ticketTime(decision.grantedUntil),
            reason: decision.reason,
            at: ticketTime(decision.at),
          },
    extends_map: {
      quota_key: request.quotaKey,
      scope_kind: scope.kind,
      scope_id: scope.id,
      project_id: 'project_id' in scope ? scope.project_id : '',
      desired: request.desired,
      until: request.untilMs,
    },
  };
}

function renderMessage(message: TicketMessage, index: number) {
  return {
    type: Number(message.fromApprover),
    replier: message.authorId,
    content: message.text,
    create_time: ticketTime(message.at),
    replier_name: message.authorName,
    is_first_message: Number(index === 0),
    accessory_list: [],
  };
}

function renderScore({ dimension, value }: TicketScore, language: Language): z.infer<typeof satisfactionView>[] {
  const known = SATISFACTION_DIMENSIONS.find(({ id }) => id === dimension);
  if (known === undefined) return [];
  const { name, most, perValue, category } = known;
  return [
    {
      value: most,
      satisfaction_id: dimension,
      satisfaction_value: value,
      satisfaction_name: name[language],
      per_value: perValue,
      sat_category_id: category,
    },
  ];
}
