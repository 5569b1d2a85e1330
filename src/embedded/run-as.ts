/** Under which user Postgres runs. It refuses root, so root lends it another user id, for which no account is needed. */
import { chmodSync, chownSync, lchownSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbeddedStackError } from './stack-error.js';

/** "nobody" on Linux; owns no file elsewhere. */
const borrowedId = 65534;

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The ids to run Postgres under; undefined: our own.
 * @throws EmbeddedStackError when we are an ordinary user and the existing cluster is another's.
 */
export function userFor(clusterDir: string): UserIds | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (own !== 0) {
    if (owner === undefined || owner.uid === own) return undefined;
    throw new EmbeddedStackError(
      `${clusterDir} belongs to user ${owner.uid}, and this process is user ${own}. ` +
        'Start as that user or as root, or choose another directory with DATA_DIR.',
    );
  }
  // Data that an ordinary user made stay that user's.
  return owner !== undefined && owner.uid !== 0
    ? { uid: owner.uid, gid: owner.gid }
    : { uid: borrowedId, gid: borrowedId };
}

/** Gives a folder and all in it to `user`. */
export function giveTo(folder: string, user: UserIds): void {
  chownSync(folder, user.uid, user.gid);
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, entry), user.uid, user.gid);
  }
}

function isTraversable(folder: string, { uid, gid }: UserIds): boolean {
  const found = statSync(folder);
  if (found.uid === uid) return (found.mode & 0o100) !== 0;
  if (found.gid === gid) return (found.mode & 0o010) !== 0;
  return (found.mode & 0o001) !== 0;
}

/** Lets others pass through our own data directory, which a umask or `mkdtemp` may have closed; what lies in it keeps its modes. */
export function openOwnFolder(dataDir: string, user: UserIds): void {
  if (!isTraversable(dataDir, user)) chmodSync(dataDir, statSync(dataDir).mode | 0o011);
}

/**
 * Proves that `user` can reach a file, which need not exist yet, in its folder, which must.
 * @throws EmbeddedStackError naming the first folder in the way, from the root, and what to do.
 */
export function assertReachable(path: string, user: UserIds): void {
  const folders: string[] = [];
  for (let folder = realpathSync(dirname(path)); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  const closed = folders.find((folder) => !isTraversable(folder, user));
  if (closed === undefined) return;
  throw new EmbeddedStackError(
    `Postgres refuses to run as root, so it runs as user ${user.uid}, who may not pass through ${closed} ` +
      `on the way to ${path}. Either move the checkout (or DATA_DIR) to a folder open to all, or allow it with ` +
      `chmod o+x '${closed}', or start as an ordinary user, or set DATABASE_URL to a Postgres of your own.`,
  );
}
