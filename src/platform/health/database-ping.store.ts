/** Asks Postgres whether it answers, on each of the two pools. */
import type { Database } from '../database/database.js';

/** The shortest statement there is: what is asked for is the connection. */
const PING = 'SELECT 1';

/**
 * Rejects when either pool has no connection to give, or its server does not answer. Both are asked: the searching pool may
 * be exhausted while the writing one is idle, and the other way round.
 */
export async function pingDatabase(database: Database): Promise<void> {
  await Promise.all([database.query(PING), database.read(PING)]);
}
