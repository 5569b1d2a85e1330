/** Dead letters as operators work on them: lists, one by itself, and what is done with it. */
import { Inject, Injectable } from '@nestjs/common';
import { Database, type Sql, type Transaction } from '../platform/database/database.js';
import type { DeadLetterState } from './core/dead-letter-state.js';
import type { RefusalReason } from './core/refusal.js';
import { DEAD_LETTER_VALUE_BYTES } from './dead-letter.store.js';
import type { ReplayOutcome } from './dead-letter-replay.js';
import { type KeptHeaders, readHeaders, type StoredHeaders } from './kept-headers.js';
import { RETENTION_SETTINGS, type RetentionSettings } from './retention-settings.js';

/** Everything but the record itself. Instants in epoch ms. */
export interface DeadLetter {
  readonly id: string;
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly state: DeadLetterState;
  /** Why it was last replayed or dropped, in the operator's words. */
  readonly note: string | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly log: number;
  readonly receivedAt: number;
  /** The same in epoch microseconds, as exact as it is stored. */
  readonly receivedAtUs: string;
  /** Of the record as it came, in bytes. */
  readonly size: number;
  readonly sha256: Buffer;
  /** True when record and key were kept to their last byte. */
  readonly whole: boolean;
  readonly domainId: string | null;
  readonly traceId: string | null;
  readonly replays: number;
  readonly replayedAt: number | null;
  readonly replayedBy: string | null;
  readonly outcome: DeadLetterOutcome | null;
  readonly droppedAt: number | null;
  readonly droppedBy: string | null;
  readonly relayedAt: number | null;
}

/** What became of the last replay. */
export interface DeadLetterOutcome extends Pick<ReplayOutcome, 'outcome' | 'reason' | 'deadLetterId'> {
  readonly at: number;
}

/** What was kept of the record: at most 64 KiB of value and key each. */
export interface DeadLetterContent {
  readonly value: Buffer;
  readonly key: Buffer | null;
  readonly headers: KeptHeaders;
}

export interface DeadLetterFilters {
  readonly reasons?: readonly RefusalReason[] | undefined;
  readonly states?: readonly DeadLetterState[] | undefined;
  readonly domainId?: string | undefined;
}

/** A place in the list. */
export type DeadLetterPosition = Pick<DeadLetter, 'receivedAtUs' | 'id'>;

interface Row {
  id: string;
  reason: RefusalReason;
  detail: string;
  state: DeadLetterState;
  state_note: string | null;
  topic: string;
  partition: number;
  offset: string;
  log: number;
  received_at: Date;
  received_us: string;
  size: number;
  sha256: Buffer;
  whole: boolean;
  domain_id: string | null;
  trace_id: string | null;
  replays: number;
  replayed_at: Date | null;
  replayed_by: string | null;
  outcome: DeadLetterOutcome['outcome'] | null;
  outcome_at: Date | null;
  outcome_reason: RefusalReason | null;
  outcome_dead_letter_id: string | null;
  dropped_at: Date | null;
  dropped_by: string | null;
  relayed_at: Date | null;
}

const COLUMNS = `id, reason, detail, state, state_note, topic, "partition", "offset", log, received_at,
  (extract(epoch FROM received_at) * 1000000)::bigint AS received_us, size, sha256, domain_id, trace_id,
  COALESCE(octet_length(value), 0) = size
    AND COALESCE(octet_length(record_key), 0) < ${String(DEAD_LETTER_VALUE_BYTES)} AS whole,
  replays, replayed_at, replayed_by, outcome, outcome_at, outcome_reason, outcome_dead_letter_id,
  dropped_at, dropped_by, relayed_at`;

/** More are not counted: it is then a flood, whatever the number. */
export const MOST_COUNTED = 100_001;

@Injectable()
export class DeadLettersStore {
  constructor(
    private readonly database: Database,
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
  ) {}

  /** Newest first, those of the window only. */
  async list(
    filters: DeadLetterFilters,
    after: DeadLetterPosition | null,
    limit: number,
  ): Promise<{ letters: DeadLetter[]; hasMore: boolean }> {
    const values: unknown[] = [this.settings.retentionDays, limit + 1];
    const place = (value: unknown): string => `$${String(values.push(value))}`;
    const conditions = ["received_at >= now() - $1::int * interval '1 day'"];
    if (filters.reasons) conditions.push(oneOf('reason', filters.reasons, place));
    if (filters.states) conditions.push(oneOf('state', filters.states, place));
    if (filters.domainId !== undefined) conditions.push(`domain_id = ${place(filters.domainId)}`);
    if (after !== null) {
      const time = `to_timestamp(0) + ${place(after.receivedAtUs)}::bigint * interval '1 microsecond'`;
      // The plain bound beside the pair lets Postgres begin in the right day and leave the later ones alone.
      conditions.push(`received_at <= ${time}`, `(received_at, id) < (${time}, ${place(after.id)}::uuid)`);
    }
    const rows = await this.database.read<Row>(
      `SELECT ${COLUMNS} FROM dead_letters WHERE ${conditions.join(' AND ')}
       ORDER BY received_at DESC, id DESC LIMIT $2`,
      values,
    );
    return { letters: rows.slice(0, limit).map(toLetter), hasMore: rows.length > limit };
  }

  /** With what was kept of the record; null when it is not there, or has left the window. */
  async find(id: string, sql: Sql): Promise<(DeadLetter & DeadLetterContent) | null> {
    const rows = await sql.query<
      Row & { value: Buffer | null; record_key: Buffer | null; headers: StoredHeaders | null }
    >(
      `SELECT ${COLUMNS}, value, record_key, headers FROM dead_letters
       WHERE id = $1 AND received_at >= now() - $2::int * interval '1 day'`,
      [id, this.settings.retentionDays],
    );
    const row = rows[0];
    if (!row) return null;
    const { value, record_key: key, headers } = row;
    return { ...toLetter(row), value: value ?? Buffer.alloc(0), key, headers: readHeaders(headers) };
  }

  /** Holds it until the transaction ends. */
  async lock(id: string, transaction: Transaction): Promise<DeadLetter | null> {
    const rows = await transaction.query<Row>(
      `SELECT ${COLUMNS} FROM dead_letters
       WHERE id = $1 AND received_at >= now() - $2::int * interval '1 day' FOR UPDATE`,
      [id, this.settings.retentionDays],
    );
    return rows[0] ? toLetter(rows[0]) : null;
  }

  /** Due for the relay, as another replay than any before it. */
  replay(letter: DeadLetter, by: string, note: string | null, transaction: Transaction): Promise<DeadLetter> {
    return change(
      letter,
      `state = 'replayed', replays = replays + 1, replayed_at = now(), replayed_by = $3, state_note = $4,
       replay_sent_at = NULL, replay_sends = 0,
       outcome = NULL, outcome_at = NULL, outcome_reason = NULL, outcome_dead_letter_id = NULL`,
      [by, note],
      transaction,
    );
  }

  drop(letter: DeadLetter, by: string, note: string | null, transaction: Transaction): Promise<DeadLetter> {
    const assignments = `state = 'dropped', dropped_at = now(), dropped_by = $3, state_note = $4`;
    return change(letter, assignments, [by, note], transaction);
  }

  /** How many nobody has looked after yet, up to {@link MOST_COUNTED}. */
  async countNew(): Promise<number> {
    const rows = await this.database.read<{ n: string }>(
      `SELECT count(*) AS n FROM (SELECT FROM dead_letters WHERE state = 'new' LIMIT $1) AS counted`,
      [MOST_COUNTED],
    );
    return Number(rows[0]?.n ?? 0);
  }
}

/** Equality where one is wanted: only then does the index also give the order. */
function oneOf(column: string, wanted: readonly string[], place: (value: unknown) => string): string {
  return wanted.length === 1 ? `${column} = ${place(wanted[0])}` : `${column} = ANY(${place(wanted)}::text[])`;
}

async function change(
  { id, receivedAtUs }: DeadLetter,
  assignments: string,
  values: readonly unknown[],
  transaction: Transaction,
): Promise<DeadLetter> {
  const rows = await transaction.query<Row>(
    // With the time, so that the partitions of other days are not asked.
    `UPDATE dead_letters SET ${assignments}
     WHERE id = $1 AND received_at = to_timestamp(0) + $2::bigint * interval '1 microsecond' RETURNING ${COLUMNS}`,
    [id, receivedAtUs, ...values],
  );
  if (!rows[0]) throw new Error(`the dead letter ${id} is gone though it was locked`);
  return toLetter(rows[0]);
}

function toLetter(row: Row): DeadLetter {
  return {
    id: row.id,
    reason: row.reason,
    detail: row.detail,
    state: row.state,
    note: row.state_note,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    log: row.log,
    receivedAt: row.received_at.getTime(),
    receivedAtUs: row.received_us,
    size: row.size,
    sha256: row.sha256,
    whole: row.whole,
    domainId: row.domain_id,
    traceId: row.trace_id,
    replays: row.replays,
    replayedAt: row.replayed_at?.getTime() ?? null,
    replayedBy: row.replayed_by,
    outcome: outcomeOf(row),
    droppedAt: row.dropped_at?.getTime() ?? null,
    droppedBy: row.dropped_by,
    relayedAt: row.relayed_at?.getTime() ?? null,
  };
}

function outcomeOf(row: Row): DeadLetterOutcome | null {
  if (row.outcome === null || row.outcome_at === null) return null;
  const { outcome, outcome_reason: reason, outcome_dead_letter_id: deadLetterId } = row;
  return { outcome, reason, deadLetterId, at: row.outcome_at.getTime() };
}
