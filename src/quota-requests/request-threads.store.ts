/** What was done to requests and said about them: history, comments and approvals. Written under the lock of the request's row. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { Caller } from '../quotas/index.js';
import type { RequestState, Side } from './core/request-states.js';
import type { QuotaRequest, RequestComment, RequestStep, StoredApproval } from './quota-request.js';

type Place = Pick<QuotaRequest, 'domainId' | 'id'>;

export interface NewStep extends RequestStep {
  /** SHA-256 of who did what with which words; null for what nobody sends. */
  readonly command: Buffer | null;
}

export interface StepRow extends Record<string, unknown> {
  readonly at: string;
  readonly action: string;
  readonly side: Side;
  readonly by: Caller;
  readonly from_state: RequestState | null;
  readonly to_state: RequestState;
  readonly note: string;
  readonly details: object | null;
  readonly internal: boolean;
}

interface CommentRow extends Record<string, unknown> {
  readonly at: string;
  readonly side: RequestComment['side'];
  readonly by: Caller;
  readonly internal: boolean;
  readonly text: string;
}

interface ApprovalRow extends Record<string, unknown> {
  readonly approver: string;
  readonly by: Caller;
  readonly at: string;
  readonly granted: string;
  readonly until_at: string | null;
  readonly reason: string;
}

@Injectable()
export class RequestThreadsStore {
  async addStep(transaction: Transaction, { domainId, id }: Place, step: NewStep): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_request_history (domain_id, request_id, seq, at, action, side, by, from_state, to_state, note, details,
         internal, command)
       SELECT $1, $2, COALESCE(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
       FROM quota_request_history WHERE domain_id = $1 AND request_id = $2`,
      [
        domainId,
        id,
        step.at,
        step.action,
        step.side,
        JSON.stringify(step.by),
        step.from,
        step.to,
        step.note,
        step.details === null ? null : JSON.stringify(step.details),
        step.internal,
        step.command,
      ],
    );
  }

  /**
   * Whether the command is the last that its caller gave here. Of an approval that suffices, as it stands until its approver says
   * otherwise; of anything else nobody may have done anything since.
   */
  async isRepeated(sql: Sql, { domainId, id }: Place, user: Caller, action: string, command: Buffer): Promise<boolean> {
    const rows = await sql.query<{ is_same: boolean; is_own: boolean }>(
      `SELECT command IS NOT DISTINCT FROM $3 AS is_same, by->>'userId' = $4 AND by->>'domainId' = $5 AS is_own
       FROM quota_request_history WHERE domain_id = $1 AND request_id = $2 AND NOT internal ORDER BY seq DESC`,
      [domainId, id, command, user.userId, user.domainId],
    );
    const own = rows.findIndex(({ is_own }) => is_own);
    return (own === 0 || action === 'approve') && rows[own]?.is_same === true;
  }

  async history(sql: Pick<Sql, 'query'>, { domainId, id }: Place): Promise<RequestStep[]> {
    const rows = await sql.query<StepRow>(
      `SELECT at, action, side, by, from_state, to_state, note, details, internal FROM quota_request_history
       WHERE domain_id = $1 AND request_id = $2 ORDER BY seq`,
      [domainId, id],
    );
    return rows.map(stepOf);
  }

  async addComment(transaction: Transaction, { domainId, id }: Place, comment: RequestComment): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_request_comments (domain_id, request_id, seq, at, side, by, internal, text)
       SELECT $1, $2, COALESCE(max(seq), 0) + 1, $3, $4, $5, $6, $7
       FROM quota_request_comments WHERE domain_id = $1 AND request_id = $2`,
      [domainId, id, comment.at, comment.side, JSON.stringify(comment.by), comment.internal, comment.text],
    );
  }

  async countComments(sql: Sql, { domainId, id }: Place): Promise<number> {
    const [row] = await sql.query<{ count: string }>(
      'SELECT count(*) AS count FROM quota_request_comments WHERE domain_id = $1 AND request_id = $2',
      [domainId, id],
    );
    return Number(row?.count);
  }

  async comments(sql: Pick<Sql, 'query'>, { domainId, id }: Place): Promise<RequestComment[]> {
    const rows = await sql.query<CommentRow>(
      `SELECT at, side, by, internal, text FROM quota_request_comments
       WHERE domain_id = $1 AND request_id = $2 ORDER BY seq`,
      [domainId, id],
    );
    return rows.map(({ at, side, by, internal, text }) => ({ at: Number(at), side, by, internal, text }));
  }

  /** In place of what the same approver said before. */
  async approve(transaction: Transaction, { domainId, id }: Place, approval: StoredApproval): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_request_approvals (domain_id, request_id, approver, by, at, granted, until_at, reason)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (domain_id, request_id, approver) DO UPDATE
         SET by = excluded.by, at = excluded.at, granted = excluded.granted, until_at = excluded.until_at, reason = excluded.reason`,
      [
        domainId,
        id,
        approval.approver,
        JSON.stringify(approval.by),
        approval.at,
        approval.limit,
        approval.untilMs,
        approval.reason,
      ],
    );
  }

  async approvals(sql: Pick<Sql, 'query'>, { domainId, id }: Place): Promise<StoredApproval[]> {
    const rows = await sql.query<ApprovalRow>(
      `SELECT approver, by, at, granted, until_at, reason FROM quota_request_approvals
       WHERE domain_id = $1 AND request_id = $2 ORDER BY at, approver`,
      [domainId, id],
    );
    return rows.map((row) => ({
      approver: row.approver,
      by: row.by,
      at: Number(row.at),
      limit: Number(row.granted),
      untilMs: row.until_at === null ? null : Number(row.until_at),
      reason: row.reason,
    }));
  }
}

export function stepOf(row: StepRow): RequestStep {
  const { action, side, by, note, details, internal } = row;
  return { at: Number(row.at), action, side, by, from: row.from_state, to: row.to_state, note, details, internal };
}
