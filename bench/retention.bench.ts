/**
 * `retention`: a day of traces leaves while others are stored, against DELETE of as many; and what a stored trace costs on
 * disk, by table and index. A million traces unless told otherwise.
 */
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DAY_MS, HOUR_MS } from '../src/kernel/clock.js';
import { dayPartition } from '../src/traces/day-partition.js';
import { DayPartitions } from '../src/traces/day-partitions.store.js';
import { LogReader } from '../src/traces/log-reader.service.js';
import { parseRecord } from '../src/traces/parsed-record.js';
import { RetentionService } from '../src/traces/retention.service.js';
import type { IncomingTrace } from '../src/traces/stored-trace.js';
import { COPY_TRACES, encodeRows } from '../src/traces/trace-rows.store.js';
import { type BenchStack, openBenchStack, pretendBroker, recordsOf } from './bench-stack.js';
import type { Figure } from './figure.js';
import { fillByIngest } from './ingest-fill.js';
import { machineFacts, type Measurement, type Report } from './report.js';
import { INSTALLATION, workload } from './workload.js';

const TRACES = 1_000_000;
const ROWS_AT_A_TIME = 5_000;
/** What is stored meanwhile: many small batches, each of which would wait for a lock. */
const BATCH = 200;
const OLD_DAY = 9 * DAY_MS;
const QUIET_MS = 3_000;

export async function benchRetention(traces = TRACES): Promise<Report> {
  const stack = await openBenchStack();
  try {
    const stored = Math.min(traces, 200_000);
    await fillByIngest(
      stack,
      { traces: stored, ...INSTALLATION, endAt: Date.now(), spanMs: 6 * HOUR_MS },
      (text) => text,
    );
    await stack.bare.query('VACUUM ANALYZE traces');
    const disk = await bytesPerTrace(stack, stored);
    const alone = await beside(stack, () => new Promise((resolve) => setTimeout(resolve, QUIET_MS)));
    await fillOldDay(stack, traces);
    const left = await beside(stack, () => drop(stack));
    await fillOldDay(stack, traces);
    const deleted = await beside(stack, () => deleteOldDay(stack));
    const measurements: Measurement[] = [
      { name: 'storing with nothing else', values: alone },
      { name: `retention of ${String(traces)} traces while storing`, values: left },
      { name: `DELETE and VACUUM of ${String(traces)} traces while storing`, values: deleted },
      { name: 'bytes per trace', values: disk },
    ];
    for (const { name, values } of measurements) console.error(`${name}: ${JSON.stringify(values)}`);
    return {
      name: 'retention',
      machine: machineFacts(stack.postgresVersion),
      comparisons: [],
      measurements,
      figures: figuresOf(traces, { alone, left, deleted, disk }),
    };
  } finally {
    await stack.close();
  }
}

type Found = Readonly<Record<string, number>>;

function figuresOf(traces: number, found: Record<'alone' | 'left' | 'deleted' | 'disk', Found>): Figure[] {
  const { alone, left, deleted, disk } = found;
  const of = (values: Found, key: string): number => values[key] ?? Number.NaN;
  const day = `a day of ${traces.toLocaleString('en-US')} traces`;
  return [
    { name: `retention of ${day}`, value: of(left, 'seconds'), unit: 's' },
    { name: `DELETE and VACUUM of ${day}`, value: of(deleted, 'seconds'), unit: 's' },
    { name: 'longest batch with nothing else', value: of(alone, 'longestBatchMs'), unit: 'ms' },
    { name: 'longest batch during retention', value: of(left, 'longestBatchMs'), unit: 'ms' },
    { name: 'longest batch during DELETE', value: of(deleted, 'longestBatchMs'), unit: 'ms' },
    { name: 'WAL of retention', value: of(left, 'walMib'), unit: 'MiB' },
    { name: 'WAL of DELETE', value: of(deleted, 'walMib'), unit: 'MiB' },
    ...Object.entries(disk).map(([name, value]) => ({ name: `disk: ${name}`, value, unit: 'bytes a trace' })),
  ];
}

/** Stores small batches, one after the other, until `work` is done. */
async function beside(stack: BenchStack, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const reader = stack.app.get(LogReader, { strict: false });
  const control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
  const topic = `beside-${String(performance.now())}`;
  pretendBroker(stack.app, new Map([[0, 1_000_000_000n]]));
  const state = { on: true };
  const waits: number[] = [];
  const storing = (async () => {
    let offset = 0n;
    while (state.on) {
      const shape = { traces: BATCH, ...INSTALLATION, endAt: Date.now(), spanMs: 1_000 };
      const records = recordsOf([...workload(shape, waits.length + 1)].map((text) => Buffer.from(text)));
      const startedAt = performance.now();
      const placed = records.map((record) => ({ ...record, offset: record.offset + offset }));
      await reader.handle({ topic, partition: 0, highWatermark: 1_000_000_000n, records: placed }, control);
      waits.push(performance.now() - startedAt);
      offset += BigInt(records.length);
    }
  })();
  const walBefore = await walBytes(stack);
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const walMib = ((await walBytes(stack)) - walBefore) / 2 ** 20;
  state.on = false;
  await storing;
  return { seconds, longestBatchMs: Math.max(...waits), batches: waits.length, walMib };
}

async function walBytes({ bare }: BenchStack): Promise<number> {
  const { rows } = await bare.query<{ bytes: string }>("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS bytes");
  return Number(rows[0]?.bytes);
}

/** A day that is over: ingest would refuse its traces, so they are copied. */
async function fillOldDay(stack: BenchStack, traces: number): Promise<void> {
  const start = oldDay();
  const days = stack.app.get(DayPartitions, { strict: false });
  days.forget();
  await days.ensure(start, start + DAY_MS - 1);
  const client = new pg.Client({ connectionString: stack.url });
  await client.connect();
  try {
    let batch: IncomingTrace[] = [];
    let done = 0n;
    const shape = { traces, ...INSTALLATION, endAt: start + DAY_MS - 1, spanMs: DAY_MS - 1_000 };
    for (const text of workload(shape, 99)) {
      const record = { offset: done++, key: null, value: Buffer.from(text), timestampMs: 0, headers: {} };
      const { parsed, offset } = parseRecord(record);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      batch.push({ trace: parsed.trace, contentSha256: parsed.contentSha256, offset, verdict: null, seq: offset });
      if (batch.length < ROWS_AT_A_TIME && done < BigInt(traces)) continue;
      const bytes = Readable.from(encodeRows(batch, 0), { objectMode: false });
      await pipeline(bytes, client.query(copyFrom(COPY_TRACES)));
      batch = [];
    }
  } finally {
    await client.end();
  }
}

async function drop({ app }: BenchStack): Promise<void> {
  const done = await app.get(RetentionService, { strict: false }).run('command');
  if (done === null || done.problems.length > 0 || done.dropped.length === 0)
    throw new Error(`nothing was dropped: ${done?.problems.join('; ') ?? 'another run is under way'}`);
}

/** Without a VACUUM nothing of it is free again. */
async function deleteOldDay({ bare }: BenchStack): Promise<void> {
  const { name } = dayPartition('traces', oldDay());
  const { rowCount } = await bare.query(`DELETE FROM ${name}`);
  if (rowCount === 0) throw new Error('there was nothing to delete');
  await bare.query(`VACUUM ${name}`);
}

/** Start of the day, epoch ms. */
function oldDay(): number {
  return Math.floor((Date.now() - OLD_DAY) / DAY_MS) * DAY_MS;
}

/** Of the traces and their hourly counts, by the partitioned table or index. */
async function bytesPerTrace({ bare }: BenchStack, traces: number): Promise<Record<string, number>> {
  const { rows } = await bare.query<{ name: string; bytes: string }>(
    `SELECT parent.relname AS name, sum(CASE part.relkind WHEN 'r' THEN pg_table_size(part.oid) ELSE pg_relation_size(part.oid) END) AS bytes
     FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent JOIN pg_class part ON part.oid = i.inhrelid
     LEFT JOIN pg_index x ON x.indexrelid = parent.oid
     WHERE coalesce(x.indrelid, parent.oid) IN ('traces'::regclass, 'trace_rollups'::regclass)
     GROUP BY parent.relname ORDER BY 2 DESC`,
  );
  const each = rows.map(({ name, bytes }) => [name, Number(bytes) / traces] as const);
  return { ...Object.fromEntries(each), total: each.reduce((sum, [, bytes]) => sum + bytes, 0) };
}
