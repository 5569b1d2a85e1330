/** One embedded Postgres for all integration suites; each suite makes its own database in it (see `database.ts`). */
import './resolve-typescript.cjs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';

export default async function globalSetup(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  process.env.TEST_DATABASE_URL = postgres.url;
  globalThis.quaestorTestStack = { dataDir, postgres };
}
