/**
 * `export`: a whole export by a fresh API process: its rows, its time against a COPY of the same rows to a bare client, and
 * how far its resident memory grows; then what a reader of 1 KB/s costs retention. 1,000,000 traces unless told otherwise.
 */
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { to as copyTo } from 'pg-copy-streams';
import { DAY_MS } from '../src/kernel/clock.js';
import type { Credentials } from '../src/identity/index.js';
import { DayPartitions } from '../src/traces/day-partitions.store.js';
import { LogReader } from '../src/traces/log-reader.service.js';
import { RetentionService } from '../src/traces/retention.service.js';
import { signIn } from './bench-caller.js';
import { type BenchStack, firstAdministrator, openBenchStack, pretendBroker } from './bench-stack.js';
import { machineFacts, type Measurement, type Report } from './report.js';
import { peakDuring, type ServiceProcess, startService } from './service-process.js';
import { workload } from './workload.js';

const TRACES = 1_000_000;
const BATCH = 20_000;
const MIB = 2 ** 20;
/** What a process has done before its first export: a login, and these searches of 50 traces. */
const SEARCHES = 5;
const SLOW_BYTES = 1_024;
const SLOW_PAUSE_MS = 1_000;

export async function benchExport(traces = TRACES): Promise<Report> {
  const stack = await openBenchStack();
  try {
    const credentials = await firstAdministrator(stack.app);
    await fill(stack, traces, credentials);
    const copySeconds = await copyAll(stack);
    const measurements: Measurement[] = [];
    for (const format of ['ndjson', 'csv'] as const)
      measurements.push(...(await inFreshProcess(stack, credentials, format, copySeconds)));
    measurements.push(await retentionAlone(stack), await retentionBesideReader(stack, credentials));
    for (const { name, values } of measurements) console.log(`${name}: ${JSON.stringify(values)}`);
    return { name: 'export', machine: machineFacts(stack.postgresVersion), comparisons: [], measurements };
  } finally {
    await stack.close();
  }
}

async function fill(stack: BenchStack, traces: number, { domain }: Credentials): Promise<void> {
  const shape = { traces, domains: 1, projectsPerDomain: 4, usersPerDomain: 50, resourcesPerDomain: 500 };
  pretendBroker(stack.app, new Map([[0, BigInt(traces)]]));
  const reader = stack.app.get(LogReader, { strict: false });
  const control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
  const handle = (values: readonly Buffer[], from: number) =>
    reader.handle(
      {
        topic: 'bench',
        partition: 0,
        highWatermark: BigInt(traces),
        records: values.map((value, index) => ({
          offset: BigInt(from + index),
          key: null,
          value,
          timestampMs: 0,
          headers: {},
        })),
      },
      control,
    );
  let [batch, done]: [Buffer[], number] = [[], 0];
  for (const text of workload({ ...shape, endAt: Date.now(), spanMs: 6 * DAY_MS })) {
    const event = JSON.parse(text) as Record<string, unknown>;
    batch.push(Buffer.from(JSON.stringify({ ...event, domain_id: domain.id })));
    if (batch.length < BATCH && done + batch.length < traces) continue;
    await handle(batch, done);
    done += batch.length;
    batch = [];
  }
  await stack.bare.query('VACUUM ANALYZE traces');
}

/** Seconds of the shortest way to the same rows: no order, no rendering, no HTTP. */
async function copyAll({ bare }: BenchStack): Promise<number> {
  const startedAt = performance.now();
  for await (const _ of bare.query(copyTo('COPY (SELECT * FROM traces) TO STDOUT')));
  return (performance.now() - startedAt) / 1_000;
}

async function warmedUp(
  { url }: BenchStack,
  credentials: Credentials,
): Promise<{ service: ServiceProcess; token: string }> {
  const service = await startService(url);
  const token = await signIn(service.url, credentials);
  for (let count = 0; count < SEARCHES; count++) {
    const answer = await fetch(`${service.url}/v1/traces?limit=50`, { headers: { 'x-auth-token': token } });
    await answer.arrayBuffer();
  }
  return { service, token };
}

/** The first export of a process, and the second of the same. */
async function inFreshProcess(
  stack: BenchStack,
  credentials: Credentials,
  format: 'ndjson' | 'csv',
  copySeconds: number,
): Promise<Measurement[]> {
  const { service, token } = await warmedUp(stack, credentials);
  try {
    const found: Measurement[] = [];
    for (const which of ['first', 'second']) {
      const before = service.rss();
      const startedAt = performance.now();
      const { peak, result } = await peakDuring(service, async () => rowsOf(await open(service, token, format)));
      const seconds = (performance.now() - startedAt) / 1_000;
      found.push({
        name: `${which} ${format} export of a process`,
        values: {
          rows: result.rows,
          mib: result.bytes / MIB,
          seconds,
          rowsPerSecond: result.rows / seconds,
          timesCopy: copySeconds / seconds,
          rssBeforeMib: before / MIB,
          rssPeakMib: peak / MIB,
          rssGrowthMib: (peak - before) / MIB,
        },
      });
    }
    return found;
  } finally {
    await service.stop();
  }
}

function open({ url }: ServiceProcess, token: string, format: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-auth-token': token };
    get(`${url}/v1/traces/export?format=${format}`, { headers, agent: false }, resolve).on('error', reject);
  });
}

/** @throws Error where the trailer does not tell as many rows as there were lines */
async function rowsOf(response: IncomingMessage): Promise<{ rows: number; bytes: number }> {
  let [lines, bytes] = [0, 0];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  const rows = Number(response.trailers['x-exported-count']);
  const around = response.headers['content-type']?.includes('csv') === true ? 2 : 1;
  if (response.statusCode !== 200 || lines !== rows + around)
    throw new Error(`status ${String(response.statusCode)}, ${String(lines)} lines of ${String(rows)} rows`);
  return { rows, bytes };
}

/** Two days that are over, with nothing in them: what matters is the lock that their leaving needs. */
async function dropOldDays({ app }: BenchStack): Promise<{ seconds: number; dropped: number }> {
  await app.get(DayPartitions, { strict: false }).ensure(Date.now() - 10 * DAY_MS, Date.now() - 9 * DAY_MS);
  const startedAt = performance.now();
  const done = await app.get(RetentionService, { strict: false }).run('command');
  const seconds = (performance.now() - startedAt) / 1_000;
  if (done === null || done.problems.length > 0)
    throw new Error(`retention could not run: ${done?.problems.join('; ') ?? 'another run is under way'}`);
  return { seconds, dropped: done.dropped.length };
}

async function retentionAlone(stack: BenchStack): Promise<Measurement> {
  return { name: 'retention with nobody reading', values: await dropOldDays(stack) };
}

async function retentionBesideReader(stack: BenchStack, credentials: Credentials): Promise<Measurement> {
  const { service, token } = await warmedUp(stack, credentials);
  try {
    const response = await open(service, token, 'ndjson');
    const reading = { bytes: 0, on: true };
    const reader = (async () => {
      while (reading.on) {
        const chunk = response.read(SLOW_BYTES) as Buffer | null;
        reading.bytes += chunk?.length ?? 0;
        await pause(SLOW_PAUSE_MS);
      }
    })();
    await pause(5 * SLOW_PAUSE_MS);
    const values = await dropOldDays(stack);
    const readMeanwhile = reading.bytes;
    reading.on = false;
    await reader;
    const isOpen = !response.destroyed && !response.complete;
    response.destroy();
    if (readMeanwhile === 0 || !isOpen) throw new Error('the slow reader did not read');
    return { name: 'retention beside an export read at 1 KB/s', values: { ...values, bytesRead: readMeanwhile } };
  } finally {
    await service.stop();
  }
}
