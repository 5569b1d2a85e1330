/**
 * Runs one command of the project from its sources: `node scripts/run.mjs NAME …args` (npm calls it). Installs what is
 * missing, compiles what is stale into dist/, then runs the command in this same process; `test` needs no compilation.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { exclusively } from './exclusive.mjs';
import { ensureInstalled } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const stampFile = join(dist, '.build-stamp');
const sources = [
  'src',
  'migrations',
  'bench',
  'test/deploy',
  'test/faults',
  'test/fuzz',
  'test/support',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
/** Trials of the whole product: not part of it, so not of its command line either. */
const trials = {
  faults: ['faults/faults.command.js', 'faultsCommand'],
  fuzz: ['fuzz/fuzz.command.js', 'fuzzCommand'],
  image: ['deploy/image.command.js', 'imageCommand'],
};

/** Installing or compiling failed, and has already said on stderr what went wrong. */
class PreparationFailed extends Error {}

const notCompiled = /\.spec\.ts$|\.md$|\.test\.ts$|~$/;

function* filesOf(path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  const entries = /\.json$/.test(path) ? undefined : readdirSync(full, { withFileTypes: true });
  if (!entries) yield path;
  else
    for (const entry of entries) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory()) yield* filesOf(inner);
      else if (!notCompiled.test(entry.name)) yield inner;
    }
}

/** Changes whenever the compiler's input does, whatever the clock or a checkout did to the times of the files. */
function sourceStamp() {
  const hash = createHash('sha256').update(process.version);
  for (const file of sources.flatMap((path) => [...filesOf(path)]).sort()) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function isBuilt(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

/** Runs Node with `args`, handing it our signals; resolves with its exit code. */
async function runNode(args, stdio) {
  const child = spawn(process.execPath, args, { cwd: root, stdio });
  // A terminal sends Ctrl-C to the child as well; only what was sent to us alone has to be passed on.
  const forward = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Compiles in place; the stamp is written last, so that an interrupted build counts as none. */
async function build() {
  if (isBuilt(sourceStamp())) return;
  await exclusively(join(dist, '.build.lock'), async () => {
    const stamp = sourceStamp();
    if (isBuilt(stamp)) return;
    console.error('Compiling …');
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const code = await runNode([tsc, '-p', 'tsconfig.build.json'], ['ignore', 2, 2]);
    if (code !== 0) throw new PreparationFailed(`The compiler ended with ${code}`);
    writeFileSync(stampFile, stamp);
  });
}

function jestArguments(args) {
  const chosen = args.some((arg) => /^(-i|--runInBand|-w|--maxWorkers)/.test(arg));
  return [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...(chosen ? [] : ['--maxWorkers=2']), ...args];
}

/** Imports the compiled entry point as if Node had been started with it. */
async function importBuilt(file, args) {
  const path = join(dist, 'src', file);
  process.argv = [process.argv[0], path, ...args];
  return import(pathToFileURL(path).href);
}

/** Resolves with the exit code, or with undefined when the process lives on. */
async function run(name, args) {
  await ensureInstalled();
  if (name === 'test') return runNode(jestArguments(args), 'inherit');
  await build();
  if (name === 'start') {
    await importBuilt('main.js', args);
    return undefined;
  }
  if (Object.hasOwn(trials, name)) {
    const [file, command] = trials[name];
    const trial = await importBuilt(join('..', 'test', file), args);
    return trial[command](args);
  }
  const cli = await importBuilt('cli.js', [name, ...args]);
  return cli.run(name, args);
}

const [name, ...args] = process.argv.slice(2);
if (!name) {
  console.error('usage: node scripts/run.mjs NAME [ARGUMENT …]');
  process.exit(2);
}
try {
  const code = await run(name, args);
  // The command is done: what it left open (idle connections) shall not keep the process, what it wrote shall arrive.
  if (code !== undefined) process.stdout.write('', () => process.exit(code));
} catch (error) {
  console.error(error instanceof PreparationFailed || name === 'start' ? error.message : error);
  process.exit(1);
}
