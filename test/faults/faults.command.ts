/**
 * `npm run faults [-- --only N[,N] --short --seed N]`: what will happen to an installation, done to real processes. Each prints
 * what it sent, what it found, and the verdict; the last line is JSON. Without `--only` and `--short` the table goes to
 * docs/faults.md. Exit code: 0 all that this machine could do held, 1 one did not, 2 wrong usage.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/service.js';
import { brokerRestarted, embeddedBrokerLost, topicRecreated } from './broker.faults.js';
import { diskFull } from './disk.faults.js';
import type { Fault, Outcome } from './fault.js';
import { clockJumps, killed, withoutDatabase } from './ingest.faults.js';
import { frozen, rebalanceStorm } from './members.faults.js';
import { replicas } from './replicas.faults.js';
import { retention } from './retention.faults.js';
import { storyKilled } from './story.faults.js';

/** In the order of their numbers; one number may stand for several trials. */
const FAULTS: readonly Fault[] = [
  killed,
  withoutDatabase,
  brokerRestarted,
  embeddedBrokerLost,
  topicRecreated,
  frozen,
  rebalanceStorm,
  diskFull,
  clockJumps,
  retention,
  replicas,
  storyKilled,
];
/** What `--short` leaves out is too slow for every change. */
const SHORT = new Set([1, 2, 4, 9]);

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
  const unknown = only?.some((wanted) => FAULTS.every(({ number }) => number !== wanted)) ?? false;
  if (!known || !Number.isSafeInteger(seed) || unknown) {
    console.error(`usage: npm run faults -- [--only N[,N]] [--short] [--seed N]`);
    for (const { number, name } of FAULTS) console.error(`  ${String(number).padStart(2)}  ${name}`);
    return 2;
  }
  const played: Played[] = [];
  for (const fault of chosen) played.push(await play(fault, { short, seed }));
  if (only === undefined && !short) writeTable(played);
  const results = played.map((each) => ({
    number: each.number,
    seconds: each.seconds,
    verdict: verdictOf(each),
    broken: each.broken,
  }));
  console.log(JSON.stringify({ seed, short, faults: results }));
  return played.every(({ broken }) => broken === null) ? 0 : 1;
}

function verdictOf({ broken, notPossible }: Outcome): string {
  if (notPossible === true) return 'not possible here';
  return broken === null ? 'held' : 'BROKEN';
}

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
    `   verdict: ${verdictOf(outcome)}${outcome.broken === null ? '' : `: ${outcome.broken}`} (${String(seconds)} s)\n`,
  );
  return { ...outcome, number, name, seconds };
}

/** Between the marks of the document; everything else there is written by hand. */
function writeTable(played: readonly Played[]): void {
  const memory = (totalmem() / 2 ** 30).toFixed(1);
  const machine = `${String(cpus().length)} cores, ${memory} GiB, Node ${process.versions.node}, Postgres 18`;
  const rows = played.map(
    (each) =>
      `| ${String(each.number)} | ${each.name} | ${each.sent} | ${each.found} | ${verdictOf(each)} | ${String(each.seconds)} |`,
  );
  const table = [`Machine: ${machine}. ${new Date().toISOString().slice(0, 10)}.`, '', HEAD, ...rows].join('\n');
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, after] = [text.split(BEGIN)[0] ?? '', text.split(END)[1] ?? ''];
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}

const HEAD = '| # | fault | sent | found | verdict | s |\n| --- | --- | --- | --- | --- | --- |';
