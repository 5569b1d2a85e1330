/** Reservations with their items, the names they hold, and what idempotency keys remember. */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import { scopeKey } from './core/scope.js';
import type {
  Caller,
  ItemAsk,
  ReservationAnswer,
  ReservationAsk,
  StoredItem,
  StoredReservation,
} from './reservation.js';

/** A granted reservation on its way into the tables. */
export interface GrantedReservation {
  readonly ask: ReservationAsk;
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface GuardedRaise {
  readonly domainId: string;
  readonly quotaKey: string;
  readonly scope: string;
  readonly amount: number;
  /** Greatest sum of used and reserved afterwards; -1: any. */
  readonly ceiling: number;
}

export interface Remembered {
  readonly ask: ReservationAsk;
  readonly answer: ReservationAnswer;
}

export interface RememberedRow {
  readonly sha256: Buffer;
  readonly answer: ReservationAnswer;
}

interface HeaderRow {
  readonly domain_id: string;
  readonly id: string;
  readonly state: 'held' | 'committed' | 'released' | 'expired';
  readonly created_at: string;
  readonly expires_at: string;
}

interface ItemRow {
  readonly item: number;
  readonly quota_key: string;
  readonly scope: string;
  readonly levels: string[];
  readonly amount: string;
  readonly space: string;
  readonly region: string;
  readonly resource_name: string | null;
  readonly state: StoredItem['state'];
}

/** The one guarded step: counters are raised where they stay within their ceiling, and what was granted is written with them. */
const RESERVE = `
  WITH raised AS (
    UPDATE quota_counters c SET reserved = c.reserved + d.amount
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS d(domain_id, quota_key, scope, amount, ceiling)
    WHERE c.domain_id = d.domain_id AND c.quota_key = d.quota_key AND c.scope = d.scope
      AND (d.ceiling = -1 OR c.used + c.reserved + d.amount <= d.ceiling) AND c.closed_at IS NULL
    RETURNING 1),
  held AS (
    INSERT INTO quota_reservations (domain_id, id, state, created_by, created_at, expires_at)
    SELECT r."domainId", r.id, 'held', r.caller, to_timestamp(r."createdAt" / 1000.0), to_timestamp(r."expiresAt" / 1000.0)
    FROM jsonb_to_recordset($6::jsonb) AS r("domainId" text, id text, caller jsonb, "createdAt" bigint, "expiresAt" bigint)),
  lines AS (
    INSERT INTO quota_reservation_items
      (domain_id, reservation_id, item, quota_key, scope, amount, space, region, resource_name, state, expires_at)
    SELECT i."domainId", i.id, i.item, i."quotaKey", i.scope, i.amount, i.space, i.region, i."resourceName", 'held',
           to_timestamp(i."expiresAt" / 1000.0)
    FROM jsonb_to_recordset($7::jsonb) AS i("domainId" text, id text, item smallint, "quotaKey" text, scope text,
      amount bigint, space text, region text, "resourceName" text, "expiresAt" bigint)),
  remembered AS (
    INSERT INTO quota_idempotency (domain_id, caller, idempotency_key, request_sha256, answer)
    SELECT m."domainId", m.caller, m.key, decode(m.sha256, 'hex'), m.answer
    FROM jsonb_to_recordset($8::jsonb) AS m("domainId" text, caller text, key text, sha256 text, answer jsonb))
  SELECT (SELECT count(*) FROM raised)::int AS raised`;

@Injectable()
export class ReservationsStore {
  /**
   * Waits for whoever works with the same idempotency keys or region-wide names in another process. Always before any counter, and
   * in one order.
   */
  async lockNames(transaction: Transaction, asks: readonly ReservationAsk[]): Promise<void> {
    const subjects = asks.flatMap((ask) => [
      ...(ask.idempotency === null ? [] : [`key\0${ask.domainId}\0${callerKey(ask.caller)}\0${ask.idempotency.key}`]),
      ...ask.items.flatMap(({ region, quotaKey, resourceName }) =>
        region === '' || resourceName === null ? [] : [`name\0${region}\0${quotaKey}\0${resourceName}`],
      ),
    ]);
    if (subjects.length === 0) return;
    const locks = [...new Set(subjects.map(lockNumber))];
    await transaction.query(
      'SELECT pg_advisory_xact_lock(number) FROM (SELECT number FROM unnest($1::bigint[]) AS number ORDER BY number) AS ordered',
      [locks],
    );
  }

  async remembered(sql: Sql, asks: readonly ReservationAsk[]): Promise<Map<string, RememberedRow>> {
    const keyed = asks.filter(({ idempotency }) => idempotency !== null);
    if (keyed.length === 0) return new Map();
    const rows = await sql.query<{
      domain_id: string;
      caller: string;
      idempotency_key: string;
      request_sha256: Buffer;
      answer: ReservationAnswer;
    }>(
      `SELECT domain_id, caller, idempotency_key, request_sha256, answer FROM quota_idempotency
       JOIN unnest($1::text[], $2::text[], $3::text[]) AS want(domain_id, caller, idempotency_key)
       USING (domain_id, caller, idempotency_key)`,
      [
        keyed.map(({ domainId }) => domainId),
        keyed.map(({ caller }) => callerKey(caller)),
        keyed.map(({ idempotency }) => idempotency?.key),
      ],
    );
    return new Map(
      rows.map((row) => [
        `${row.domain_id}\0${row.caller}\0${row.idempotency_key}`,
        { sha256: row.request_sha256, answer: row.answer },
      ]),
    );
  }

  /** Which of the items' names exist or are held already, as {@link nameIn} spells them. Under the locks of names and counters. */
  async takenNames(sql: Sql, asks: readonly ReservationAsk[]): Promise<Set<string>> {
    const named = asks.flatMap(({ domainId, items }) =>
      items.flatMap((item) => (item.resourceName === null ? [] : [{ domainId, ...item }])),
    );
    if (named.length === 0) return new Set();
    const rows = await sql.query<{ place: number }>(
      `WITH want AS (
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
           WITH ORDINALITY AS want(domain_id, quota_key, space, region, resource_name, place))
       SELECT place::int FROM want WHERE EXISTS (
           SELECT FROM quota_ledger l WHERE l.domain_id = want.domain_id AND l.quota_key = want.quota_key
             AND l.space = want.space AND l.resource_name = want.resource_name AND l.live)
         OR EXISTS (
           SELECT FROM quota_reservation_items i WHERE i.domain_id = want.domain_id AND i.quota_key = want.quota_key
             AND i.space = want.space AND i.resource_name = want.resource_name AND i.state = 'held'
             AND i.expires_at > clock_timestamp())
         OR (want.region <> '' AND (EXISTS (
           SELECT FROM quota_ledger l WHERE l.region = want.region AND l.region <> '' AND l.quota_key = want.quota_key
             AND l.resource_name = want.resource_name AND l.live)
         OR EXISTS (
           SELECT FROM quota_reservation_items i WHERE i.region = want.region AND i.region <> '' AND i.quota_key = want.quota_key
             AND i.resource_name = want.resource_name AND i.state = 'held' AND i.expires_at > clock_timestamp())))`,
      [
        named.map(({ domainId }) => domainId),
        named.map(({ quotaKey }) => quotaKey),
        named.map(({ space }) => space),
        named.map(({ region }) => region),
        named.map(({ resourceName }) => resourceName),
      ],
    );
    return new Set(
      rows.flatMap(({ place }) => {
        const item = named[place - 1];
        return item === undefined ? [] : namesOf(item.domainId, item);
      }),
    );
  }

  /** Throws an `Error` where a counter would be raised above its ceiling: then the decision was wrong, and nothing is written. */
  async write(
    transaction: Transaction,
    raises: readonly GuardedRaise[],
    granted: readonly GrantedReservation[],
    remembered: readonly Remembered[],
  ): Promise<void> {
    if (granted.length === 0 && remembered.length === 0) return;
    const [row] = await transaction.query<{ raised: number }>(RESERVE, [
      raises.map(({ domainId }) => domainId),
      raises.map(({ quotaKey }) => quotaKey),
      raises.map(({ scope }) => scope),
      raises.map(({ amount }) => amount),
      raises.map(({ ceiling }) => ceiling),
      JSON.stringify(granted.map(({ ask, ...rest }) => ({ ...rest, domainId: ask.domainId, caller: ask.caller }))),
      JSON.stringify(granted.flatMap(linesOf)),
      JSON.stringify(remembered.flatMap(memoryOf)),
    ]);
    if (row?.raised !== raises.length)
      throw new Error(`${String(raises.length)} counters were to be raised, ${String(row?.raised)} were`);
  }

  /** Null where there is none. */
  async find(sql: Sql, domainId: string, id: string): Promise<StoredReservation | null> {
    const [header] = await sql.query<HeaderRow>(
      `SELECT domain_id, id, CASE WHEN state = 'held' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END AS state,
              floor(extract(epoch FROM created_at) * 1000)::bigint AS created_at,
              floor(extract(epoch FROM expires_at) * 1000)::bigint AS expires_at
       FROM quota_reservations WHERE domain_id = $1 AND id = $2`,
      [domainId, id],
    );
    if (header === undefined) return null;
    const items = await sql.query<ItemRow>(
      `SELECT item, quota_key, scope, levels, amount, space, region, resource_name, state
       FROM quota_reservation_items WHERE domain_id = $1 AND reservation_id = $2 ORDER BY item`,
      [header.domain_id, id],
    );
    return {
      domainId: header.domain_id,
      id,
      state: header.state,
      createdAt: Number(header.created_at),
      expiresAt: Number(header.expires_at),
      items: items.map(storedItem),
    };
  }

  async end(
    transaction: Transaction,
    { domainId, id }: Pick<StoredReservation, 'domainId' | 'id'>,
    state: 'committed' | 'released',
  ): Promise<void> {
    await transaction.query(
      `WITH lines AS (
         UPDATE quota_reservation_items SET state = $3
         WHERE domain_id = $1 AND reservation_id = $2 AND state IN ('held', 'expired'))
       UPDATE quota_reservations SET state = $3, ended_at = clock_timestamp() WHERE domain_id = $1 AND id = $2`,
      [domainId, id, state],
    );
  }

  async extend(
    transaction: Transaction,
    { domainId, id }: Pick<StoredReservation, 'domainId' | 'id'>,
    expiresAt: number,
  ): Promise<void> {
    await transaction.query(
      `WITH lines AS (
         UPDATE quota_reservation_items SET expires_at = to_timestamp($3 / 1000.0)
         WHERE domain_id = $1 AND reservation_id = $2 AND state = 'held')
       UPDATE quota_reservations SET expires_at = to_timestamp($3 / 1000.0) WHERE domain_id = $1 AND id = $2`,
      [domainId, id, expiresAt],
    );
  }
}

/** One key means what its caller means by it. */
export function callerKey({ domainId, userId }: Caller): string {
  return `${domainId}/${userId}`;
}

export function memoryKey({ domainId, caller, idempotency }: ReservationAsk): string | null {
  return idempotency === null ? null : `${domainId}\0${callerKey(caller)}\0${idempotency.key}`;
}

/** An item's name in its space, and in its region where it is unique there. */
export function namesOf(domainId: string, { quotaKey, space, region, resourceName }: ItemAsk): string[] {
  if (resourceName === null) return [];
  return [
    `${domainId}\0${quotaKey}\0${space}\0${resourceName}`,
    ...(region === '' ? [] : [`\0${region}\0${quotaKey}\0${resourceName}`]),
  ];
}

function linesOf({ ask, id, expiresAt }: GrantedReservation) {
  return ask.items.map(({ scope, ...item }, index) => ({
    ...item,
    domainId: ask.domainId,
    id,
    item: index,
    scope: scopeKey(scope),
    expiresAt,
  }));
}

function memoryOf({ ask, answer }: Remembered) {
  const { idempotency, domainId, caller } = ask;
  if (idempotency === null) return [];
  return [
    { domainId, caller: callerKey(caller), key: idempotency.key, sha256: idempotency.sha256.toString('hex'), answer },
  ];
}

function storedItem(row: ItemRow): StoredItem {
  return {
    item: row.item,
    quotaKey: row.quota_key,
    scope: row.scope,
    levels: row.levels,
    amount: Number(row.amount),
    space: row.space,
    region: row.region,
    resourceName: row.resource_name,
    state: row.state,
  };
}

/** 64 bits of a hash. Another use of advisory locks that meets one of them waits in vain, and no longer than a short transaction. */
function lockNumber(subject: string): string {
  return createHash('sha256').update(subject).digest().readBigInt64BE().toString();
}
