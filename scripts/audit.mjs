/**
 * No known hole in what is installed (`npm run check audit`): `npm audit`, where high and critical ones fail. A registry that
 * cannot be reached, or gives no advisories, fails nothing: a line beginning with "note:" says that nothing was audited.
 *
 * Usage: node scripts/audit.mjs. Exit 0 none, or not audited; 1 some.
 */
import { spawn } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const limitMs = 60_000;
const failing = new Set(['high', 'critical']);

/**
 * What the JSON that npm wrote means.
 * @returns {{outcome: 'clean' | 'vulnerable' | 'unknown', lines: string[]}}
 */
export function judge(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return { outcome: 'unknown', lines: ['note: not audited: npm audit gave no answer'] };
  }
  if (report?.vulnerabilities === undefined) {
    const reason = report?.message ?? report?.error?.summary ?? report?.error?.code ?? 'unknown';
    return { outcome: 'unknown', lines: [`note: not audited: ${String(reason).split('\n')[0]}`] };
  }
  const found = Object.values(report.vulnerabilities);
  const line = ({ name, severity, range }) => `${severity}: ${name} ${range ?? ''}`.trim();
  const bad = found.filter(({ severity }) => failing.has(severity));
  const rest = found.filter(({ severity }) => !failing.has(severity)).map((one) => `note: ${line(one)}`);
  return { outcome: bad.length > 0 ? 'vulnerable' : 'clean', lines: [...bad.map(line), ...rest] };
}

async function main() {
  const npm = process.env.npm_execpath;
  const args = ['audit', '--json', '--fetch-retries=1', '--fetch-timeout=20000'];
  const options = { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], timeout: limitMs };
  const child =
    npm && basename(npm) === 'npm-cli.js'
      ? spawn(process.execPath, [npm, ...args], options)
      : spawn('npm', args, { ...options, shell: process.platform === 'win32' });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  const { outcome, lines } = judge(Buffer.concat(chunks).toString('utf8'));
  for (const line of lines) console.log(line);
  return outcome === 'vulnerable' ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  main().then((code) => (process.exitCode = code));
