/** One service per data directory: lock files that name their owner, and that an owner's death leaves open to the next. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { factsOf, systemCode } from './processes.js';
import { EmbeddedStackError } from './stack-error.js';

const attempts = 20;
const retryMs = 50;

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
}

export interface DataLock {
  /** Opens the directory to others. Doing so twice is harmless. */
  release(): void;
}

function myself(): Owner {
  return { pid: process.pid, startedAt: factsOf(process.pid)?.startedAt ?? '' };
}

/** The owner that a lock file names; undefined when it is missing, or when its maker died (or is) in the middle of writing. */
function readOwner(path: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return undefined;
    return { pid: Number(value.pid), startedAt: String(value.startedAt) };
  } catch {
    return undefined;
  }
}

/** A pid alone would take a stranger, to whom the system gave the number of a dead owner, for the owner. */
function lives(owner: Owner): boolean {
  return factsOf(owner.pid)?.startedAt === owner.startedAt;
}

function create(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o644);
    writeSync(file, JSON.stringify(myself()));
    closeSync(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a lock without a living owner away; puts it back when another process had just made it its own. */
function removeStale(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const owner = readOwner(aside);
  if (owner && lives(owner)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

/**
 * Makes `path` ours.
 * @throws EmbeddedStackError when a living process holds it; `what` says in its message what is in use.
 */
export function acquireLock(path: string, what: string): DataLock {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (create(path)) return { release: () => releaseOwn(path) };
    const owner = readOwner(path);
    if (owner && lives(owner)) {
      throw new EmbeddedStackError(
        `${what} is in use by process ${owner.pid}${owner.pid === process.pid ? ' (this one)' : ''}. ` +
          'Stop that service, or choose another directory with DATA_DIR.',
      );
    }
    // A file without an owner may be in the making: it gets half of the attempts to become readable.
    if (owner || attempt > attempts / 2) removeStale(path);
    else pause(retryMs);
  }
  throw new EmbeddedStackError(`${path} cannot be made ours: other processes keep taking it. Try again.`);
}

/** Blocks: it happens only when two starts meet within a millisecond, and spares every caller an `await`. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function releaseOwn(path: string): void {
  if (readOwner(path)?.pid === process.pid) rmSync(path, { force: true });
}

/**
 * Reserves the data directory, made when absent, for this process: a second service on it gets a clear error.
 * The lock of a process that died, however it died, is taken over.
 */
export function lockDataDirectory(dataDir: string): DataLock {
  mkdirSync(dataDir, { recursive: true });
  return acquireLock(join(dataDir, 'service.lock'), `The data directory ${dataDir}`);
}
