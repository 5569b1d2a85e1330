/** The files of the embedded Postgres: its password, and its data directory, which is there whole or not at all. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { databaseName } from './database.store.js';
import { type PostgresBinaries } from './postgres-binaries.js';
import { textOf } from './processes.js';
import { giveTo, type UserIds } from './run-as.js';
import { EmbeddedStackError } from './stack-error.js';
import { watch } from './watchdog.js';

const majorVersion = '18';
const initdbTimeoutMs = 120_000;
const unfinished = 'postgres.init-';

export interface ClusterFiles {
  readonly dataDir: string;
  /** Postgres' own data directory. */
  readonly clusterDir: string;
  /** What the server says; without statements and values, which may hold secrets. */
  readonly logFile: string;
}

export function clusterFiles(dataDir: string): ClusterFiles {
  return { dataDir, clusterDir: join(dataDir, 'postgres'), logFile: join(dataDir, 'postgres.log') };
}

/** Environment of the Postgres programs: nothing of ours, so that no `PG…` variable and no foreign locale reaches them. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot !== undefined && { SystemRoot }) };
}

/** Random text that needs no quoting in a URL; generated once, before the cluster that is made with it. */
function readOrMakePassword({ dataDir, clusterDir }: ClusterFiles): string {
  const file = join(dataDir, 'postgres.password');
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (kept !== '') return kept;
  if (existsSync(clusterDir)) {
    throw new EmbeddedStackError(
      `${file} is missing, and ${clusterDir} opens with no other password. Restore the file, or delete both to start anew.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return password;
}

function isWhole(clusterDir: string): boolean {
  return existsSync(join(clusterDir, 'PG_VERSION')) && existsSync(join(clusterDir, 'global', 'pg_control'));
}

function removeUnfinished(dataDir: string, log: (line: string) => void): void {
  for (const name of readdirSync(dataDir).filter((entry) => entry.startsWith(unfinished))) {
    try {
      rmSync(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      // An orphaned initdb may still be writing there. It is in nobody's way, and the next start tries again.
      log(`${join(dataDir, name)} cannot be removed yet: ${String(error)}`);
    }
  }
}

/** `initdb` into a folder of its own, then one rename: a cluster that an interruption left half-made is never found. */
async function initialize(
  files: ClusterFiles,
  binaries: PostgresBinaries,
  password: string,
  user?: UserIds,
): Promise<void> {
  const workDir = join(files.dataDir, `${unfinished}${process.pid}-${randomBytes(4).toString('hex')}`);
  const passwordFile = join(workDir, 'password');
  mkdirSync(workDir, { mode: 0o700 });
  try {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user) giveTo(workDir, user);
    const args = ['-D', join(workDir, 'data'), `--username=${databaseName}`, `--pwfile=${passwordFile}`];
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    const options = { cwd: dirname(binaries.initdb), env: postgresEnvironment(), timeout: initdbTimeoutMs, ...user };
    const initdb = promisify(execFile)(binaries.initdb, [...args, ...settings], options);
    const watchdog = initdb.child.pid === undefined ? undefined : watch(initdb.child.pid, 'TERM');
    await initdb.finally(() => watchdog?.dismiss());
    renameSync(join(workDir, 'data'), files.clusterDir);
  } catch (error) {
    const said = textOf(error, 'stderr')?.trim() || String(error);
    const advice = said.includes('could not look up effective user')
      ? '. Postgres wants its user to have a name: start as a user with an account or as root, or set DATABASE_URL.'
      : '';
    throw new EmbeddedStackError(`initdb failed: ${said}${advice}`, { cause: error });
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/**
 * Makes the cluster when there is none. What lies in its place without being whole is moved aside, not deleted.
 * @returns the password of the role {@link databaseName}.
 */
export async function prepareCluster(
  files: ClusterFiles,
  binaries: PostgresBinaries,
  user: UserIds | undefined,
  log: (line: string) => void,
): Promise<string> {
  const { clusterDir, dataDir } = files;
  removeUnfinished(dataDir, log);
  if (existsSync(clusterDir) && !isWhole(clusterDir)) {
    const aside = `${clusterDir}.incomplete-${Date.now()}`;
    renameSync(clusterDir, aside);
    log(`${clusterDir} is no complete Postgres data directory; moved to ${aside}`);
  }
  const password = readOrMakePassword(files);
  if (!existsSync(clusterDir)) {
    log(`Creating a Postgres data directory in ${clusterDir}`);
    await initialize(files, binaries, password, user);
  }
  const version = readFileSync(join(clusterDir, 'PG_VERSION'), 'utf8').trim();
  if (version !== majorVersion) {
    throw new EmbeddedStackError(
      `${clusterDir} was made by Postgres ${version}; this is ${majorVersion}. Choose another DATA_DIR, or dump and restore.`,
    );
  }
  // A copy of the directory may have lost the owner and the mode on which Postgres insists.
  if (user) giveTo(clusterDir, user);
  chmodSync(clusterDir, 0o700);
  return password;
}
