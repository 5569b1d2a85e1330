import type { EmbeddedPostgres } from '../../src/embedded/postgres.js';

declare global {
  /** The Postgres that `global-setup.ts` started and `global-teardown.ts` stops. */
  var quaestorTestStack: { dataDir: string; postgres: EmbeddedPostgres } | undefined;
}
