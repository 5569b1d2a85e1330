/** Life with `ENCRYPTION_KEY`: another one starts nothing, and the exchange is a command. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, type Finished, resultOf, Service } from '../support/service.js';

describe('the encryption key', () => {
  const other = randomBytes(32).toString('base64');
  let dataDir: string;
  let environment: { DATA_DIR: string; ROLES: string };
  let newKeyFile: string;
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'quaestor-key-'));
    environment = { DATA_DIR: dataDir, ROLES: 'api' };
    newKeyFile = join(dataDir, 'new.key');
    writeFileSync(newKeyFile, `${randomBytes(32).toString('base64')}\n`);
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  const said = ({ stderr }: Finished) => stderr.split('\n').filter((line) => line !== '' && line !== 'Compiling …');
  const rotate = (more: Record<string, string> = {}) =>
    command('rotate-key', ['--new-key-file', newKeyFile], { ...environment, ...more });
  const key = () => readFileSync(join(dataDir, 'encryption.key'), 'utf8');

  it('is not exchanged under a running service', async () => {
    const service = await Service.start(environment);
    try {
      const finished = await rotate();
      expect([finished.code, finished.stdout]).toEqual([1, '']);
      expect(finished.stderr).toContain(`in use by process ${String(service.pid)}`);
      // Nor where the database is known by its address only.
      const byUrl = await rotate({ DATABASE_URL: service.runtime.database, ENCRYPTION_KEY: key().trim() });
      expect([byUrl.code, byUrl.stderr]).toEqual([
        1,
        expect.stringMatching(/^The key was not exchanged: processes of the service are running on this database/m),
      ]);
    } finally {
      await service.stop();
    }
  }, 400_000);

  it('says so when it is another one, and starts nothing', async () => {
    const finished = await command('start', [], { ...environment, PORT: '0', ENCRYPTION_KEY: other });
    expect(finished.code).toBe(2);
    expect(said(finished)).toEqual([
      'the configuration is not usable:',
      expect.stringMatching(/^ {2}ENCRYPTION_KEY: is not the key that this database was sealed with/),
    ]);
    expect(finished.stdout).not.toMatch(/"ready"|"level":"error"/);
    expect(existsSync(join(dataDir, 'runtime.json'))).toBe(false);
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
  }, 120_000);

  it('is exchanged by a command, also when the command is cut short after its commit', async () => {
    const former = key();
    expect(resultOf(await rotate())).toEqual({
      outcome: 'rotated',
      resealed: { access_keys: 1, signing_keys: 1, mfa_devices: 0, webhooks: 0, encryption_check: 1 },
    });
    expect([key(), statSync(join(dataDir, 'encryption.key')).mode & 0o777]).toEqual([
      readFileSync(newKeyFile, 'utf8'),
      0o600,
    ]);
    writeFileSync(join(dataDir, 'encryption.key'), former);
    const refused = await command('start', [], { ...environment, PORT: '0' });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/npm run rotate-key\) once more/)]);
    expect(resultOf(await rotate())).toMatchObject({ outcome: 'already' });

    const service = await Service.start(environment);
    try {
      await expect(service.signIn()).resolves.toMatch(/^eyJ/);
    } finally {
      await service.stop();
    }
  }, 200_000);

  it.each([
    ['no file', [], 2],
    ['a file that is not there', ['--new-key-file', '/nowhere/new.key'], 2],
    ['a file that holds no key', ['--new-key-file', join(__dirname, 'encryption-key.spec.ts')], 2],
    ['something else', ['--new-key-file=x', 'y'], 2],
  ])('is not exchanged for %s', async (_, args, code) => {
    expect((await command('rotate-key', args, environment)).code).toBe(code);
  });
});
