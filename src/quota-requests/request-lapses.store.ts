/** Which open requests time may have done something to, over all domains. */
import { Injectable } from '@nestjs/common';
import type { Sql } from '../platform/database/database.js';
import type { QuotaRequest } from './quota-request.js';
import { OPEN, requestOf, REQUESTS, type RequestRow } from './requests.store.js';

export interface LapseBounds {
  readonly nowMs: number;
  /** Untouched since then, a question is unanswered for too long. */
  readonly silentBefore: number;
  readonly staleBefore: number;
  /** Due before then, approvers may have to be told. */
  readonly dueBefore: number;
}

@Injectable()
export class RequestLapsesStore {
  /** In the order of their ids, after the one given. */
  async candidates(
    sql: Pick<Sql, 'query'>,
    bounds: LapseBounds,
    afterId: string,
    limit: number,
  ): Promise<QuotaRequest[]> {
    const rows = await sql.query<RequestRow>(
      `${REQUESTS} WHERE ${OPEN} AND r.id > $1
         AND (r.until_at <= $2 OR r.updated_at <= $3 OR (r.state = 'needs_info' AND r.updated_at <= $4)
              OR (r.paused_at IS NULL AND (r.reminders = 0 AND r.due_at <= $5 OR r.reminders = 1 AND r.due_at <= $2)))
       ORDER BY r.id LIMIT $6`,
      [afterId, bounds.nowMs, bounds.staleBefore, bounds.silentBefore, bounds.dueBefore, limit],
    );
    return rows.map(requestOf);
  }
}
