/** The one table of all benchmarks: read from the results that are kept, printed, and written to docs/figures.md. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, goalText, isReached } from './figure.js';
import { figuresOf, type KeptReport } from './kept-report.js';
import { significant } from './statistics.js';

const RESULTS = join('bench', 'results');
const PAGE = join('docs', 'figures.md');

/** Every result that is there, by name. */
export async function readReports(folder = RESULTS): Promise<KeptReport[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as KeptReport));
}

/** Prints the table, writes the page, and returns its path. */
export async function publishFigures(print: (text: string) => void): Promise<string> {
  const reports = await readReports();
  for (const report of reports) print(`\n${report.name}\n${table(rowsOf(figuresOf(report)))}\n`);
  await writeFile(PAGE, renderPage(reports));
  return PAGE;
}

/** Markdown, formatted as the project's formatter would. */
export function renderPage(reports: readonly KeptReport[]): string {
  const parts = [
    '# Figures',
    'Written by `npm run bench` from [`bench/results`](../bench/results); do not edit. Each is a median of interleaved rounds, and a ratio\n' +
      'wherever there is something to compare with: absolute figures say more about the machine, which served other work at the same time.\n' +
      'What the numbers mean, and where the time goes: [operations.md](operations.md#capacity).',
    ...reports.flatMap((report) => [`## ${report.name}`, machineText(report), table(rowsOf(figuresOf(report)))]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function machineText({ machine }: KeptReport): string {
  const { cpu, cores, memoryGib, platform, node, postgres, measuredAt } = machine;
  const on = `${String(cores)} cores of ${cpu}, ${String(memoryGib)} GiB, ${platform}`;
  return `${on}; Node ${node}, Postgres ${postgres}; ${measuredAt.slice(0, 10)}.`;
}

function rowsOf(figures: readonly Figure[]): string[][] {
  const body = figures.map((figure) => {
    const reached = isReached(figure);
    return [
      figure.name.replaceAll('|', '\\|'),
      `${readable(figure.value)} ${figure.unit}`.trim(),
      goalText(figure),
      reached === null ? '' : reached ? 'yes' : '**no**',
    ];
  });
  return [['figure', 'found', 'goal', 'reached'], ...body];
}

/** The last columns to the left as the first: they hold words as well as numbers. */
function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length), 3));
  const line = (cells: readonly string[], fill: string): string =>
    `| ${cells.map((cell, column) => cell + fill.repeat((widths[column] ?? 0) - cell.length)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  const rule = line(
    widths.map(() => '-'),
    '-',
  );
  return [line(head, ' '), rule, ...body.map((row) => line(row, ' '))].join('\n');
}

function readable(value: number): string {
  return Math.abs(value) < 1_000 ? String(significant(value, 3)) : Math.round(value).toLocaleString('en-US');
}
