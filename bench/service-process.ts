/** The service in a process of its own on the database of a benchmark, whose memory and CPU can be watched (Linux only). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BENCH_KEY } from './bench-stack.js';

const START_LIMIT_MS = 60_000;
const SAMPLE_MS = 20;
const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

export interface ServiceProcess {
  readonly url: string;
  /** Resident memory now, in bytes. */
  rss(): number;
  /** Processor time so far, user and system, in ms. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export async function startService(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-bench-'));
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      ROLES: 'api',
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      ENCRYPTION_KEY: BENCH_KEY.toString('base64'),
      KAFKA_BROKERS: '127.0.0.1:1',
      LOG_LEVEL: 'warn',
      ...settings,
    },
  });
  const stop = async (): Promise<void> => {
    const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
    child.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const url = await listening(child, join(dataDir, 'runtime.json'));
    return { url, rss: () => rssOf(child.pid ?? 0), cpuMs: () => cpuMsOf(child.pid ?? 0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Greatest resident memory while `work` runs, beside what it answers. */
export async function peakDuring<T>(
  service: ServiceProcess,
  work: () => Promise<T>,
): Promise<{ peak: number; result: T }> {
  let peak = service.rss();
  const timer = setInterval(() => {
    peak = Math.max(peak, service.rss());
  }, SAMPLE_MS);
  try {
    return { result: await work(), peak };
  } finally {
    clearInterval(timer);
  }
}

async function listening(child: ChildProcess, file: string): Promise<string> {
  const limit = performance.now() + START_LIMIT_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${String(child.exitCode)}`);
    if (performance.now() > limit) throw new Error('the service did not start');
    await pause(50);
  }
  return (JSON.parse(readFileSync(file, 'utf8')) as { http: string }).http;
}

/** Linux counts in hundredths of a second. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10;
}

export function rssOf(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  if (found === null) throw new Error('the process tells no resident memory');
  return Number(found[1]) * 1_024;
}
