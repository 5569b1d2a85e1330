/** Finds tickets for those who may see them: everybody their own, and whom policies allow those of the domain. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { Database } from '../platform/database/database.js';
import { scopeKey } from '../quotas/index.js';
import { statesOf, ticketStatus, type TicketStatus } from './core/wire-ticket-status.js';
import { type QuotaTicket, requestIdOf } from './quota-ticket.js';
import { QuotaTicketsStore, type TicketFilter } from './quota-tickets.store.js';
import { RequestAccess } from './request-access.service.js';
import { noSuchCase } from './ticket-faults.js';

/** What is looked for; nothing: everything that may be seen. */
export type TicketSearch = Partial<Omit<TicketFilter, 'domainId' | 'states' | 'ownOf' | 'requestId'>> & {
  readonly statuses?: readonly TicketStatus[] | null;
  readonly caseId?: string | undefined;
};

export interface TicketPage {
  readonly tickets: readonly QuotaTicket[];
  readonly total: number;
}

@Injectable()
export class QuotaTicketReader {
  constructor(
    private readonly database: Database,
    private readonly store: QuotaTicketsStore,
    private readonly access: RequestAccess,
  ) {}

  async list(actor: Actor, search: TicketSearch, offset: number, limit: number): Promise<TicketPage> {
    const filter = await this.filterOf(actor, search);
    const sql = searching(this.database);
    const counts = await this.store.counts(sql, filter);
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    return { tickets: limit === 0 ? [] : await this.store.list(sql, filter, offset, limit), total };
  }

  /** How many in each status; none for a status that no ticket has. */
  async counts(actor: Actor, search: TicketSearch): Promise<Map<TicketStatus, number>> {
    const counts = new Map<TicketStatus, number>();
    const filter = await this.filterOf(actor, search);
    for (const { state, closed, count } of await this.store.counts(searching(this.database), filter)) {
      const status = ticketStatus(state, closed);
      counts.set(status, (counts.get(status) ?? 0) + count);
    }
    return counts;
  }

  /** Throws `OSM.01010015` for what is not there, was deleted, is another domain's, or may not be seen: all alike. */
  async find(actor: Actor, caseId: string): Promise<QuotaTicket> {
    const { domainId } = actor.principal;
    const ticket = await this.store.find(this.database, { domainId, id: requestIdOf(domainId, caseId) });
    if (ticket === null || !(await this.access.maySee(actor, ticket.request))) throw noSuchCase();
    if (!this.access.isOwn(actor.principal, ticket.request) && !actor.beyondSelf()) throw noSuchCase();
    return ticket;
  }

  /** All of the domain's for whom policies allow both ways of listing them, as tickets and as requests; else one's own. */
  private async filterOf(actor: Actor, search: TicketSearch): Promise<TicketFilter> {
    const { domainId, userId } = actor.principal;
    const { statuses = null, caseId } = search;
    const everything = { domainId, quotaKey: '*', scope: scopeKey({ kind: 'domain', projectId: '', id: domainId }) };
    const seesAll = actor.beyondSelf() && (await this.access.may(actor, 'quota:request:list', everything));
    return {
      domainId,
      states: statuses === null ? null : statesOf(statuses),
      requestId: caseId === undefined ? null : requestIdOf(domainId, caseId),
      words: search.words ?? [],
      text: search.text ?? null,
      requesterId: search.requesterId ?? null,
      requesterName: search.requesterName ?? null,
      fromMs: search.fromMs ?? null,
      toMs: search.toMs ?? null,
      ownOf: seesAll ? null : userId,
    };
  }
}

/** Statements of the searching pool. */
function searching(database: Database): Pick<Database, 'query'> {
  return { query: (text, values) => database.read(text, values) };
}
