/** Our own operations on their way to the topic: written by the transaction that does them, removed when ingest stored them. */
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../platform/database/database.js';

export interface OutboxRow {
  readonly domainId: string;
  readonly traceId: string;
  readonly recordKey: string;
  readonly payload: string;
}

/** A published row that ingest has not confirmed after this time is published again: the broker may have forgotten it. */
const UNCONFIRMED_AFTER = '30 seconds';

@Injectable()
export class TraceOutboxStore {
  constructor(private readonly database: Database) {}

  /** The database's clock, in epoch ms. */
  async now(transaction: Transaction): Promise<number> {
    const [row] = await transaction.query<{ now_ms: string }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms',
    );
    return Number(row?.now_ms);
  }

  async add(row: OutboxRow, transaction: Transaction): Promise<void> {
    await transaction.query(
      'INSERT INTO trace_outbox (domain_id, trace_id, record_key, payload) VALUES ($1, $2, $3, $4)',
      [row.domainId, row.traceId, row.recordKey, row.payload],
    );
  }

  /** Takes up to `limit` rows that are due and marks them published; another relay meanwhile gets others. */
  async takeDue(limit: number): Promise<OutboxRow[]> {
    const rows = await this.database.query<{
      domain_id: string;
      trace_id: string;
      record_key: string;
      payload: string;
    }>(
      `UPDATE trace_outbox AS o SET published_at = now(), attempts = attempts + 1
       FROM (SELECT domain_id, trace_id FROM trace_outbox
             WHERE published_at IS NULL OR published_at < now() - interval '${UNCONFIRMED_AFTER}'
             ORDER BY published_at NULLS FIRST, created_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
       WHERE o.domain_id = due.domain_id AND o.trace_id = due.trace_id
       RETURNING o.domain_id, o.trace_id, o.record_key, o.payload`,
      [limit],
    );
    return rows.map((row) => ({
      domainId: row.domain_id,
      traceId: row.trace_id,
      recordKey: row.record_key,
      payload: row.payload,
    }));
  }

  /** After a send that failed: due at once. */
  async giveBack(rows: readonly OutboxRow[]): Promise<void> {
    await this.database.query(
      `UPDATE trace_outbox AS o SET published_at = NULL
       FROM unnest($1::text[], $2::text[]) AS r(domain_id, trace_id)
       WHERE o.domain_id = r.domain_id AND o.trace_id = r.trace_id`,
      [rows.map(({ domainId }) => domainId), rows.map(({ traceId }) => traceId)],
    );
  }

  /** Ingest has accounted for these, whatever their fate. */
  async confirm(keys: readonly { domainId: string; traceId: string }[], transaction: Transaction): Promise<void> {
    if (keys.length === 0) return;
    await transaction.query(
      `DELETE FROM trace_outbox AS o USING unnest($1::text[], $2::text[]) AS r(domain_id, trace_id)
       WHERE o.domain_id = r.domain_id AND o.trace_id = r.trace_id`,
      [keys.map(({ domainId }) => domainId), keys.map(({ traceId }) => traceId)],
    );
  }

  async pending(): Promise<{ rows: number; oldestSeconds: number }> {
    const rows = await this.database.query<{ rows: string; oldest: string | null }>(
      'SELECT count(*) AS rows, extract(epoch FROM now() - min(created_at)) AS oldest FROM trace_outbox',
    );
    return { rows: Number(rows[0]?.rows ?? 0), oldestSeconds: Number(rows[0]?.oldest ?? 0) };
  }
}
