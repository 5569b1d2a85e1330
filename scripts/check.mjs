/**
 * Everything that can be judged without running the service (`npm run check`): all steps run, two at a time, and each one
 * that failed shows what it said. Needs no package itself.
 *
 * Usage: node scripts/check.mjs [STEP …]; without names all steps. Exit 0 all passed, 1 any failed, 2 wrong usage.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const atOnce = 2;
const stepTimeoutMs = 10 * 60_000;

const packaged = (path) => join('node_modules', ...path.split('/'));
const prettier = packaged('prettier/bin/prettier.cjs');
const eslint = packaged('eslint/bin/eslint.js');
const tsc = packaged('typescript/bin/tsc');
const jest = packaged('jest/bin/jest.js');

/** In the order in which they start; the longest come first, so that the last ones are short. Arguments of Node. */
const steps = {
  lint: [eslint, '.', '--max-warnings', '0'],
  types: [tsc, '-p', 'tsconfig.json', '--noEmit'],
  // The paths stand first: `--selectProjects` takes every word after it for a project.
  architecture: [jest, 'test/architecture', '--ci', '--selectProjects', 'unit'],
  generated: ['scripts/run.mjs', 'generate', '--check'],
  'core purity': [tsc, '-p', 'tsconfig.core.json', '--noEmit'],
  format: [prettier, '--check', '--log-level', 'warn', '.'],
  lock: ['scripts/lock.mjs', '--check'],
  licences: ['scripts/licences.mjs'],
  audit: ['scripts/audit.mjs'],
};

const running = new Set();

/** Runs Node with `args`; resolves with its exit code (null when a signal ended it) and all it wrote. */
function runNode(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nstopped after ${stepTimeoutMs / 60_000} minutes\n`));
      child.kill('SIGKILL');
    }, stepTimeoutMs);
    running.add(child);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => chunks.push(Buffer.from(error.message)));
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8').trimEnd() });
    });
  });
}

async function runStep(name) {
  const startedAt = performance.now();
  const { code, output } = await runNode(steps[name]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(`${output.replace(/^/gm, '       ')}\n`);
  else for (const note of output.split('\n').filter((line) => line.startsWith('note: '))) console.log(`       ${note}`);
  return code === 0;
}

/** Takes from one queue with `atOnce` hands; resolves with the names of those that failed. */
async function runAll(names) {
  const queue = [...names];
  const failed = [];
  const work = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift())
      if (!(await runStep(name))) failed.push(name);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}

async function main(names) {
  const unknown = names.filter((name) => !Object.hasOwn(steps, name));
  if (unknown.length > 0) {
    console.error(`no such step: ${unknown.join(', ')}; there are: ${Object.keys(steps).join(', ')}`);
    return 2;
  }
  const install = await runNode(['scripts/install.mjs']);
  if (install.code !== 0) {
    console.error(`FAILED install\n${install.output}`);
    return 1;
  }
  const chosen = names.length > 0 ? names : Object.keys(steps);
  const failed = await runAll(chosen);
  console.log(failed.length === 0 ? `all ${chosen.length} steps passed` : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(1);
  });
}

process.exitCode = await main(process.argv.slice(2));
