/** `start`: how long `npm start` takes on data that is there, and what the whole stack costs when it has nothing to do (Linux only). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { machineFacts, type Report } from './report.js';
import { cpuMsOf } from './service-process.js';
import { median } from './statistics.js';

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url));
const START_LIMIT_MS = 180_000;
const STARTS = 3;
/** Until what a start leaves behind is done. */
const SETTLE_MS = 10_000;
const IDLE_MS = 20_000;

export async function benchStart(): Promise<Report> {
  const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-bench-'));
  try {
    const first = await start(dataDir);
    const version = await postgresVersion(first.databaseUrl);
    await first.stop();
    const seconds: number[] = [];
    let idle = { cpuPercent: Number.NaN, memoryMib: Number.NaN, serviceMib: Number.NaN };
    for (let count = 0; count < STARTS; count++) {
      const stack = await start(dataDir);
      seconds.push(stack.seconds);
      if (count === STARTS - 1) idle = await idleOf(stack.pid);
      await stack.stop();
    }
    const measurements = [
      { name: 'start', values: { firstSeconds: first.seconds, seconds: median(seconds) } },
      { name: 'idle', values: idle },
    ];
    const figures = [
      { name: 'npm start on an empty directory, until ready', value: first.seconds, unit: 's' },
      { name: 'npm start on existing data, until ready', value: median(seconds), unit: 's' },
      { name: 'idle: processor time of the whole stack', value: idle.cpuPercent, unit: '% of one core' },
      { name: 'idle: memory of the whole stack, shared pages once', value: idle.memoryMib, unit: 'MiB' },
      { name: 'idle: memory of the service alone', value: idle.serviceMib, unit: 'MiB' },
    ];
    for (const { name, value, unit } of figures) console.error(`${name}: ${value.toFixed(2)} ${unit}`);
    return { name: 'start', machine: machineFacts(version), comparisons: [], measurements, figures };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface RunningStack {
  readonly pid: number;
  readonly seconds: number;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/** What `npm start` runs, with everything compiled and installed; Postgres and Kafka embedded. */
async function start(dataDir: string): Promise<RunningStack> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [RUN, 'start'], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
  });
  const stop = async (): Promise<void> => {
    const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const { http, database } = await ready(child, join(dataDir, 'runtime.json'));
    const limit = performance.now() + START_LIMIT_MS;
    while ((await fetch(`${http}/readyz`)).status !== 200) {
      if (performance.now() > limit) throw new Error('the service is not ready');
      await pause(20);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    return { pid: child.pid ?? 0, seconds, databaseUrl: database, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(child: ChildProcess, file: string): Promise<{ http: string; database: string }> {
  const limit = performance.now() + START_LIMIT_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${String(child.exitCode)}`);
    if (performance.now() > limit) throw new Error('the service did not start');
    await pause(20);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as { http: string; database: string };
}

async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return rows[0]?.server_version ?? 'unknown';
}

async function idleOf(pid: number): Promise<{ cpuPercent: number; memoryMib: number; serviceMib: number }> {
  await pause(SETTLE_MS);
  const processes = treeOf(pid);
  const before = new Map(processes.map((one) => [one, cpuMsOf(one)]));
  await pause(IDLE_MS);
  const alive = treeOf(pid);
  const spent = alive.reduce((sum, one) => sum + cpuMsOf(one) - (before.get(one) ?? 0), 0);
  return {
    cpuPercent: (100 * spent) / IDLE_MS,
    memoryMib: alive.reduce((sum, one) => sum + memoryOf(one), 0),
    serviceMib: memoryOf(pid),
  };
}

/** The process and all that descend from it. */
function treeOf(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): [number, number][] => {
      const parent = parentOf(Number(name));
      return parent === null ? [] : [[Number(name), parent]];
    });
  const found = [root];
  for (const one of found) found.push(...parents.filter(([, parent]) => parent === one).map(([pid]) => pid));
  return found;
}

/** Null of a process that has just ended. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** Proportional set size in MiB: a page that several processes share is counted once among them. */
function memoryOf(pid: number): number {
  const found = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'));
  return Number(found?.[1] ?? Number.NaN) / 1_024;
}
