/** One run of schemathesis as one caller, and what it found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/service.js';
import type { Caller } from './callers.js';

/** All checks of schemathesis but these. */
const EXCLUDED_CHECKS = [
  // To a method that a path does not have the gateway answers as to a path that is not there: 404 APIGW.0101 (domain/iam.md §5).
  'unsupported_method',
  'allow_header_conformance',
];

/** What `:id` is an id of, by the beginning of the path. */
const KINDS_OF_ID: Readonly<Record<string, string>> = {
  '/v1/domains/{id}': 'domain_id',
  '/v1/quotas/reservations/{id}': 'reservation_id',
};

/** Of an operation with few possible requests fewer cases are made than asked for. */
const SPARE = 1.25;
const RUN_LIMIT_MS = 30 * 60_000;
const FOLDER = join(ROOT, 'test/fuzz');

export interface FuzzRun {
  readonly program: string;
  readonly work: string;
  readonly document: string;
  readonly url: string;
  readonly cases: number;
  readonly seed: number;
  readonly coverage: boolean;
}

export interface FuzzedCaller {
  readonly name: string;
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** Each with the request that shows it. */
  readonly findings: readonly string[];
}

export async function fuzzAs(caller: Caller, run: FuzzRun): Promise<FuzzedCaller> {
  const file = (suffix: string): string => join(run.work, `${caller.name}.${suffix}`);
  const { ids, writableIds, acting, markers } = caller;
  const counts = file('counts');
  writeFileSync(
    file('context.json'),
    JSON.stringify({ ids, writableIds, acting, markers, kinds: KINDS_OF_ID, counts, seed: run.seed }),
  );
  const code = await schemathesis(caller, run, file);
  const requests = existsSync(counts) ? readFileSync(counts, 'utf8').split('\n').filter(Boolean) : [];
  const statuses = new Map<number, number>();
  for (const line of requests) {
    const status = Number(line.slice(0, 3));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const said = readFileSync(file('said'), 'utf8');
  const findings = code === 0 ? [] : findingsIn(said);
  // Fewer cases than asked for, or an end that is not explained, is no proof of anything.
  if (code !== 0 && findings.length === 0)
    findings.push(`schemathesis ended with ${String(code)}:\n${said.slice(-4_000)}`);
  if (requests.length < run.cases) findings.push(`only ${String(requests.length)} requests were made`);
  return { name: caller.name, requests: requests.length, statuses, findings };
}

async function schemathesis(caller: Caller, run: FuzzRun, file: (suffix: string) => string): Promise<number | null> {
  const operations = operationsOf(run.document);
  const args = [
    ...['--config-file', join(FOLDER, 'schemathesis.toml'), 'run', run.document, '--url', run.url],
    ...['--checks', 'all', '--exclude-checks', EXCLUDED_CHECKS.join(',')],
    ...['--phases', run.coverage ? 'examples,coverage,fuzzing,stateful' : 'examples,fuzzing,stateful'],
    ...['--max-examples', String(Math.ceil((run.cases * SPARE) / operations)), '--seed', String(run.seed)],
    // One at a time: with several, CPython's parser fails now and then in the middle of a deep schema.
    ...['--workers', '1', '--continue-on-failure', '--generation-database', 'none'],
    ...['--request-timeout', '40', '--no-color', '--output-truncate', 'true'],
    ...(caller.token === null ? [] : ['--header', `X-Auth-Token: ${caller.token}`]),
  ];
  const output = createWriteStream(file('said'));
  const child = spawn(run.program, args, {
    cwd: run.work,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_LIMIT_MS,
    env: {
      PATH: process.env['PATH'],
      HOME: run.work,
      SCHEMATHESIS_HOOKS: join(FOLDER, 'hooks.py'),
      FUZZ_CONTEXT: file('context.json'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const [code] = (await once(child, 'close')) as [number | null];
  output.end();
  await once(output, 'close');
  return code;
}

function operationsOf(document: string): number {
  const { paths } = JSON.parse(readFileSync(document, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  return Object.values(paths).reduce((sum, item) => sum + Object.keys(item).length, 0);
}

/** The sections that the report of schemathesis gives to what failed; long lines (bodies) cut. */
function findingsIn(said: string): string[] {
  const begin = said.search(/^=+ (?:ERRORS|FAILURES) =+$/m);
  if (begin < 0) return [];
  const end = said.search(/^=+ (?:WARNINGS|SUMMARY) =+$/m);
  return said
    .slice(begin, end < 0 ? undefined : end)
    .split(/^(?=_{2,} .+ _{2,}$)/m)
    .slice(1)
    .map((section) =>
      section
        .split('\n')
        .map((line) => line.slice(0, 600))
        .slice(0, 60)
        .join('\n')
        .trim(),
    );
}
