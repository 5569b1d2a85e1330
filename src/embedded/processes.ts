/** Questions about, and signals to, processes that may not be our children: orphans of an earlier run, holders of a lock. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;
const psTimeoutMs = 5_000;

/** What the system tells about a running process. `cwd` is absent where we may not see it. */
export interface ProcessFacts {
  /** Opaque; two processes that had the same id one after the other differ in it. */
  readonly startedAt: string;
  /** The arguments joined by spaces. */
  readonly command: string;
  readonly cwd?: string;
}

/** A text that an error carries beside its message: `code`, or `stderr` of a program that failed. */
export function textOf(error: unknown, name: 'code' | 'stderr' | 'stdout'): string | undefined {
  // Not by `instanceof`: an error of Node itself has another `Error` above it where a test runs in a context of its own.
  if (typeof error !== 'object' || error === null || !(name in error)) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}

/** The code of a system error such as `ENOENT`, or of Postgres; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return textOf(error, 'code');
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function linuxFacts(pid: number): ProcessFacts | undefined {
  const stat = unlessGone(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // proc(5): "pid (name) state …"; the name may hold anything, so fields are counted from its closing parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not asked yet.
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const commandLine = unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return {
    startedAt: fields[19] ?? '',
    command: commandLine.split('\0').join(' ').trim(),
    cwd: unlessGone(() => readlinkSync(`/proc/${pid}/cwd`)),
  };
}

function psFacts(pid: number): ProcessFacts | undefined {
  const columns = ['-o', 'stat=', '-o', 'lstart=', '-o', 'command=', '-p', String(pid)];
  const line = unlessGone(() => execFileSync('ps', columns, { encoding: 'utf8', timeout: psTimeoutMs }).trim());
  const match = /^(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line ?? '');
  if (!match || match[1]?.startsWith('Z')) return undefined;
  return { startedAt: match[2] ?? '', command: match[3] ?? '' };
}

/** Facts of the running process `pid`; undefined when there is none (a zombie counts as none). */
export function factsOf(pid: number): ProcessFacts | undefined {
  if (!exists(pid)) return undefined;
  return process.platform === 'linux' ? linuxFacts(pid) : psFacts(pid);
}

/** Sends a signal; a process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** Whether the process, child or not, has ended within `timeoutMs`. */
export async function endsWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (factsOf(pid) !== undefined) {
    if (Date.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

/**
 * Ends a process by ever harder signals, each with its own patience in ms.
 * @throws when it outlived the last one.
 */
export async function endProcess(pid: number, ladder: readonly (readonly [NodeJS.Signals, number])[]): Promise<void> {
  for (const [name, patienceMs] of ladder) {
    signal(pid, name);
    if (await endsWithin(pid, patienceMs)) return;
  }
  throw new Error(`Process ${pid} does not end, not even by ${ladder.at(-1)?.[0]}`);
}
