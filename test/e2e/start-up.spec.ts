/** Starts that cannot succeed: one clear message, and the exit code that tells configuration from circumstance. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, type Finished } from '../support/service.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'quaestor-start-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Lines for people: neither of the build nor of the structured log. */
const said = ({ stderr }: Finished): string[] =>
  stderr.split('\n').filter((line) => line !== '' && line !== 'Compiling …');

describe('a start', () => {
  it('with a broken configuration names every variable at fault, no value, and ends with 2', async () => {
    const finished = await command('start', [], {
      DATA_DIR: dataDir,
      PORT: 'eighty',
      ROLES: 'api,cook',
      DATABASE_URL: 'postgres://quaestor:hunter2@localhost/quaestor',
      RETENTION_DAYS: '0',
    });
    expect(finished.code).toBe(2);
    const [title, ...problems] = said(finished);
    expect(title).toBe('the configuration is not usable:');
    expect(problems.map((line) => /^ {2}([A-Z_]+)/.exec(line)?.[1]).sort()).toEqual([
      'PORT',
      'RETENTION_DAYS',
      'ROLES',
    ]);
    expect(finished.stdout + finished.stderr).not.toMatch(/hunter2|eighty/);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  }, 300_000);

  it('on a port that is taken says so, leaves nothing running, and ends with 1', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      const finished = await command('start', [], { DATA_DIR: dataDir, PORT: String(port) });
      expect(finished.code).toBe(1);
      expect(said(finished)).toEqual([expect.stringMatching(/^Quaestor could not start: .*/)]);
      expect(finished.stderr).toContain(String(port));
      expect(finished.stderr).toMatch(/in use/);
      expect(existsSync(join(dataDir, 'runtime.json'))).toBe(false);
      expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
    } finally {
      holder.close();
    }
  }, 300_000);
});
