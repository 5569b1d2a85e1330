/** `postmaster.pid` of a data directory: who wrote it, and whether that process still serves the directory. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess, factsOf, type ProcessFacts, systemCode } from './processes.js';

/** Fast shutdown, then immediate (the next start recovers from the WAL), then death. */
export const shutdownLadder = [
  ['SIGINT', 15_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const;

function readPid(file: string): number | undefined {
  try {
    // Its first line is the id; a standalone backend writes it negated (miscinit.c, CreateLockFile).
    const pid = Math.abs(Number.parseInt(readFileSync(file, 'utf8'), 10));
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A number in a stale file may by now belong to anybody: only a `postgres` on this very directory counts. */
function serves({ command, cwd }: ProcessFacts, clusterDir: string): boolean {
  const isPostgres = /(^|[/\\])postgres(\.exe)?( |$)/.test(command);
  return isPostgres && (cwd === clusterDir || `${command} `.includes(` -D ${clusterDir} `));
}

/** Id of the postmaster that serves `clusterDir`, an orphan of an earlier run if there is one. */
export function runningPostmaster(clusterDir: string): number | undefined {
  const pid = readPid(join(clusterDir, 'postmaster.pid'));
  const facts = pid === undefined ? undefined : factsOf(pid);
  return facts && serves(facts, clusterDir) ? pid : undefined;
}

/**
 * Frees the directory for a new postmaster: ends an orphan in order, and removes a file whose number was given to a stranger,
 * by which Postgres would be kept from starting. A file whose process is gone is left: Postgres itself then looks, by the
 * shared memory named in it, for backends that are still writing.
 */
export async function freeClusterDirectory(clusterDir: string, log: (line: string) => void): Promise<void> {
  const file = join(clusterDir, 'postmaster.pid');
  const orphan = runningPostmaster(clusterDir);
  if (orphan !== undefined) {
    log(`Stopping the Postgres that an earlier run left behind (process ${orphan})`);
    await endProcess(orphan, shutdownLadder);
    return;
  }
  const pid = readPid(file);
  if (pid === undefined) {
    // Empty or torn: a crash of the machine in the middle of writing it.
    rmSync(file, { force: true });
    return;
  }
  // Postgres asks only whether a process of that number can be signalled; a zombie can, too.
  if (!isFree(pid)) {
    log(`Removing a stale ${file}: process ${pid} is not its Postgres`);
    rmSync(file, { force: true });
  }
}

function isFree(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}
