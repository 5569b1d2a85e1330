/** Writes traces: COPY straight into the table, or, while duplicates are frequent, after looking up which keys are there. */
import { Injectable } from '@nestjs/common';
import { classifyDatabaseError, sqlState, violatedConstraint } from '../platform/database/database-error.js';
import type { Transaction } from '../platform/database/database.js';
import { COPY_TRACES, encodeRows } from './trace-rows.store.js';
import { compareKeys, type IncomingTrace, keyOf, traceKey } from './stored-trace.js';

/** Above this share of duplicates looking up first is cheaper than a COPY that fails (design §5: one batch in ten). */
const DUPLICATE_SHARE = 0.1;
/** A COPY can collide once more with a key that another log commits between look-up and write. */
const ATTEMPTS = 6;

export interface WriteResult {
  readonly stored: readonly IncomingTrace[];
  readonly duplicates: readonly IncomingTrace[];
  /** Same key, other content; `existing` is the hash of what is stored. */
  readonly conflicts: readonly { readonly incoming: IncomingTrace; readonly existing: string }[];
  /** Rows that the database refuses for their content, with its reason. */
  readonly rejected: readonly { readonly incoming: IncomingTrace; readonly reason: string }[];
}

/** How a log has fared lately: which of the two ways to write is tried first. One per log, kept by its reader. */
export interface WriteMode {
  lookUpFirst: boolean;
}

@Injectable()
export class TraceStore {
  /**
   * Stores those of `incoming` (keys distinct, offset order) that are not stored yet, and gives them contiguous sequence
   * numbers from `nextSeq` in offset order.
   */
  async write(
    transaction: Transaction,
    incoming: readonly IncomingTrace[],
    target: { log: number; nextSeq: bigint },
    mode: WriteMode,
  ): Promise<WriteResult> {
    const rejected: { incoming: IncomingTrace; reason: string }[] = [];
    let candidates = incoming;
    let known: KnownKeys = NONE_KNOWN;
    if (mode.lookUpFirst) [candidates, known] = await this.lookUp(transaction, candidates, known);
    for (let attempt = 1; ; attempt++) {
      const failure = await this.tryCopy(transaction, candidates, target);
      if (failure === null) break;
      if (attempt === ATTEMPTS) throw failure;
      if (isKeyViolation(failure)) {
        [candidates, known] = await this.lookUp(transaction, candidates, known);
      } else if (classifyDatabaseError(failure) === 'row' && !isMissingPartition(failure)) {
        const found = await this.findPoison(transaction, candidates, target);
        rejected.push(...found);
        const bad = new Set(found.map(({ incoming: row }) => row));
        candidates = candidates.filter((row) => !bad.has(row));
      } else throw failure;
    }
    const repeated = known.duplicates.length + known.conflicts.length;
    mode.lookUpFirst = repeated > incoming.length * DUPLICATE_SHARE;
    return { stored: candidates, duplicates: known.duplicates, conflicts: known.conflicts, rejected };
  }

  /** Copies all rows or none; returns the error instead of throwing, since the transaction goes on. */
  private async tryCopy(
    transaction: Transaction,
    rows: readonly IncomingTrace[],
    target: { log: number; nextSeq: bigint },
  ): Promise<Error | null> {
    if (rows.length === 0) return null;
    let seq = target.nextSeq;
    for (const row of rows) row.seq = seq++;
    const encoded = encodeRows([...rows].sort(compareKeys), target.log);
    try {
      await transaction.savepoint(() => transaction.copy(COPY_TRACES, encoded));
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private async lookUp(
    transaction: Transaction,
    rows: readonly IncomingTrace[],
    known: KnownKeys,
  ): Promise<[IncomingTrace[], KnownKeys]> {
    const existing = await existingHashes(transaction, rows);
    const fresh: IncomingTrace[] = [];
    const duplicates = [...known.duplicates];
    const conflicts = [...known.conflicts];
    for (const row of rows) {
      const hash = existing.get(keyOf(row));
      if (hash === undefined) fresh.push(row);
      else if (hash === row.contentSha256) duplicates.push(row);
      else conflicts.push({ incoming: row, existing: hash });
    }
    return [fresh, { duplicates, conflicts }];
  }

  /** Halves the rows until those remain that the database refuses alone. Whatever the trials wrote is undone. */
  private async findPoison(
    transaction: Transaction,
    rows: readonly IncomingTrace[],
    target: { log: number; nextSeq: bigint },
  ): Promise<{ incoming: IncomingTrace; reason: string }[]> {
    const failure = await this.trial(transaction, rows, target);
    if (failure === null || isKeyViolation(failure)) return [];
    if (classifyDatabaseError(failure) !== 'row') throw failure;
    const [only] = rows;
    if (rows.length === 1 && only) return [{ incoming: only, reason: refusalText(failure) }];
    const middle = Math.ceil(rows.length / 2);
    const left = await this.findPoison(transaction, rows.slice(0, middle), target);
    return [...left, ...(await this.findPoison(transaction, rows.slice(middle), target))];
  }

  private async trial(
    transaction: Transaction,
    rows: readonly IncomingTrace[],
    target: { log: number; nextSeq: bigint },
  ): Promise<Error | null> {
    const undo = new Error('undo the trial');
    let failure: Error | null = null;
    await transaction
      .savepoint(async () => {
        failure = await this.tryCopy(transaction, rows, target);
        throw undo;
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error;
      });
    return failure;
  }
}

interface KnownKeys {
  readonly duplicates: readonly IncomingTrace[];
  readonly conflicts: readonly { readonly incoming: IncomingTrace; readonly existing: string }[];
}

const NONE_KNOWN: KnownKeys = { duplicates: [], conflicts: [] };

/** The table has one unique index. */
function isKeyViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** 23514 without a constraint: no partition for the row. Ours to mend, never the row's fault. */
function isMissingPartition(error: unknown): boolean {
  return sqlState(error) === '23514' && violatedConstraint(error) === null;
}

/** Says what was wrong without the row's values, which Postgres puts into `detail` and `where`. */
function refusalText(error: unknown): string {
  const state = sqlState(error) ?? 'unknown';
  return `the database refused the row: SQLSTATE ${state}`;
}

/**
 * One index probe per key: the LIMIT keeps the planner from turning it into a join that reads whole partitions, and the
 * constant bounds prune.
 */
async function existingHashes(transaction: Transaction, rows: readonly IncomingTrace[]): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map();
  const times = rows.map(({ trace }) => trace.recordTime);
  const found = await transaction.query<{ domain_id: string; record_ms: string; trace_id: string; sha256: string }>(
    `SELECT k.domain_id, k.record_ms, k.trace_id, encode(t.content_sha256, 'hex') AS sha256
     FROM unnest($1::text[], $2::bigint[], $3::text[]) AS k(domain_id, record_ms, trace_id)
     CROSS JOIN LATERAL (
       SELECT content_sha256 FROM traces
       WHERE domain_id = k.domain_id AND trace_id = k.trace_id
         AND record_time = to_timestamp(0) + k.record_ms * interval '1 millisecond'
         AND record_time >= $4 AND record_time <= $5
       LIMIT 1) AS t`,
    [
      rows.map(({ trace }) => trace.domainId),
      times,
      rows.map(({ trace }) => trace.traceId),
      new Date(Math.min(...times)),
      new Date(Math.max(...times)),
    ],
  );
  return new Map(found.map((row) => [traceKey(row.domain_id, Number(row.record_ms), row.trace_id), row.sha256]));
}
