/** Reads one delivered record: its text, its trace or refusal, and the hashes by which trace and log are recognised. */
import { isAscii, isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { LogRecord, RecordHeaders } from '../platform/kafka/log-consumer.js';
import { contentSha256 } from './content-sha256.js';
import { parseTrace } from './core/parse-trace.js';
import { MAX_TRACE_BYTES } from './core/trace-fields.js';
import type { Refusal } from './core/refusal.js';
import type { Trace } from './core/trace.js';
import { readReplayMark, REPLAY_HEADER, type ReplayMark } from './dead-letter-replay.js';
import type { RecordMark } from './ingest-log.store.js';

/** The relay marks what it publishes with this header, so that ingest need not ask the outbox about every trace. */
export const OUTBOX_HEADER = 'quaestor-outbox';

export interface ParsedRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
  readonly fromOutbox: boolean;
  /** The dead letter that this record is sent again for; null for nearly all. */
  readonly replayOf: ReplayMark | null;
  readonly parsed:
    | { readonly ok: true; readonly trace: Trace; readonly contentSha256: string }
    | { readonly ok: false; readonly refusal: Refusal };
}

const EMPTY = Buffer.alloc(0);
/** Reading a whole batch at one go would keep the connections of other logs idle. */
const AT_ONE_GO_MS = 4;

/** All of a batch; meanwhile others have their turn. */
export async function parseRecords(records: readonly LogRecord[]): Promise<ParsedRecord[]> {
  const parsed: ParsedRecord[] = [];
  let turnAt = performance.now() + AT_ONE_GO_MS;
  for (const record of records) {
    parsed.push(parseRecord(record));
    if (performance.now() < turnAt) continue;
    await turn();
    turnAt = performance.now() + AT_ONE_GO_MS;
  }
  return parsed;
}

export function parseRecord(record: LogRecord): ParsedRecord {
  const value = record.value ?? EMPTY;
  // Text of a record that is too large is not even made: it will not be read.
  const parsed = parseTrace(value.length <= MAX_TRACE_BYTES ? textOf(value) : null, value.length);
  return {
    offset: record.offset,
    key: record.key,
    value,
    headers: record.headers,
    fromOutbox: record.headers[OUTBOX_HEADER] !== undefined,
    replayOf: readReplayMark(lastOf(record.headers[REPLAY_HEADER])),
    parsed: parsed.ok
      ? { ok: true, trace: parsed.trace, contentSha256: contentSha256(parsed.trace, parsed.user) }
      : parsed,
  };
}

/** Null where the bytes are not UTF-8. Nearly all records are ASCII, which need not be decoded. */
function textOf(value: Buffer): string | null {
  if (isAscii(value)) return value.toString('latin1');
  return isUtf8(value) ? value.toString('utf8') : null;
}

/** Of a name that came several times the last counts, as by Kafka's `lastHeader`. */
function lastOf(values: RecordHeaders[string]): Buffer | undefined {
  return values === undefined || Buffer.isBuffer(values) ? values : values.at(-1);
}

/** Content alone would not do: the same file published again to a fresh log differs only in its timestamps. */
export function markOf(record: LogRecord): RecordMark {
  const hash = createHash('sha256');
  hash.update(`${String(record.timestampMs)}:${String(record.key?.length ?? -1)}:`);
  if (record.key !== null) hash.update(record.key);
  if (record.value !== null) hash.update(record.value);
  return { offset: record.offset, sha256: hash.digest() };
}
