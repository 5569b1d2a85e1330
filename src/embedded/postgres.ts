/** Postgres 18 from npm packages, for development and tests: made, started, found again after a crash, and stopped in order. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { hasEnded } from './child-process.js';
import { acquireLock, type DataLock } from './data-lock.js';
import { urlOf } from './database.store.js';
import { findPostgresBinaries } from './postgres-binaries.js';
import { clusterFiles, prepareCluster } from './postgres-cluster.js';
import { freeClusterDirectory, shutdownLadder } from './postmaster-file.js';
import { launchPostmaster, type Postmaster } from './postmaster.js';
import { endProcess } from './processes.js';
import { assertReachable, openOwnFolder, userFor } from './run-as.js';

export interface EmbeddedPostgres {
  /** `postgres://…` with a superuser's password; never to be logged. */
  readonly url: string;
  /** Id of the postmaster. */
  readonly pid: number;
  /** Resolves when the postmaster has ended, also when nobody asked it to. */
  readonly exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, all is on disk when it resolves. Calling it twice is harmless. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Made when absent. Holds `postgres/`, `postgres.password` (0600) and `postgres.log`; one server at a time uses it. */
  readonly dataDir: string;
  readonly log?: (line: string) => void;
  /** Absent: any free one. */
  readonly port?: number;
  /**
   * Whether the server stops when this process dies without having stopped it (default), or stays until the next start on
   * this directory, which ends it first.
   */
  readonly endWithParent?: boolean;
}

function stopper(postmaster: Postmaster, lock: DataLock): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    postmaster.process.ref();
    if (!hasEnded(postmaster.process)) await endProcess(postmaster.pid, shutdownLadder);
    await postmaster.exited;
    lock.release();
  };
  return () => (stopped ??= stop());
}

/**
 * Starts Postgres on `dataDir`, whatever earlier runs left there: nothing, a half-made directory, a stale
 * `postmaster.pid`, or an orphaned server. As root it runs under another user id.
 * @throws EmbeddedStackError with a message that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const binaries = findPostgresBinaries();
  mkdirSync(options.dataDir, { recursive: true });
  const files = clusterFiles(realpathSync(options.dataDir));
  const user = userFor(files.clusterDir);
  if (user) {
    openOwnFolder(files.dataDir, user);
    for (const path of [binaries.postgres, join(files.dataDir, 'postgres')]) assertReachable(path, user);
  }
  const lock = acquireLock(join(files.dataDir, 'postgres.lock'), `The Postgres in ${files.dataDir}`);
  try {
    await freeClusterDirectory(files.clusterDir, log);
    const password = await prepareCluster(files, binaries, user, log);
    const { port, endWithParent = true } = options;
    const postmaster = await launchPostmaster({ files, binaries, user, password, port, endWithParent });
    const stop = stopper(postmaster, lock);
    log(`Postgres listens on 127.0.0.1:${postmaster.port} (process ${postmaster.pid})`);
    const url = urlOf({ port: postmaster.port, password });
    return { url, pid: postmaster.pid, exited: postmaster.exited, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}
