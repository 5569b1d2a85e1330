/** `npm run replay -- FILE…`: publishes events from NDJSON files to the topic, moved in time as asked (contracts.md). */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogProducer, OutgoingRecord } from '../platform/kafka/log-consumer.js';
import {
  newestTime,
  type ReplayChange,
  replayKey,
  shiftTo,
  transformLine,
  withFreshId,
} from './core/replay-transform.js';
import { readLines } from './replay-files.js';
import { parseReplayArguments, type ReplayArguments, REPLAY_USAGE } from './replay.arguments.js';
import type { FlowControl } from './replay-flow.js';

/** What a replay needs of the running service; opened only when the arguments are right. */
export interface ReplayTarget {
  readonly topic: string;
  readonly producer: LogProducer;
  readonly flow: FlowControl;
  /** Ids of the bootstrapped domain and project, for `--own`. */
  own(): Promise<{ domainId: string; projectId: string }>;
  close(): Promise<void>;
}

export interface ReplayContext {
  readonly now: () => number;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly open: () => Promise<ReplayTarget>;
}

interface Tally {
  published: number;
  failed: number;
}

/** Records of one produce request: few enough to stay below every broker's request limit. */
const BATCH_RECORDS = 200;
const BATCH_BYTES = 512 * 1024;
const PROGRESS_MS = 2_000;

/** Exit code: 0 all published, 1 some were not, 2 wrong usage. The last line on stdout is the result. */
export async function replayCommand(args: readonly string[], context: ReplayContext): Promise<number> {
  const parsed = parseReplayArguments(args, context.now());
  if (!parsed.ok) {
    context.stderr(`${parsed.problems.join('\n')}\n${REPLAY_USAGE}`);
    return 2;
  }
  const lines = await readLines(parsed.value.files);
  const newest = newestTime(lines);
  const shiftMs = parsed.value.endAtMs === null ? 0 : shiftTo(parsed.value.endAtMs, newest);
  const tally: Tally = { published: 0, failed: 0 };
  if (parsed.value.dryRun && !parsed.value.own) {
    tally.published = publishDry(lines, parsed.value, { shiftMs, eachAtMs: parsed.value.eachAtMs, own: null });
  } else {
    await publishTo(lines, parsed.value, shiftMs, tally, context);
  }
  const endAt = parsed.value.eachAtMs ?? (newest === null ? null : newest + shiftMs);
  context.stdout(JSON.stringify({ ...tally, end_at: endAt, shift_ms: shiftMs }));
  return tally.failed === 0 ? 0 : 1;
}

async function publishTo(
  lines: readonly string[],
  wanted: ReplayArguments,
  shiftMs: number,
  tally: Tally,
  context: ReplayContext,
): Promise<void> {
  const target = await context.open();
  try {
    const change: ReplayChange = { shiftMs, eachAtMs: wanted.eachAtMs, own: wanted.own ? await target.own() : null };
    if (wanted.dryRun) tally.published = publishDry(lines, wanted, change);
    else await publish(recordsOf(lines, wanted, change), wanted, target, tally, context);
  } finally {
    await target.close();
  }
}

/** Does everything but send. */
function publishDry(lines: readonly string[], wanted: ReplayArguments, change: ReplayChange): number {
  let count = 0;
  for (const record of recordsOf(lines, wanted, change)) count += record.value === null ? 0 : 1;
  return count;
}

/** Repeated copies get fresh ids, else they would be duplicates of the first. */
function* recordsOf(
  lines: readonly string[],
  wanted: ReplayArguments,
  change: ReplayChange,
): Generator<OutgoingRecord> {
  const node = randomBytes(8).toString('hex');
  let sequence = 0;
  for (let copy = 0; copy < wanted.repeat; copy++)
    for (const line of lines) {
      const moved = transformLine(line, change);
      const value = wanted.repeat === 1 ? moved : withFreshId(moved, sequence++, node);
      yield { key: replayKey(value), value };
    }
}

async function publish(
  records: Iterable<OutgoingRecord>,
  wanted: ReplayArguments,
  target: ReplayTarget,
  tally: Tally,
  context: ReplayContext,
): Promise<void> {
  const started = context.now();
  let toldAt = started;
  for (const batch of batches(records)) {
    await target.flow.waitForRoom();
    await send(batch, target, tally, context);
    if (wanted.rate !== null)
      await pause(Math.max(0, started + (tally.published / wanted.rate) * 1_000 - context.now()));
    if (context.now() - toldAt >= PROGRESS_MS) {
      toldAt = context.now();
      context.stderr(`${String(tally.published)} published`);
    }
  }
}

async function send(
  batch: readonly OutgoingRecord[],
  target: ReplayTarget,
  tally: Tally,
  context: ReplayContext,
): Promise<void> {
  try {
    const acknowledged = await target.producer.send(target.topic, batch);
    target.flow.sent(acknowledged, batch);
    tally.published += batch.length;
  } catch (error) {
    tally.failed += batch.length;
    context.stderr(
      `${String(batch.length)} records could not be published: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function* batches(records: Iterable<OutgoingRecord>): Generator<OutgoingRecord[]> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.value?.length ?? 0;
    if (batch.length > 0 && (batch.length === BATCH_RECORDS || bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
