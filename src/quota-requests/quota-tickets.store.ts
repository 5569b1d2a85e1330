/** Quota requests as tickets, and what tickets have beyond. Whoever changes a ticket holds the row lock of its request. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { Caller } from '../quotas/index.js';
import type { RequestState } from './core/request-states.js';
import type { TicketState } from './core/wire-ticket-status.js';
import type { QuotaRequest } from './quota-request.js';
import type { PastDeed, QuotaTicket, TicketDeed, TicketForm, TicketScore } from './quota-ticket.js';
import { requestOf, type RequestRow, REQUESTS } from './requests.store.js';

interface TicketRow extends RequestRow {
  readonly form: TicketForm | null;
  readonly closed_at: string | null;
  readonly judgement: string | null;
  readonly scores: readonly TicketScore[] | null;
}

/** Null: not asked for. All that are given hold together. */
export interface TicketFilter {
  readonly domainId: string;
  readonly states: readonly TicketState[] | null;
  readonly requestId: string | null;
  /** All stand in the description, in any case of letters. */
  readonly words: readonly string[];
  /** Stands in the description, or is the id without the domain. */
  readonly text: string | null;
  readonly requesterId: string | null;
  readonly requesterName: string | null;
  /** Only what this user asked for, or is the scope of. */
  readonly ownOf: string | null;
  /** Of the instant of filing, epoch ms; from inclusive, to inclusive. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

export interface TicketCount extends TicketState {
  readonly count: number;
}

type Place = Pick<QuotaRequest, 'domainId' | 'id'>;
type Reader = Pick<Sql, 'query'>;

const TICKETS = `(${REQUESTS}) r LEFT JOIN quota_tickets t ON t.domain_id = r.domain_id AND t.request_id = r.id`;
const COLUMNS = 'r.*, t.form, t.closed_at, t.judgement, t.scores';
const STATE = `r.state || CASE WHEN t.closed_at IS NULL THEN '' ELSE ' closed' END`;
const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const FILTER = `r.domain_id = $1 AND t.deleted_at IS NULL
  AND ($2::text[] IS NULL OR ${STATE} = ANY ($2))
  AND ($3::text IS NULL OR r.id = $3)
  AND NOT EXISTS (SELECT FROM unnest($4::text[]) word WHERE strpos(lower(r.reason), lower(word)) = 0)
  AND ($5::text IS NULL OR strpos(lower(r.reason), lower($5)) > 0 OR split_part(r.id, '.', 1) = $5)
  AND ($6::text IS NULL OR r.requester->>'userId' = $6)
  AND ($7::text IS NULL OR r.requester->>'userName' = $7)
  AND ($8::bigint IS NULL OR r.created_at >= $8)
  AND ($9::bigint IS NULL OR r.created_at <= $9)
  AND ($10::text IS NULL OR r.requester->>'userId' = $10 OR (r.scope LIKE 'user/%' AND split_part(r.scope, '/', 3) = $10))`;

@Injectable()
export class QuotaTicketsStore {
  /** Newest first. */
  async list(sql: Reader, filter: TicketFilter, offset: number, limit: number): Promise<QuotaTicket[]> {
    const rows = await sql.query<TicketRow>(
      `SELECT ${COLUMNS} FROM ${TICKETS} WHERE ${FILTER} ORDER BY r.created_at DESC, r.id DESC OFFSET $11 LIMIT $12`,
      [...valuesOf(filter), offset, limit],
    );
    return rows.map(ticketOf);
  }

  async counts(sql: Reader, filter: TicketFilter): Promise<TicketCount[]> {
    const rows = await sql.query<{ state: RequestState; closed: boolean; count: string }>(
      `SELECT r.state, t.closed_at IS NOT NULL AS closed, count(*) AS count FROM ${TICKETS} WHERE ${FILTER} GROUP BY 1, 2`,
      valuesOf(filter),
    );
    return rows.map(({ state, closed, count }) => ({ state, closed, count: Number(count) }));
  }

  /** Null for one that was deleted, too. */
  async find(sql: Reader, { domainId, id }: Place): Promise<QuotaTicket | null> {
    const [row] = await sql.query<TicketRow>(
      `SELECT ${COLUMNS} FROM ${TICKETS} WHERE r.domain_id = $1 AND r.id = $2 AND t.deleted_at IS NULL`,
      [domainId, id],
    );
    return row === undefined ? null : ticketOf(row);
  }

  /** Once per request; what was said the first time stays. */
  async file(transaction: Transaction, { domainId, id }: Place, form: TicketForm): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_tickets (domain_id, request_id, form) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [domainId, id, JSON.stringify(form)],
    );
  }

  /** False where the last urge is not so long ago. */
  async press(transaction: Transaction, { domainId, id }: Place, waitMs: number): Promise<boolean> {
    const rows = await transaction.query(
      `INSERT INTO quota_tickets AS t (domain_id, request_id, pressed_at) VALUES ($1, $2, ${NOW})
       ON CONFLICT (domain_id, request_id) DO UPDATE SET pressed_at = excluded.pressed_at
         WHERE t.pressed_at IS NULL OR t.pressed_at <= excluded.pressed_at - $3::bigint
       RETURNING 1`,
      [domainId, id, waitMs],
    );
    return rows.length > 0;
  }

  async close(transaction: Transaction, place: Place): Promise<void> {
    await this.mark(transaction, place, 'closed_at');
  }

  async remove(transaction: Transaction, place: Place): Promise<void> {
    await this.mark(transaction, place, 'deleted_at');
  }

  /** In place of what was said before. */
  async score(
    transaction: Transaction,
    { domainId, id }: Place,
    judgement: string,
    scores: readonly TicketScore[],
  ): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_tickets (domain_id, request_id, judgement, scores) VALUES ($1, $2, $3, $4)
       ON CONFLICT (domain_id, request_id) DO UPDATE SET judgement = excluded.judgement, scores = excluded.scores`,
      [domainId, id, judgement, JSON.stringify(scores)],
    );
  }

  async addDeed(transaction: Transaction, { domainId, id }: Place, { operation, by, note }: TicketDeed): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_ticket_operations (domain_id, request_id, seq, at, operation, by, note)
       SELECT $1, $2, COALESCE(max(seq), 0) + 1, ${NOW}, $3, $4, $5
       FROM quota_ticket_operations WHERE domain_id = $1 AND request_id = $2`,
      [domainId, id, operation, JSON.stringify(by), note],
    );
  }

  async deeds(sql: Reader, { domainId, id }: Place): Promise<PastDeed[]> {
    const rows = await sql.query<{
      seq: number;
      at: string;
      operation: PastDeed['operation'];
      by: Caller;
      note: string;
    }>(
      `SELECT seq, at, operation, by, note FROM quota_ticket_operations
       WHERE domain_id = $1 AND request_id = $2 ORDER BY seq`,
      [domainId, id],
    );
    return rows.map(({ at, ...row }) => ({ ...row, at: Number(at) }));
  }

  private async mark(
    transaction: Transaction,
    { domainId, id }: Place,
    column: 'closed_at' | 'deleted_at',
  ): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_tickets (domain_id, request_id, ${column}) VALUES ($1, $2, ${NOW})
       ON CONFLICT (domain_id, request_id) DO UPDATE SET ${column} = excluded.${column}`,
      [domainId, id],
    );
  }
}

function valuesOf(filter: TicketFilter): unknown[] {
  return [
    filter.domainId,
    filter.states?.map(({ state, closed }) => (closed ? `${state} closed` : state)) ?? null,
    filter.requestId,
    filter.words,
    filter.text,
    filter.requesterId,
    filter.requesterName,
    filter.fromMs,
    filter.toMs,
    filter.ownOf,
  ];
}

function ticketOf(row: TicketRow): QuotaTicket {
  return {
    request: requestOf(row),
    form: row.form ?? {},
    closedAt: row.closed_at === null ? null : Number(row.closed_at),
    judgement: row.judgement,
    scores: row.scores ?? [],
  };
}
