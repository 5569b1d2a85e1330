/** Refused records, kept where operators can see, mend and replay them. */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import { type ReplayOutcome, writeReplayMark } from './dead-letter-replay.js';
import type { ClaimedLog } from './ingest-log.store.js';
import { keepHeaders, writeHeaders } from './kept-headers.js';
import type { RefusedRecord } from './stored-trace.js';

/** More than this of a refused record is not kept; its size and hash always are. */
export const DEAD_LETTER_VALUE_BYTES = 64 * 1024;

@Injectable()
export class DeadLetterStore {
  /** Resolves with the id of each, by its offset. */
  async insert(
    transaction: Transaction,
    log: ClaimedLog,
    refused: readonly RefusedRecord[],
    nowMs: number,
  ): Promise<ReadonlyMap<bigint, string>> {
    if (refused.length === 0) return new Map();
    const rows = await transaction.query<{ id: string; offset: string }>(
      `INSERT INTO dead_letters (received_at, log, topic, "partition", domain_id, trace_id, "offset", reason, detail,
         record_key, value, size, sha256, headers)
       SELECT $1, $2, $3, $4, r.domain_id, r.trace_id, r."offset", r.reason, r.detail, r.record_key, r.value, r.size, r.sha256,
         r.headers::jsonb
       FROM unnest($5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::bytea[], $11::bytea[], $12::int[], $13::bytea[],
         $14::text[]) AS r(domain_id, trace_id, "offset", reason, detail, record_key, value, size, sha256, headers)
       RETURNING id, "offset"`,
      [
        new Date(nowMs),
        log.log,
        log.topic,
        log.partition,
        refused.map(({ refusal }) => storable(refusal.domainId)),
        refused.map(({ refusal }) => storable(refusal.traceId)),
        refused.map(({ offset }) => offset),
        refused.map(({ refusal }) => refusal.reason),
        refused.map(({ refusal }) => storable(refusal.detail)),
        refused.map(({ key }) => key?.subarray(0, DEAD_LETTER_VALUE_BYTES) ?? null),
        refused.map(({ value }) => value.subarray(0, DEAD_LETTER_VALUE_BYTES)),
        refused.map(({ value }) => value.length),
        refused.map(({ value }) => createHash('sha256').update(value).digest()),
        refused.map(({ headers }) => writeHeaders(keepHeaders(headers))),
      ],
    );
    return new Map(rows.map(({ id, offset }) => [BigInt(offset), id]));
  }

  /** Tells dead letters what became of them when they were sent again. Of several copies of one replay the first counts. */
  async settle(transaction: Transaction, outcomes: readonly ReplayOutcome[], nowMs: number): Promise<void> {
    if (outcomes.length === 0) return;
    const first = new Map<string, ReplayOutcome>();
    for (const outcome of outcomes) {
      const replay = writeReplayMark(outcome.mark);
      if (!first.has(replay)) first.set(replay, outcome);
    }
    const told = [...first.values()];
    await transaction.query(
      `UPDATE dead_letters AS d
       SET outcome = r.outcome, outcome_at = $1, outcome_reason = r.reason, outcome_dead_letter_id = r.letter
       FROM unnest($2::uuid[], $3::int[], $4::bytea[], $5::text[], $6::text[], $7::uuid[])
         AS r(id, replay, sha256, outcome, reason, letter)
       WHERE d.id = r.id AND d.replays = r.replay AND d.outcome IS NULL AND d.sha256 = r.sha256`,
      [
        new Date(nowMs),
        told.map(({ mark }) => mark.deadLetterId),
        told.map(({ mark }) => mark.replay),
        told.map(({ sha256 }) => sha256),
        told.map(({ outcome }) => outcome),
        told.map(({ reason }) => reason),
        told.map(({ deadLetterId }) => deadLetterId),
      ],
    );
  }
}

/** What was refused may be refused for a NUL, which no text column takes either. */
function storable(text: string | null): string | null {
  return text?.replaceAll('\0', '\uFFFD').slice(0, 1024) ?? null;
}
