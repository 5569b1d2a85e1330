/** The ledger's rows, the reservations they settle, and the instances that are closed. Everything here under the groups' locks. */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import type { EventOrder, LedgerEntry } from './core/ledger.js';

/** One resource. */
export interface LedgerRef {
  readonly domainId: string;
  readonly quotaKey: string;
  /** Where its name is unique. */
  readonly space: string;
  readonly resourceName: string;
}

export interface LedgerRow extends LedgerRef {
  readonly entry: LedgerEntry;
  /** The reservation whose commit wrote it; null for what a trace told of. */
  readonly reservationId: string | null;
  /** Of a tombstone: since when what it ended was there, as {@link liveSince}; null where nobody told, or told before. */
  readonly liveSince: number | null;
  /** Project whose region a name must be unique in; null where it need not be. */
  readonly regionOf: string | null;
}

/** An item still held for a resource. */
export interface HeldItem extends LedgerRef {
  readonly reservationId: string;
  readonly item: number;
  readonly levels: readonly string[];
  readonly amount: number;
  /** Epoch ms. */
  readonly createdAt: number;
}

interface EntryRow {
  readonly domain_id: string;
  readonly quota_key: string;
  readonly space: string;
  readonly resource_name: string;
  readonly live: boolean;
  readonly levels: string[];
  readonly amount: string;
  readonly event_at: string;
  readonly event_log: number;
  readonly event_offset: string;
  readonly confirmed: boolean;
}

interface HeldRow {
  readonly domain_id: string;
  readonly quota_key: string;
  readonly space: string;
  readonly resource_name: string;
  readonly reservation_id: string;
  readonly item: number;
  readonly levels: string[];
  readonly amount: string;
  readonly created_at: string;
}

export function refName({ domainId, quotaKey, space, resourceName }: LedgerRef): string {
  return `${domainId}\0${quotaKey}\0${space}\0${resourceName}`;
}

@Injectable()
export class LedgerStore {
  async read(sql: Sql, refs: readonly LedgerRef[]): Promise<Map<string, LedgerEntry>> {
    if (refs.length === 0) return new Map();
    const rows = await sql.query<EntryRow>(
      `SELECT domain_id, quota_key, space, resource_name, live, levels, amount, event_at, event_log, event_offset, confirmed
       FROM quota_ledger
       JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS want(domain_id, quota_key, space, resource_name)
       USING (domain_id, quota_key, space, resource_name)`,
      refColumns(refs),
    );
    return new Map(rows.map((row) => [refName(refOf(row)), entryOf(row)]));
  }

  async write(transaction: Transaction, rows: readonly LedgerRow[]): Promise<void> {
    if (rows.length === 0) return;
    const entries = rows.map(({ entry }) => entry);
    await transaction.query(
      `INSERT INTO quota_ledger AS l (domain_id, quota_key, space, resource_name, live, scope, region, amount,
                                 event_at, event_log, event_offset, confirmed, reservation_id, live_since)
       SELECT r.domain_id, r.quota_key, r.space, r.resource_name, r.live, r.scope, COALESCE(p.region, ''), r.amount,
              r.event_at, r.event_log, r.event_offset, r.confirmed, r.reservation_id, r.live_since
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::text[], $7::bigint[], $8::bigint[], $9::int[],
                   $10::bigint[], $11::bool[], $12::text[], $13::text[], $14::bigint[])
         AS r(domain_id, quota_key, space, resource_name, live, scope, amount, event_at, event_log, event_offset, confirmed,
              reservation_id, project_id, live_since)
       LEFT JOIN projects p ON p.domain_id = r.domain_id AND p.id = r.project_id
       ON CONFLICT (domain_id, quota_key, space, resource_name) DO UPDATE
         SET live = excluded.live, scope = excluded.scope, region = excluded.region, amount = excluded.amount,
             event_at = excluded.event_at, event_log = excluded.event_log, event_offset = excluded.event_offset,
             confirmed = excluded.confirmed, reservation_id = COALESCE(excluded.reservation_id, l.reservation_id),
             live_since = CASE WHEN excluded.live THEN NULL ELSE COALESCE(excluded.live_since, l.live_since) END,
             updated_at = now()`,
      [
        ...refColumns(rows),
        entries.map(({ live }) => live),
        entries.map(({ owner }) => owner?.levels[0] ?? ''),
        entries.map(({ owner }) => owner?.amount ?? 0),
        entries.map(({ order }) => order.at),
        entries.map(({ order }) => order.log),
        entries.map(({ order }) => order.offset.toString()),
        entries.map(({ confirmed }) => confirmed),
        rows.map(({ reservationId }) => reservationId),
        rows.map(({ regionOf }) => regionOf),
        rows.map(({ liveSince: since }) => since),
      ],
    );
  }

  /** Items that wait for the creation of one of these resources, expired ones among them that nobody swept yet. */
  async held(sql: Sql, refs: readonly LedgerRef[]): Promise<HeldItem[]> {
    if (refs.length === 0) return [];
    const rows = await sql.query<HeldRow>(
      `SELECT domain_id, quota_key, space, resource_name, reservation_id, item, levels, amount,
              floor(extract(epoch FROM r.created_at) * 1000)::bigint AS created_at
       FROM quota_reservation_items i
       JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS want(domain_id, quota_key, space, resource_name)
       USING (domain_id, quota_key, space, resource_name)
       JOIN quota_reservations r USING (domain_id)
       WHERE r.id = i.reservation_id AND i.state = 'held'`,
      refColumns(refs),
    );
    return rows.map((row) => ({
      ...refOf(row),
      reservationId: row.reservation_id,
      item: row.item,
      levels: row.levels,
      amount: Number(row.amount),
      createdAt: Number(row.created_at),
    }));
  }

  async settle(transaction: Transaction, items: readonly HeldItem[]): Promise<void> {
    if (items.length === 0) return;
    await transaction.query(
      `UPDATE quota_reservation_items i SET state = 'settled'
       FROM unnest($1::text[], $2::text[], $3::smallint[]) AS done(domain_id, reservation_id, item)
       WHERE i.domain_id = done.domain_id AND i.reservation_id = done.reservation_id AND i.item = done.item`,
      [
        items.map(({ domainId }) => domainId),
        items.map(({ reservationId }) => reservationId),
        items.map(({ item }) => item),
      ],
    );
  }

  /** When instances were closed, by domain and scope. */
  async closures(sql: Sql, spaces: readonly { domainId: string; scope: string }[]): Promise<Map<string, EventOrder>> {
    if (spaces.length === 0) return new Map();
    const rows = await sql.query<{
      domain_id: string;
      scope: string;
      event_at: string;
      event_log: number;
      event_offset: string;
    }>(
      `SELECT domain_id, scope, event_at, event_log, event_offset FROM quota_closures
       JOIN unnest($1::text[], $2::text[]) AS want(domain_id, scope) USING (domain_id, scope)`,
      [spaces.map(({ domainId }) => domainId), spaces.map(({ scope }) => scope)],
    );
    return new Map(rows.map((row) => [`${row.domain_id}\0${row.scope}`, orderOf(row)]));
  }
}

export function refColumns(refs: readonly LedgerRef[]): [string[], string[], string[], string[]] {
  return [
    refs.map(({ domainId }) => domainId),
    refs.map(({ quotaKey }) => quotaKey),
    refs.map(({ space }) => space),
    refs.map(({ resourceName }) => resourceName),
  ];
}

function refOf(row: Pick<EntryRow, 'domain_id' | 'quota_key' | 'space' | 'resource_name'>): LedgerRef {
  return {
    domainId: row.domain_id,
    quotaKey: row.quota_key,
    space: row.space,
    resourceName: row.resource_name,
  };
}

function entryOf(row: EntryRow): LedgerEntry {
  return {
    live: row.live,
    owner: row.levels.length === 0 ? null : { levels: row.levels, amount: Number(row.amount) },
    order: orderOf(row),
    confirmed: row.confirmed,
  };
}

function orderOf(row: Pick<EntryRow, 'event_at' | 'event_log' | 'event_offset'>): EventOrder {
  return { at: Number(row.event_at), log: row.event_log, offset: BigInt(row.event_offset) };
}
