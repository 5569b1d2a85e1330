/** What was said in a ticket and done to it: the request's comments, questions and answers, its history, and what only tickets have. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { Database } from '../platform/database/database.js';
import type { TicketOperation } from './core/wire-ticket-status.js';
import type { RequestComment, RequestStep } from './quota-request.js';
import type { PastDeed, QuotaTicket } from './quota-ticket.js';
import { QuotaTicketReader } from './quota-ticket-reader.service.js';
import { QuotaTicketsStore } from './quota-tickets.store.js';
import { RequestActions } from './request-actions.service.js';
import { RequestComments } from './request-comments.service.js';
import { RequestThreadsStore } from './request-threads.store.js';
import { asTicket } from './ticket-faults.js';

/** What was said, the wish itself first. */
export interface TicketMessage {
  readonly id: string;
  readonly at: number;
  /** Of who decides, not of the customer. */
  readonly fromApprover: boolean;
  readonly authorId: string;
  readonly authorName: string;
  readonly text: string;
}

/** What was done, also by those who decide and by the service itself. */
export interface TicketLogEntry {
  readonly id: string;
  readonly at: number;
  /** Null where the reference has no number for it. */
  readonly operation: TicketOperation | null;
  readonly side: 'requester' | 'approver' | 'service';
  readonly operatorId: string;
  readonly operatorName: string;
  readonly note: string;
}

/** Steps that say something to the other side. */
const SPOKEN: ReadonlySet<string> = new Set(['ask', 'answer', 'approve', 'deny']);
const OPERATIONS: ReadonlyMap<string, TicketOperation> = new Map([
  ['create', 'create'],
  ['press', 'press'],
  ['withdraw', 'cancel'],
  ['answer', 'reply'],
]);

@Injectable()
export class TicketTalk {
  constructor(
    private readonly database: Database,
    private readonly reader: QuotaTicketReader,
    private readonly store: QuotaTicketsStore,
    private readonly threads: RequestThreadsStore,
    private readonly actions: RequestActions,
    private readonly comments: RequestComments,
  ) {}

  /** In the order of time. Internal remarks are for operators: they are not among them, whoever asks. */
  async messages({ request }: QuotaTicket): Promise<TicketMessage[]> {
    const history = await this.threads.history(this.database, request);
    const comments = await this.threads.comments(this.database, request);
    const first = {
      id: 'm0',
      at: request.createdAt,
      fromApprover: false,
      authorId: request.requester.userId,
      authorName: request.requester.userName,
      text: request.reason,
    };
    const rest = [...history.flatMap(spoken), ...comments.flatMap(remark)];
    return [first, ...rest.sort(byTime)];
  }

  /** In the order of time. */
  async log({ request }: QuotaTicket): Promise<TicketLogEntry[]> {
    const history = await this.threads.history(this.database, request);
    const deeds = await this.store.deeds(this.database, request);
    return [...history.flatMap(stepEntry), ...deeds.map(deedEntry)].sort(byTime);
  }

  /** An answer, where something was asked; else a comment. Throws as finding the ticket does, and `OSM.01010002`. */
  async say(actor: Actor, caseId: string, text: string): Promise<void> {
    const { request } = await this.reader.find(actor, caseId);
    await asTicket(() =>
      request.state === 'needs_info'
        ? this.actions.act(actor, request.id, { action: 'answer', text })
        : this.comments.add(actor, request.id, { text, internal: false }),
    );
  }
}

function spoken(step: RequestStep, index: number): TicketMessage[] {
  if (step.internal || step.note === '' || !SPOKEN.has(step.action)) return [];
  return [{ ...said(step), id: `s${String(index)}`, text: step.note }];
}

function remark(comment: RequestComment, index: number): TicketMessage[] {
  return comment.internal ? [] : [{ ...said(comment), id: `c${String(index)}`, text: comment.text }];
}

function said({ at, side, by }: Pick<RequestStep, 'at' | 'side' | 'by'>) {
  return { at, fromApprover: side !== 'requester', authorId: by.userId, authorName: by.userName };
}

function stepEntry(step: RequestStep, index: number): TicketLogEntry[] {
  if (step.internal) return [];
  const operation = OPERATIONS.get(step.action) ?? null;
  const { at, side, by, action, note } = step;
  const told = operation === null ? [action, note].filter((part) => part !== '').join(': ') : note;
  return [
    { id: `s${String(index)}`, at, operation, side, operatorId: by.userId, operatorName: by.userName, note: told },
  ];
}

function deedEntry({ seq, at, operation, by, note }: PastDeed): TicketLogEntry {
  const { userId: operatorId, userName: operatorName } = by;
  return { id: `t${String(seq)}`, at, operation, side: 'requester', operatorId, operatorName, note };
}

function byTime(left: { readonly at: number }, right: { readonly at: number }): number {
  return left.at - right.at;
}
