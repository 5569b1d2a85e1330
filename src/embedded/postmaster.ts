/** Launches a postmaster on a prepared data directory and waits until it answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf, hasEnded } from './child-process.js';
import { ensureDatabase } from './database.store.js';
import { freePort } from './free-port.js';
import { type PostgresBinaries } from './postgres-binaries.js';
import { type ClusterFiles, postgresEnvironment } from './postgres-cluster.js';
import { endProcess, endsWithin, systemCode } from './processes.js';
import { type UserIds } from './run-as.js';
import { EmbeddedStackError } from './stack-error.js';
import { watch } from './watchdog.js';

/** Recovery after a crash replays at most about `max_wal_size`; a slow disk may need this long. */
const readyTimeoutMs = 90_000;
const probeMs = 25;
const foreignPatienceMs = 3_000;
const launches = 20;
const relaunchMs = 500;
const maxLogBytes = 10 * 1024 * 1024;

/** For a small machine. Logs name neither statements nor values (`terse` drops DETAIL), which may hold secrets. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

export interface LaunchPlan {
  readonly files: ClusterFiles;
  readonly binaries: PostgresBinaries;
  readonly user: UserIds | undefined;
  readonly password: string;
  /** Absent: any free one. */
  readonly port: number | undefined;
  /** Whether the server stops when this process dies without having stopped it. */
  readonly endWithParent: boolean;
}

export interface Postmaster {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly port: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>;
}

function openLog(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

async function spawnDetached(path: string, args: string[], logFile: string, user?: UserIds): Promise<ChildProcess> {
  const log = openLog(logFile);
  try {
    // Detached: Ctrl-C in the terminal reaches us alone, and we stop it in order.
    const child = spawn(path, args, {
      cwd: dirname(path),
      env: postgresEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
      ...user,
    });
    await once(child, 'spawn');
    child.unref();
    return child;
  } catch (error) {
    throw new EmbeddedStackError(`${path} cannot be started: ${String(error)}`, { cause: error });
  } finally {
    closeSync(log);
  }
}

async function launch({ files, binaries, user, port, endWithParent }: LaunchPlan): Promise<Postmaster> {
  const chosenPort = port ?? (await freePort());
  const args = ['-D', files.clusterDir, '-p', String(chosenPort)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  const child = await spawnDetached(binaries.postgres, args, files.logFile, user);
  const pid = child.pid ?? 0;
  const exited = endOf(child);
  const watchdog = endWithParent ? watch(pid, 'INT') : undefined;
  void exited.then(() => watchdog?.dismiss());
  return { process: child, pid, port: chosenPort, exited };
}

/** Polls until the server answers with our password: true; or has ended: false. */
async function answers(postmaster: Postmaster, password: string): Promise<boolean> {
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    if (hasEnded(postmaster.process)) return false;
    try {
      await ensureDatabase({ port: postmaster.port, password });
      return !hasEnded(postmaster.process);
    } catch (error) {
      // A foreign Postgres on a port that ours could not get says the same; ours then ends.
      if (systemCode(error) === '28P01' && !(await endsWithin(postmaster.pid, foreignPatienceMs))) {
        throw new EmbeddedStackError('The embedded Postgres refuses the password kept in postgres.password.', {
          cause: error,
        });
      }
      if (Date.now() >= deadline) {
        throw new EmbeddedStackError(`The embedded Postgres is not ready after ${readyTimeoutMs / 1000} s.`, {
          cause: error,
        });
      }
      await sleep(probeMs);
    }
  }
}

/** What the last launch wrote, from the byte `start` on. */
function logSince(file: string, start: number): string {
  const content = readFileSync(file);
  return content
    .subarray(content.length >= start ? start : 0)
    .toString('utf8')
    .trim();
}

/** Causes that pass by themselves: another program took the port, or backends of a killed postmaster are still ending. */
function passes(said: string, portIsFixed: boolean): boolean {
  if (/pre-existing shared memory block|lock file "postmaster\.pid" already exists/.test(said)) return true;
  return !portIsFixed && /could not bind|could not create any TCP\/IP sockets/.test(said);
}

/**
 * Starts the server and returns when it answers.
 * @throws EmbeddedStackError with the end of the server's log when it does not come up.
 */
export async function launchPostmaster(plan: LaunchPlan): Promise<Postmaster> {
  const { logFile } = plan.files;
  for (let attempt = 1; ; attempt++) {
    const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    const postmaster = await launch(plan);
    try {
      if (await answers(postmaster, plan.password)) return postmaster;
    } catch (error) {
      await endProcess(postmaster.pid, [
        ['SIGQUIT', 5_000],
        ['SIGKILL', 5_000],
      ]);
      throw error;
    }
    const said = logSince(logFile, logStart);
    if (attempt >= launches || !passes(said, plan.port !== undefined)) {
      throw new EmbeddedStackError(`The embedded Postgres does not start. It said:\n${said.slice(-2_000)}`);
    }
    await sleep(relaunchMs * (0.75 + Math.random() / 2));
  }
}
