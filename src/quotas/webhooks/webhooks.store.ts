/** Webhooks as they are kept; secrets only sealed. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../../platform/database/database.js';

export interface Webhook {
  readonly domainId: string;
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** Subscriptions, see `core/webhook-events.ts`. */
  readonly events: readonly string[];
  readonly enabled: boolean;
  readonly everyDomain: boolean;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Until when the former secret signs as well; null where it does not. */
  readonly previousUntil: number | null;
}

export type WebhookValues = Pick<Webhook, 'url' | 'description' | 'events' | 'enabled' | 'everyDomain'>;

interface Row {
  readonly domain_id: string;
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly events: string[];
  readonly enabled: boolean;
  readonly every_domain: boolean;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly previous_until: string | null;
}

const epochMs = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint`;
const COLUMNS = `domain_id, id, url, description, events, enabled, every_domain, version,
  ${epochMs('created_at')} AS created_at, ${epochMs('updated_at')} AS updated_at,
  CASE WHEN previous_until > now() THEN ${epochMs('previous_until')} END AS previous_until`;

@Injectable()
export class WebhooksStore {
  /** Whoever adds one to the domain waits here, so that two at the same time are not both the last allowed. */
  async count(transaction: Transaction, domainId: string): Promise<number> {
    await transaction.query(`SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || $1, 0))`, [domainId]);
    const [row] = await transaction.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM webhooks WHERE domain_id = $1',
      [domainId],
    );
    return row?.count ?? 0;
  }

  async add(
    transaction: Transaction,
    id: Pick<Webhook, 'domainId' | 'id'>,
    values: WebhookValues,
    sealed: Buffer,
  ): Promise<Webhook> {
    const rows = await transaction.query<Row>(
      `INSERT INTO webhooks (domain_id, id, url, description, events, enabled, every_domain, secret_sealed)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
      [id.domainId, id.id, ...valuesOf(values), sealed],
    );
    return one(rows);
  }

  async list(sql: Pick<Sql, 'query'>, domainId: string): Promise<Webhook[]> {
    const rows = await sql.query<Row>(
      `SELECT ${COLUMNS} FROM webhooks w WHERE domain_id = $1 ORDER BY w.created_at, id`,
      [domainId],
    );
    return rows.map(webhookOf);
  }

  async find(sql: Pick<Sql, 'query'>, domainId: string, id: string): Promise<Webhook | null> {
    const [row] = await sql.query<Row>(`SELECT ${COLUMNS} FROM webhooks WHERE domain_id = $1 AND id = $2`, [
      domainId,
      id,
    ]);
    return row === undefined ? null : webhookOf(row);
  }

  /** As {@link find}, and nobody else changes it until the transaction ends. */
  async hold(transaction: Transaction, domainId: string, id: string): Promise<Webhook | null> {
    const [row] = await transaction.query<Row>(
      `SELECT ${COLUMNS} FROM webhooks WHERE domain_id = $1 AND id = $2 FOR NO KEY UPDATE`,
      [domainId, id],
    );
    return row === undefined ? null : webhookOf(row);
  }

  async update(transaction: Transaction, { domainId, id }: Webhook, values: WebhookValues): Promise<Webhook> {
    const rows = await transaction.query<Row>(
      `UPDATE webhooks SET url = $3, description = $4, events = $5, enabled = $6, every_domain = $7,
         version = version + 1, updated_at = now()
       WHERE domain_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [domainId, id, ...valuesOf(values)],
    );
    return one(rows);
  }

  /** The secret in force becomes the former one, for so long. */
  async rotate(
    transaction: Transaction,
    { domainId, id }: Webhook,
    sealed: Buffer,
    graceHours: number,
  ): Promise<Webhook> {
    const rows = await transaction.query<Row>(
      `UPDATE webhooks SET secret_sealed = $3,
         previous_secret_sealed = CASE WHEN $4 > 0 THEN secret_sealed END,
         previous_until = CASE WHEN $4 > 0 THEN now() + $4 * interval '1 hour' END,
         version = version + 1, updated_at = now()
       WHERE domain_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [domainId, id, sealed, graceHours],
    );
    return one(rows);
  }

  /** Its deliveries go with it. */
  async delete(transaction: Transaction, { domainId, id }: Webhook): Promise<void> {
    await transaction.query('DELETE FROM webhooks WHERE domain_id = $1 AND id = $2', [domainId, id]);
  }
}

function valuesOf({ url, description, events, enabled, everyDomain }: WebhookValues): unknown[] {
  return [url, description, events, enabled, everyDomain];
}

function one(rows: readonly Row[]): Webhook {
  const [row] = rows;
  if (row === undefined) throw new Error('a webhook that is held is not there');
  return webhookOf(row);
}

function webhookOf(row: Row): Webhook {
  return {
    domainId: row.domain_id,
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    enabled: row.enabled,
    everyDomain: row.every_domain,
    version: row.version,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    previousUntil: row.previous_until === null ? null : Number(row.previous_until),
  };
}
