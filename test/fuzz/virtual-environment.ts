/** schemathesis from PyPI, in a virtual environment of its own outside the checkout, made once. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '4.32.5';
const MAKE_LIMIT_MS = 5 * 60_000;
const run = promisify(execFile);

/** Path of the program; throws with what is missing. */
export async function schemathesisProgram(log: (line: string) => void): Promise<string> {
  const cache = process.env['QUAESTOR_CACHE'] || join(homedir(), '.cache', 'quaestor');
  const folder = join(cache, `schemathesis-${VERSION}`);
  const program = join(folder, 'bin', 'schemathesis');
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return program;
  log(`Installing schemathesis ${VERSION} into ${folder}`);
  // An environment holds its own path, so it is made in place; the mark is written last.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', folder], { timeout: MAKE_LIMIT_MS });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`];
    await run(join(folder, 'bin', 'python'), install, { timeout: MAKE_LIMIT_MS });
  } catch (error) {
    throw new Error(`schemathesis cannot be installed (Python 3.10 or newer with venv is needed): ${String(error)}`, {
      cause: error,
    });
  }
  writeFileSync(whole, '');
  return program;
}
