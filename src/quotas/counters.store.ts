/** Counter rows: their locks, what expired on them, how they stand, and how they move (docs/quotas.md, "Locks"). */
import { Injectable } from '@nestjs/common';
import type { Sql, Transaction } from '../platform/database/database.js';
import { DOMAIN_SCOPE } from './core/scope.js';
import type { LimitSources } from './core/limits.js';

export interface CounterId {
  readonly domainId: string;
  readonly quotaKey: string;
  /** As `scopeKey` makes it. */
  readonly scope: string;
}

/** All counters of one key in one domain; whoever changes any of them holds the lock of this. */
export type CounterGroup = Pick<CounterId, 'domainId' | 'quotaKey'>;

export interface CounterRow extends CounterId, LimitSources {
  readonly used: number;
  readonly reserved: number;
  readonly exceeded: boolean;
  readonly closed: boolean;
}

/** The instant by the database's clock, and the revision of the definitions then. */
export interface Moment {
  readonly nowMs: number;
  readonly revision: string;
}

/** Counters as of one statement. */
export interface CounterLook {
  readonly rows: CounterRow[];
  readonly moment: Moment;
  readonly isUnswept: boolean;
}

export interface CounterDelta extends CounterId {
  readonly used: number;
  readonly reserved: number;
}

/** Identity as text; NUL cannot occur in any part. */
export function counterName({ domainId, quotaKey, scope }: CounterId): string {
  return `${domainId}\0${quotaKey}\0${scope}`;
}

interface StateRow {
  readonly place: number;
  readonly used: string | null;
  readonly reserved: string | null;
  /** Of what is reserved: nobody swept it yet. */
  readonly expired: string;
  readonly now: string;
  readonly revision: string;
  readonly exceeded: boolean | null;
  readonly closed: boolean;
  readonly override: string | null;
  readonly grant: string | null;
  readonly spec: string | null;
}

const REMEMBERED = 200_000;

/** Instants as of the statement: every process asks the database's clock alone. */
const STATES = `
  WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now)
  SELECT want.place::int AS place, c.used, c.exceeded, c.reserved, expired.amount AS expired,
         floor(extract(epoch FROM moment.now) * 1000)::bigint AS now, (SELECT revision FROM quota_catalogue) AS revision,
         (c.closed_at IS NOT NULL OR x.scope IS NOT NULL) AS closed,
         l.limit_value AS override, g.limit_value AS "grant", s.spec
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS want(domain_id, quota_key, scope, place)
  CROSS JOIN moment
  LEFT JOIN quota_counters c ON c.domain_id = want.domain_id AND c.quota_key = want.quota_key AND c.scope = want.scope
  LEFT JOIN quota_limits l ON l.domain_id = want.domain_id AND l.quota_key = want.quota_key AND l.scope = want.scope
  LEFT JOIN quota_specs s ON s.domain_id = want.domain_id AND s.scope = want.scope
  LEFT JOIN quota_closures x ON x.domain_id = want.domain_id AND x.scope = want.scope
  CROSS JOIN LATERAL (
    SELECT COALESCE(sum(i.amount), 0) AS amount FROM quota_reservation_items i
    WHERE i.domain_id = want.domain_id AND i.quota_key = want.quota_key AND i.state = 'held'
      AND i.expires_at <= moment.now AND want.scope = ANY (i.levels)) expired
  LEFT JOIN LATERAL (
    SELECT CASE WHEN bool_or(limit_value = -1) THEN -1 ELSE max(limit_value) END AS limit_value
    FROM quota_grants
    WHERE domain_id = want.domain_id AND quota_key = want.quota_key AND scope = want.scope AND revoked_at IS NULL
      AND from_at <= moment.now AND until_at > moment.now) g ON true`;

@Injectable()
export class CountersStore {
  /** Rows known to be committed; they are never deleted. */
  private readonly known = new Set<string>();

  /**
   * Locks the groups, in their order, until the transaction ends. What does not exist yet is made first: an insertion waits only for
   * other insertions, in the same order, and its row is seen by nobody who already waits here.
   */
  async lock(transaction: Transaction, groups: readonly CounterGroup[]): Promise<void> {
    const wanted = distinct(groups.map((group) => ({ ...group, scope: DOMAIN_SCOPE })));
    if (wanted.length === 0) return;
    await this.ensure(transaction, wanted);
    if ((await this.lockRows(transaction, wanted)) === wanted.length) return;
    this.known.clear();
    await this.ensure(transaction, wanted);
    await this.lockRows(transaction, wanted);
  }

  private async lockRows(transaction: Transaction, wanted: readonly CounterId[]): Promise<number> {
    const rows = await transaction.query(
      `SELECT FROM quota_counters c JOIN unnest($1::text[], $2::text[]) AS want(domain_id, quota_key)
         ON c.domain_id = want.domain_id AND c.quota_key = want.quota_key
       WHERE c.scope = '${DOMAIN_SCOPE}' ORDER BY c.domain_id, c.quota_key FOR UPDATE OF c`,
      [wanted.map(({ domainId }) => domainId), wanted.map(({ quotaKey }) => quotaKey)],
    );
    return rows.length;
  }

  /** Makes counters that do not exist. Of other scopes than the domain only under the lock of their group. */
  async ensure(transaction: Transaction, ids: readonly CounterId[]): Promise<void> {
    const unknown = distinct(ids.filter((id) => !this.known.has(counterName(id))));
    if (unknown.length === 0) return;
    await transaction.query(
      `INSERT INTO quota_counters (domain_id, quota_key, scope)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS want(domain_id, quota_key, scope) ORDER BY 1, 2, 3
       ON CONFLICT DO NOTHING`,
      columns(unknown),
    );
  }

  /** After the commit, and only then. */
  remember(ids: readonly CounterId[]): void {
    if (this.known.size + ids.length > REMEMBERED) this.known.clear();
    for (const id of ids) this.known.add(counterName(id));
  }

  /** Takes off the groups' counters what expired there, under their locks. */
  async sweep(transaction: Transaction, groups: readonly CounterGroup[]): Promise<Moment> {
    const wanted = distinct(groups.map((group) => ({ ...group, scope: DOMAIN_SCOPE })));
    const [row] = await transaction.query<{ now: string; revision: string }>(
      `WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now),
       expired AS (
         UPDATE quota_reservation_items i SET state = 'expired'
         FROM unnest($1::text[], $2::text[]) AS want(domain_id, quota_key), moment
         WHERE i.domain_id = want.domain_id AND i.quota_key = want.quota_key AND i.state = 'held' AND i.expires_at <= moment.now
         RETURNING i.domain_id, i.quota_key, i.levels, i.amount),
       lowered AS (
         UPDATE quota_counters c SET reserved = c.reserved - gone.amount
         FROM (SELECT domain_id, quota_key, level, sum(amount) AS amount FROM expired, unnest(levels) AS level GROUP BY 1, 2, 3) gone
         WHERE c.domain_id = gone.domain_id AND c.quota_key = gone.quota_key AND c.scope = gone.level)
       SELECT floor(extract(epoch FROM now) * 1000)::bigint AS now, revision FROM moment, quota_catalogue`,
      [wanted.map(({ domainId }) => domainId), wanted.map(({ quotaKey }) => quotaKey)],
    );
    return { nowMs: Number(row?.now), revision: row?.revision ?? '0' };
  }

  /** How the counters stand and what limits them now, in the order asked for; one that does not exist stands at zero. */
  async states(sql: Sql, ids: readonly CounterId[]): Promise<CounterRow[]> {
    return ids.length === 0 ? [] : (await this.look(sql, ids)).rows;
  }

  /** As {@link states}, with the instant of it, and whether anything expired there that is still to be swept. */
  async look(sql: Sql, ids: readonly CounterId[]): Promise<CounterLook> {
    const rows = await sql.query<StateRow>(STATES, columns(ids));
    const byPlace = new Map(rows.map((row) => [row.place, row]));
    const [first] = rows;
    return {
      rows: ids.map((id, index) => stateOf(id, byPlace.get(index + 1))),
      moment: { nowMs: Number(first?.now ?? 0), revision: first?.revision ?? '0' },
      isUnswept: rows.some(({ expired }) => expired !== '0'),
    };
  }

  /** Moves counters, under the locks of their groups; they must exist. `used` stays at zero where an adjustment went too far. */
  async move(transaction: Transaction, deltas: readonly CounterDelta[]): Promise<void> {
    const moving = deltas.filter(({ used, reserved }) => used !== 0 || reserved !== 0);
    if (moving.length === 0) return;
    await transaction.query(
      `UPDATE quota_counters c SET used = GREATEST(0, c.used + d.used), reserved = c.reserved + d.reserved
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS d(domain_id, quota_key, scope, used, reserved)
       WHERE c.domain_id = d.domain_id AND c.quota_key = d.quota_key AND c.scope = d.scope`,
      [...columns(moving), moving.map(({ used }) => used), moving.map(({ reserved }) => reserved)],
    );
  }

  async flag(transaction: Transaction, ids: readonly CounterId[], exceeded: boolean): Promise<void> {
    if (ids.length === 0) return;
    await transaction.query(
      `UPDATE quota_counters c SET exceeded = $4
       FROM unnest($1::text[], $2::text[], $3::text[]) AS d(domain_id, quota_key, scope)
       WHERE c.domain_id = d.domain_id AND c.quota_key = d.quota_key AND c.scope = d.scope`,
      [...columns(ids), exceeded],
    );
  }
}

function stateOf(id: CounterId, row: StateRow | undefined): CounterRow {
  const number = (value: string | null | undefined): number | null =>
    value === null || value === undefined ? null : Number(value);
  return {
    ...id,
    used: number(row?.used) ?? 0,
    reserved: (number(row?.reserved) ?? 0) - (number(row?.expired) ?? 0),
    exceeded: row?.exceeded ?? false,
    closed: row?.closed ?? false,
    override: number(row?.override),
    grant: number(row?.grant),
    spec: row?.spec ?? null,
  };
}

export function distinct<T extends CounterId>(ids: readonly T[]): T[] {
  return [...new Map(ids.map((id) => [counterName(id), id])).values()];
}

export function columns(ids: readonly CounterId[]): [string[], string[], string[]] {
  return [ids.map(({ domainId }) => domainId), ids.map(({ quotaKey }) => quotaKey), ids.map(({ scope }) => scope)];
}
