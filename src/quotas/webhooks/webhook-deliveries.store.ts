/** The outbox and ledger of webhooks: what is to be sent, what came of each attempt (docs/quotas.md, "Webhooks"). */
import { Injectable } from '@nestjs/common';
import { Database, type Sql, type Transaction } from '../../platform/database/database.js';
import { MOST_TRIES, type Verdict } from '../core/webhook-events.js';

export type DeliveryState = 'pending' | 'delivered' | 'failed';

/** One attempt, in epoch ms; `status` null where there was no answer. Nothing of the answer's body is kept. */
export interface Attempt {
  readonly at: number;
  readonly ms: number;
  readonly status: number | null;
  readonly note: string;
}

export interface Delivery {
  readonly domainId: string;
  readonly id: string;
  readonly webhookId: string;
  readonly event: string;
  readonly subject: string;
  readonly state: DeliveryState;
  readonly attempts: readonly Attempt[];
  readonly createdAt: number;
  /** When it is due; null where nothing more is done. */
  readonly nextAt: number | null;
  readonly finishedAt: number | null;
  /** Its place in the list: microseconds since the epoch, as text. */
  readonly place: string;
}

/** A delivery taken for sending, with all that it takes. */
export interface DueDelivery {
  readonly domainId: string;
  readonly id: string;
  readonly webhookId: string;
  readonly payload: string;
  readonly tries: number;
  readonly url: string;
  readonly secretSealed: Buffer;
  readonly previousSecretSealed: Buffer | null;
}

export interface NewDelivery {
  readonly event: string;
  readonly subject: string;
  readonly payload: string;
}

interface Row {
  readonly domain_id: string;
  readonly id: string;
  readonly webhook_id: string;
  readonly event: string;
  readonly subject: string;
  readonly state: DeliveryState;
  readonly attempts: Attempt[];
  readonly created_at: string;
  readonly next_at: string | null;
  readonly finished_at: string | null;
  readonly place: string;
}

interface DueRow {
  readonly domain_id: string;
  readonly id: string;
  readonly webhook_id: string;
  readonly payload: string;
  readonly tries: number;
  readonly url: string;
  readonly secret_sealed: Buffer;
  readonly previous_secret_sealed: Buffer | null;
}

/** Of one webhook in one go: a slow receiver must not take all places. */
const MOST_OF_ONE = 4;
/** Attempts that are remembered of one delivery. */
const MOST_ATTEMPTS = 50;

const epoch = (column: string, unit: number): string =>
  `floor(extract(epoch FROM ${column}) * ${String(unit)})::bigint`;
const COLUMNS = `d.domain_id, d.id, d.webhook_id, d.event, d.subject, d.state, d.attempts,
  ${epoch('d.created_at', 1_000)} AS created_at,
  CASE WHEN d.state = 'pending' THEN ${epoch('d.next_at', 1_000)} END AS next_at,
  ${epoch('d.finished_at', 1_000)} AS finished_at, ${epoch('d.created_at', 1_000_000)} AS place`;

@Injectable()
export class WebhookDeliveriesStore {
  constructor(private readonly database: Database) {}

  /** One for each webhook of the domain, and of those told of every domain, that fits. Returns how many. */
  async enqueue(
    sql: Sql,
    domainId: string,
    subscriptions: readonly string[],
    { event, subject, payload }: NewDelivery,
  ): Promise<number> {
    const rows = await sql.query(
      `INSERT INTO webhook_deliveries (domain_id, id, webhook_id, event, subject, payload)
       SELECT w.domain_id, replace(gen_random_uuid()::text, '-', ''), w.id, $3, $4, $5
       FROM (SELECT domain_id, id, enabled, events FROM webhooks WHERE domain_id = $1
             UNION SELECT domain_id, id, enabled, events FROM webhooks WHERE every_domain) w
       WHERE w.enabled AND w.events && $2::text[] ORDER BY 1, 3 RETURNING 1`,
      [domainId, subscriptions, event, subject, payload],
    );
    return rows.length;
  }

  /** One for this webhook, whatever it subscribes to. */
  async add(
    sql: Sql,
    { domainId, id }: { readonly domainId: string; readonly id: string },
    { event, subject, payload }: NewDelivery,
  ): Promise<Delivery> {
    const [row] = await sql.query<Row>(
      `INSERT INTO webhook_deliveries AS d (domain_id, id, webhook_id, event, subject, payload)
       VALUES ($1, replace(gen_random_uuid()::text, '-', ''), $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [domainId, id, event, subject, payload],
    );
    if (row === undefined) throw new Error('an insertion returned no row');
    return deliveryOf(row);
  }

  /**
   * Takes what is due for `holdMs`: after that, whoever took it has died and it is due again. Of each webhook at most four, so
   * that one with a backlog does not hold up the others.
   */
  async take(most: number, holdMs: number): Promise<DueDelivery[]> {
    const rows = await this.database.query<DueRow>(
      `WITH picked AS (
         SELECT d.domain_id, d.id, w.url, w.secret_sealed,
                CASE WHEN w.previous_until > now() THEN w.previous_secret_sealed END AS previous_secret_sealed
         FROM webhooks w CROSS JOIN LATERAL (
           SELECT * FROM webhook_deliveries d WHERE d.domain_id = w.domain_id AND d.webhook_id = w.id
             AND d.state = 'pending' AND d.next_at <= clock_timestamp() ORDER BY d.next_at
           LIMIT ${String(MOST_OF_ONE)} FOR UPDATE SKIP LOCKED) d
         WHERE w.enabled LIMIT $1)
       UPDATE webhook_deliveries d SET tries = d.tries + 1, next_at = clock_timestamp() + $2 * interval '1 millisecond'
       FROM picked WHERE d.domain_id = picked.domain_id AND d.id = picked.id
       RETURNING d.domain_id, d.id, d.webhook_id, d.payload, d.tries, picked.url, picked.secret_sealed,
         picked.previous_secret_sealed`,
      [most, holdMs],
    );
    return rows.map((row) => ({
      domainId: row.domain_id,
      id: row.id,
      webhookId: row.webhook_id,
      payload: row.payload,
      tries: row.tries,
      url: row.url,
      secretSealed: row.secret_sealed,
      previousSecretSealed: row.previous_secret_sealed,
    }));
  }

  /** Unless it was taken again meanwhile, or sent again at somebody's word. */
  async settle({ domainId, id, tries }: DueDelivery, attempt: Attempt, verdict: Verdict): Promise<void> {
    await this.database.query(
      `UPDATE webhook_deliveries SET state = $4,
         next_at = CASE WHEN $4 = 'pending' THEN clock_timestamp() + $5 * interval '1 millisecond' ELSE next_at END,
         finished_at = CASE WHEN $4 <> 'pending' THEN clock_timestamp() END,
         attempts = CASE WHEN jsonb_array_length(attempts) >= ${String(MOST_ATTEMPTS)} THEN attempts - 0 ELSE attempts END
                    || $6::jsonb
       WHERE domain_id = $1 AND id = $2 AND tries = $3 AND state = 'pending'`,
      [
        domainId,
        id,
        tries,
        verdict.state,
        verdict.state === 'pending' ? verdict.delayMs : 0,
        JSON.stringify([attempt]),
      ],
    );
  }

  /** Those whose senders died each time. Returns how many are given up. */
  async giveUp(): Promise<number> {
    const rows = await this.database.query(
      `UPDATE webhook_deliveries SET state = 'failed', finished_at = clock_timestamp()
       WHERE state = 'pending' AND tries >= ${String(MOST_TRIES)} AND next_at <= clock_timestamp() RETURNING 1`,
    );
    return rows.length;
  }

  /** Newest first. @param before place and id of the last one of the page before */
  async list(
    sql: Pick<Sql, 'query'>,
    { domainId, id }: { readonly domainId: string; readonly id: string },
    state: DeliveryState | null,
    before: readonly [place: string, id: string] | null,
    limit: number,
  ): Promise<Delivery[]> {
    const rows = await sql.query<Row>(
      `SELECT ${COLUMNS} FROM webhook_deliveries d
       WHERE d.domain_id = $1 AND d.webhook_id = $2 AND ($3::text IS NULL OR d.state = $3)
         AND ($4::bigint IS NULL OR (d.created_at, d.id) < (to_timestamp(0) + $4 * interval '1 microsecond', $5))
       ORDER BY d.created_at DESC, d.id DESC LIMIT $6`,
      [domainId, id, state, before?.[0] ?? null, before?.[1] ?? null, limit],
    );
    return rows.map(deliveryOf);
  }

  /** Due at once, as if never tried; what was tried stays told. Null where the webhook has no such delivery. */
  async redeliver(transaction: Transaction, domainId: string, webhookId: string, id: string): Promise<Delivery | null> {
    const [row] = await transaction.query<Row>(
      `UPDATE webhook_deliveries d SET state = 'pending', tries = 0, next_at = clock_timestamp(), finished_at = NULL
       WHERE d.domain_id = $1 AND d.webhook_id = $2 AND d.id = $3 RETURNING ${COLUMNS}`,
      [domainId, webhookId, id],
    );
    return row === undefined ? null : deliveryOf(row);
  }

  /** Age of the oldest that is due, in seconds; 0 where none is. */
  async oldestDueSeconds(): Promise<number> {
    const [row] = await this.database.read<{ seconds: string }>(
      `SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(d.next_at)), 0) AS seconds
       FROM webhook_deliveries d JOIN webhooks w ON w.domain_id = d.domain_id AND w.id = d.webhook_id
       WHERE d.state = 'pending' AND d.next_at <= clock_timestamp() AND w.enabled`,
    );
    return Number(row?.seconds ?? 0);
  }

  /** At most `most` rows: what was delivered an hour ago, and whatever is older than a week. Returns how many. */
  async purge(deliveredMinutes: number, days: number, most: number): Promise<number> {
    const rows = await this.database.query(
      `WITH old AS (
         SELECT domain_id, id FROM webhook_deliveries
         WHERE created_at < now() - $2 * interval '1 day'
            OR (state = 'delivered' AND finished_at < now() - $1 * interval '1 minute')
         LIMIT $3 FOR UPDATE SKIP LOCKED)
       DELETE FROM webhook_deliveries d USING old WHERE d.domain_id = old.domain_id AND d.id = old.id RETURNING 1`,
      [deliveredMinutes, days, most],
    );
    return rows.length;
  }
}

function deliveryOf(row: Row): Delivery {
  return {
    domainId: row.domain_id,
    id: row.id,
    webhookId: row.webhook_id,
    event: row.event,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    createdAt: Number(row.created_at),
    nextAt: row.next_at === null ? null : Number(row.next_at),
    finishedAt: row.finished_at === null ? null : Number(row.finished_at),
    place: row.place,
  };
}
