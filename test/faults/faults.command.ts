/**
 * `npm run faults [-- --only N[,N] --short --seed N]`: what will happen to an installation, done to real processes. Each prints
 * what it sent, what it found, and the verdict; the last line is JSON. Without `--only` and `--short` the table goes to
 * docs/faults.md. Exit code: 0 all held, 1 one did not, 2 wrong usage.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/service.js';
import type { Fault, Outcome } from './fault.js';
import { clockJumps, frozen, killed, withoutDatabase } from './ingest.faults.js';
import { replicas } from './replicas.faults.js';

/** In the order of their numbers; what docs/faults.md lists without a trial is not here yet (10: the story of the demo). */
const FAULTS: readonly Fault[] = [killed, withoutDatabase, frozen, clockJumps, replicas];
/** What `--short` leaves out is too slow for every change. */
const SHORT = new Set([1, 2, 9]);

const DOCUMENT = join(ROOT, 'docs/faults.md');
const [BEGIN, END] = ['<!-- faults:begin -->', '<!-- faults:end -->'];

interface Played extends Outcome {
  readonly number: number;
  readonly name: string;
  readonly seconds: number;
}

export async function faultsCommand(args: readonly string[]): Promise<number> {
  const value = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const known = args.every(
    (arg, index) => ['--short', '--only', '--seed'].includes(arg) || /^--(only|seed)$/.test(args[index - 1] ?? ''),
  );
  const only = value('--only')?.split(',').map(Number);
  const seed = Number(value('--seed') ?? Date.now() % 1_000_000);
  const short = args.includes('--short');
  const chosen = FAULTS.filter(({ number }) =>
    only === undefined ? !short || SHORT.has(number) : only.includes(number),
  );
  if (!known || !Number.isSafeInteger(seed) || chosen.length === 0 || chosen.length < (only?.length ?? 0)) {
    console.error(`usage: npm run faults -- [--only N[,N]] [--short] [--seed N]`);
    for (const { number, name } of FAULTS) console.error(`  ${String(number).padStart(2)}  ${name}`);
    return 2;
  }
  const played: Played[] = [];
  for (const fault of chosen) played.push(await play(fault, { short, seed }));
  if (only === undefined && !short) writeTable(played);
  const results = played.map(({ number, seconds, broken }) => ({
    number,
    seconds,
    verdict: verdictOf(broken),
    broken,
  }));
  console.log(JSON.stringify({ seed, short, faults: results }));
  return played.every(({ broken }) => broken === null) ? 0 : 1;
}

const verdictOf = (broken: string | null): string => (broken === null ? 'held' : 'BROKEN');

async function play(fault: Fault, options: { short: boolean; seed: number }): Promise<Played> {
  const { number, name } = fault;
  const begunAt = performance.now();
  console.log(`${String(number)}. ${name}`);
  const outcome = await fault.play(options).catch((error: unknown): Outcome => ({
    sent: 'not known',
    found: 'the trial broke off',
    broken: error instanceof Error ? error.message : String(error),
  }));
  const seconds = Math.round((performance.now() - begunAt) / 1_000);
  console.log(`   sent:    ${outcome.sent}\n   found:   ${outcome.found}`);
  console.log(
    `   verdict: ${verdictOf(outcome.broken)}${outcome.broken === null ? '' : `: ${outcome.broken}`} (${String(seconds)} s)\n`,
  );
  return { ...outcome, number, name, seconds };
}

/** Between the marks of the document; everything else there is written by hand. */
function writeTable(played: readonly Played[]): void {
  const memory = (totalmem() / 2 ** 30).toFixed(1);
  const machine = `${String(cpus().length)} cores, ${memory} GiB, Node ${process.versions.node}, Postgres 18`;
  const rows = played.map(
    ({ number, name, sent, found, broken, seconds }) =>
      `| ${String(number)} | ${name} | ${sent} | ${found} | ${verdictOf(broken)} | ${String(seconds)} |`,
  );
  const table = [`Machine: ${machine}. ${new Date().toISOString().slice(0, 10)}.`, '', HEAD, ...rows].join('\n');
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, after] = [text.split(BEGIN)[0] ?? '', text.split(END)[1] ?? ''];
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}

const HEAD = '| # | fault | sent | found | verdict | s |\n| --- | --- | --- | --- | --- | --- |';
