/** What the relay has to publish: copies of dead letters for the DLQ topic, and records that operators send again. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { RefusalReason } from './core/refusal.js';
import { type KeptHeaders, readHeaders, type StoredHeaders } from './kept-headers.js';

/** A dead letter as it goes to the DLQ topic; `value` is the beginning of what was larger than `size` says. */
export interface RelayedLetter {
  readonly id: string;
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly log: number;
  readonly receivedAt: Date;
  readonly domainId: string | null;
  readonly size: number;
  readonly sha256: Buffer;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: KeptHeaders;
}

export interface DueReplay {
  readonly id: string;
  readonly replay: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: KeptHeaders;
}

/** Longer than publishing a batch may take: after it, whoever claimed the rows is taken for dead. */
const CLAIMED_FOR = `interval '2 minutes'`;
/** Ingest has not told the outcome of a replay after this time: the broker may have forgotten it. Doubles each time. */
const UNTOLD_AFTER = `interval '1 minute' * 2 ^ LEAST(replay_sends, 8)`;

interface Claimed {
  id: string;
  record_key: Buffer | null;
  value: Buffer | null;
  headers: StoredHeaders | null;
}

@Injectable()
export class DeadLetterRelayStore {
  constructor(private readonly database: Database) {}

  /** Claims up to `limit` dead letters that are not in the DLQ topic yet, oldest first; another relay meanwhile gets others. */
  async claimCopies(limit: number): Promise<RelayedLetter[]> {
    const rows = await this.database.query<
      Claimed & {
        reason: RefusalReason;
        detail: string;
        topic: string;
        partition: number;
        offset: string;
        log: number;
        received_at: Date;
        domain_id: string | null;
        size: number;
        sha256: Buffer;
      }
    >(
      `UPDATE dead_letters AS d SET relay_claimed_at = now()
       FROM (SELECT id, received_at FROM dead_letters
             WHERE relayed_at IS NULL AND (relay_claimed_at IS NULL OR relay_claimed_at < now() - ${CLAIMED_FOR})
             ORDER BY received_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
       WHERE d.id = due.id AND d.received_at = due.received_at
       RETURNING d.id, d.reason, d.detail, d.topic, d."partition", d."offset", d.log, d.received_at, d.domain_id, d.size,
         d.sha256, d.record_key, d.value, d.headers`,
      [limit],
    );
    return rows.map(({ received_at: receivedAt, domain_id: domainId, record_key: key, value, headers, ...rest }) => ({
      ...rest,
      receivedAt,
      domainId,
      key,
      value: value ?? Buffer.alloc(0),
      headers: readHeaders(headers),
    }));
  }

  async copied(letters: readonly RelayedLetter[]): Promise<void> {
    await this.settleCopies('relayed_at = now()', letters);
  }

  /** After a send that failed: due at once. */
  async giveBackCopies(letters: readonly RelayedLetter[]): Promise<void> {
    await this.settleCopies('relay_claimed_at = NULL', letters);
  }

  /** Claims up to `limit` replays that are not published, or whose outcome is not known a good while after. */
  async claimReplays(limit: number): Promise<DueReplay[]> {
    const rows = await this.database.query<Claimed & { replays: number }>(
      `UPDATE dead_letters AS d SET replay_sent_at = now(), replay_sends = replay_sends + 1
       FROM (SELECT id, received_at FROM dead_letters
             WHERE state = 'replayed' AND outcome IS NULL
               AND (replay_sent_at IS NULL OR replay_sent_at < now() - ${UNTOLD_AFTER})
             ORDER BY replayed_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
       WHERE d.id = due.id AND d.received_at = due.received_at
       RETURNING d.id, d.replays, d.record_key, d.value, d.headers`,
      [limit],
    );
    return rows.map((row) => ({
      id: row.id,
      replay: row.replays,
      key: row.record_key,
      value: row.value ?? Buffer.alloc(0),
      headers: readHeaders(row.headers),
    }));
  }

  async giveBackReplays(replays: readonly DueReplay[]): Promise<void> {
    await this.database.query(
      `UPDATE dead_letters AS d SET replay_sent_at = NULL
       FROM unnest($1::uuid[], $2::int[]) AS r(id, replay) WHERE d.id = r.id AND d.replays = r.replay`,
      [replays.map(({ id }) => id), replays.map(({ replay }) => replay)],
    );
  }

  /** Age in seconds of the oldest dead letter that is not in the DLQ topic; 0 when all are. */
  async lagSeconds(): Promise<number> {
    const rows = await this.database.read<{ oldest: string | null }>(
      'SELECT extract(epoch FROM now() - min(received_at)) AS oldest FROM dead_letters WHERE relayed_at IS NULL',
    );
    return Math.max(0, Number(rows[0]?.oldest ?? 0));
  }

  private async settleCopies(assignment: string, letters: readonly RelayedLetter[]): Promise<void> {
    await this.database.query(
      `UPDATE dead_letters AS d SET ${assignment}
       FROM unnest($1::uuid[]) AS r(id) WHERE d.id = r.id`,
      [letters.map(({ id }) => id)],
    );
  }
}
