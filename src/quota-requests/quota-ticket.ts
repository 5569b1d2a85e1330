/** A quota request as a ticket: what it has beyond the request. Instants are epoch ms by the database's clock. */
import type { Caller } from '../quotas/index.js';
import type { Priority } from './core/request-rules.js';
import { ticketStatus, type TicketStatus } from './core/wire-ticket-status.js';
import type { TicketWish } from './core/wire-ticket-wish.js';
import type { QuotaRequest } from './quota-request.js';

/** What was filled in that the request has no place for. */
export interface TicketForm {
  readonly productId?: string | undefined;
  readonly regionId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly remindMobile?: string | undefined;
  readonly remindMail?: string | undefined;
  readonly remindTime?: string | undefined;
  readonly areaCode?: string | undefined;
}

/** What a ticket is filed with. */
export interface Filing {
  readonly wish: TicketWish;
  readonly description: string;
  readonly priority: Priority;
  readonly form: TicketForm;
}

/** How good the answer was. */
export interface TicketOpinion {
  readonly judgement: string;
  readonly scores: readonly TicketScore[];
}

export interface TicketScore {
  readonly dimension: number;
  readonly value: number;
}

export interface QuotaTicket {
  readonly request: QuotaRequest;
  readonly form: TicketForm;
  readonly closedAt: number | null;
  readonly judgement: string | null;
  readonly scores: readonly TicketScore[];
}

/** What the requester did to a ticket that is no step of the request. */
export interface TicketDeed {
  readonly operation: 'close' | 'score' | 'delete';
  readonly by: Caller;
  readonly note: string;
}

export interface PastDeed extends TicketDeed {
  readonly seq: number;
  readonly at: number;
}

export function statusOf({ request, closedAt }: QuotaTicket): TicketStatus {
  return ticketStatus(request.state, closedAt !== null);
}

/** Ids of tickets leave out the domain, which is the caller's: the reference has at most 32 characters. */
export function caseIdOf({ id }: Pick<QuotaRequest, 'id'>): string {
  const end = id.indexOf('.');
  return end < 0 ? id : id.slice(0, end);
}

/** The reverse of {@link caseIdOf}. */
export function requestIdOf(domainId: string, caseId: string): string {
  return `${caseId}.${domainId}`;
}
