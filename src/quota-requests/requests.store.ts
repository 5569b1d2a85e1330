/** The rows of quota requests. Whoever changes one holds its row's lock; counters' locks come before it (docs/quota-requests.md). */
import { Injectable } from '@nestjs/common';
import { type Sql, type Transaction } from '../platform/database/database.js';
import type { Caller } from '../quotas/index.js';
import type { AutoOutcome } from './core/auto-decision.js';
import type { Priority } from './core/request-rules.js';
import type { RequestState } from './core/request-states.js';
import type { DecisionOutcome, QuotaRequest, RequestDecision } from './quota-request.js';

export interface RequestRow extends Record<string, unknown> {
  readonly domain_id: string;
  readonly id: string;
  readonly quota_key: string;
  readonly scope: string;
  readonly state: RequestState;
  readonly limit_at_request: string;
  readonly desired: string;
  readonly until_at: string | null;
  readonly reason: string;
  readonly contact: string | null;
  readonly links: readonly string[];
  readonly requester: Caller;
  readonly authors: readonly string[];
  readonly priority: Priority;
  readonly assignee: Caller | null;
  readonly outcome: DecisionOutcome | null;
  readonly granted: string | null;
  readonly granted_until: string | null;
  readonly decided_by: Caller | null;
  readonly decided_at: string | null;
  readonly decision_reason: string | null;
  readonly decision_rule: RequestDecision['rule'];
  readonly grant_id: string | null;
  readonly auto: AutoOutcome | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly due_at: string;
  readonly paused_at: string | null;
  readonly reminders: number;
  readonly as_of: string;
  readonly grant_from: string | null;
  readonly grant_until: string | null;
  readonly grant_revoked: string | null;
}

const MS = (column: string, name: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint AS ${name}`;

/** Requests with the grants that stand behind them. */
export const REQUESTS = `SELECT r.*, ${MS('clock_timestamp()', 'as_of')}, ${MS('g.from_at', 'grant_from')}, ${MS("NULLIF(g.until_at, 'infinity')", 'grant_until')},
    ${MS('g.revoked_at', 'grant_revoked')}
  FROM quota_requests r LEFT JOIN quota_grants g ON g.domain_id = r.domain_id AND g.id = r.grant_id`;

export const OPEN = `r.state IN ('pending', 'in_review', 'needs_info')`;

export interface DomainRow {
  readonly enabled: boolean;
  readonly createdAtMs: number;
}

@Injectable()
export class RequestsStore {
  async find(sql: Pick<Sql, 'query'>, domainId: string, id: string): Promise<QuotaRequest | null> {
    const [row] = await sql.query<RequestRow>(`${REQUESTS} WHERE r.domain_id = $1 AND r.id = $2`, [domainId, id]);
    return row === undefined ? null : requestOf(row);
  }

  /** Until the transaction ends nobody else changes it. */
  async lock(transaction: Transaction, domainId: string, id: string): Promise<QuotaRequest | null> {
    await transaction.query('SELECT FROM quota_requests WHERE domain_id = $1 AND id = $2 FOR UPDATE', [domainId, id]);
    return this.find(transaction, domainId, id);
  }

  /** The open one of a key and scope. */
  async open(sql: Sql, domainId: string, quotaKey: string, scope: string): Promise<QuotaRequest | null> {
    const [row] = await sql.query<RequestRow>(
      `${REQUESTS} WHERE r.domain_id = $1 AND r.quota_key = $2 AND r.scope = $3 AND ${OPEN}`,
      [domainId, quotaKey, scope],
    );
    return row === undefined ? null : requestOf(row);
  }

  /** Locked one after the other in the order of their ids. */
  async lockOpen(transaction: Transaction, domainId: string, scope: string | null): Promise<QuotaRequest[]> {
    await transaction.query(
      `SELECT FROM quota_requests r WHERE r.domain_id = $1 AND ($2::text IS NULL OR r.scope = $2) AND ${OPEN}
       ORDER BY r.id FOR UPDATE`,
      [domainId, scope],
    );
    const rows = await transaction.query<RequestRow>(
      `${REQUESTS} WHERE r.domain_id = $1 AND ($2::text IS NULL OR r.scope = $2) AND ${OPEN} ORDER BY r.id`,
      [domainId, scope],
    );
    return rows.map(requestOf);
  }

  async countOpen(sql: Pick<Sql, 'query'>, domainId: string): Promise<number> {
    const [row] = await sql.query<{ count: string }>(
      `SELECT count(*) AS count FROM quota_requests r WHERE r.domain_id = $1 AND ${OPEN}`,
      [domainId],
    );
    return Number(row?.count);
  }

  /** Requests of a domain are made one after the other, and not while it is being disabled. */
  async lockDomain(transaction: Transaction, domainId: string): Promise<DomainRow | null> {
    const [row] = await transaction.query<{ enabled: boolean; created: string }>(
      `SELECT enabled, ${MS('created_at', 'created')} FROM domains WHERE id = $1 FOR NO KEY UPDATE`,
      [domainId],
    );
    return row === undefined ? null : { enabled: row.enabled, createdAtMs: Number(row.created) };
  }

  async insert(transaction: Transaction, request: QuotaRequest): Promise<void> {
    await transaction.query(
      `INSERT INTO quota_requests (domain_id, id, quota_key, scope, state, limit_at_request, desired, until_at, reason, contact,
         links, requester, requester_key, authors, priority, auto, version, created_at, updated_at, due_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19)`,
      [
        request.domainId,
        request.id,
        request.quotaKey,
        request.scope,
        request.state,
        request.limitAtRequest,
        request.desired,
        request.untilMs,
        request.reason,
        request.contact,
        JSON.stringify(request.links),
        JSON.stringify(request.requester),
        request.authors[0],
        request.authors,
        request.priority,
        json(request.auto),
        request.version,
        request.createdAt,
        request.dueAt,
      ],
    );
  }

  /** What may change of it, under its lock. */
  async save(transaction: Transaction, request: QuotaRequest): Promise<void> {
    const { decision } = request;
    await transaction.query(
      `UPDATE quota_requests SET state = $3, desired = $4, until_at = $5, reason = $6, contact = $7, links = $8, authors = $9,
         priority = $10, assignee = $11, outcome = $12, granted = $13, granted_until = $14, decided_by = $15, decided_at = $16,
         decision_reason = $17, decision_rule = $18, grant_id = $19, version = $20, updated_at = $21, due_at = $22, paused_at = $23,
         reminders = $24
       WHERE domain_id = $1 AND id = $2`,
      [
        request.domainId,
        request.id,
        request.state,
        request.desired,
        request.untilMs,
        request.reason,
        request.contact,
        JSON.stringify(request.links),
        request.authors,
        request.priority,
        json(request.assignee),
        decision?.outcome ?? null,
        decision?.granted ?? null,
        decision?.grantedUntil ?? null,
        json(decision?.by ?? null),
        decision?.at ?? null,
        decision?.reason ?? null,
        json(decision?.rule ?? null),
        request.grantId,
        request.version,
        request.updatedAt,
        request.dueAt,
        request.pausedAt,
        request.reminders,
      ],
    );
  }
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

const ms = (value: string | null): number | null => (value === null ? null : Number(value));

export function requestOf(row: RequestRow): QuotaRequest {
  return {
    domainId: row.domain_id,
    id: row.id,
    quotaKey: row.quota_key,
    scope: row.scope,
    state: row.state,
    limitAtRequest: Number(row.limit_at_request),
    desired: Number(row.desired),
    untilMs: ms(row.until_at),
    reason: row.reason,
    contact: row.contact,
    links: row.links,
    requester: row.requester,
    authors: row.authors,
    priority: row.priority,
    assignee: row.assignee,
    decision: decisionOf(row),
    grantId: row.grant_id,
    auto: row.auto,
    version: row.version,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    dueAt: Number(row.due_at),
    pausedAt: ms(row.paused_at),
    reminders: row.reminders,
    asOf: Number(row.as_of),
    interval:
      row.grant_from === null
        ? null
        : { fromMs: Number(row.grant_from), untilMs: ms(row.grant_until), revokedAtMs: ms(row.grant_revoked) },
  };
}

function decisionOf(row: RequestRow): RequestDecision | null {
  if (row.outcome === null || row.decided_by === null) return null;
  return {
    outcome: row.outcome,
    granted: ms(row.granted),
    grantedUntil: ms(row.granted_until),
    by: row.decided_by,
    at: Number(row.decided_at),
    reason: row.decision_reason ?? '',
    rule: row.decision_rule,
  };
}
