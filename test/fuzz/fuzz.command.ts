/**
 * `npm run fuzz [-- --cases N] [--seed N] [--coverage] [--url URL --credentials FILE]`: schemathesis against the service, as the
 * operator's administrator, as a tenant's and as nobody. Looks for 5xx, for answers that the OpenAPI document does not know, and
 * for anything of another domain. Exit code: 0 nothing found, 1 something, 2 wrong usage.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service } from '../support/service.js';
import { type Caller, callersOf, type Target } from './callers.js';
import { type FuzzedCaller, fuzzAs } from './schemathesis.js';
import { schemathesisProgram } from './virtual-environment.js';

const USAGE =
  'usage: npm run fuzz -- [--cases N] [--seed N] [--coverage] [--only NAME] [--url URL --credentials FILE]\n' +
  '  --cases     generated cases for each caller, at least (2000)\n' +
  '  --coverage  the boundary values of every parameter as well: some 11,500 cases more for each caller\n' +
  '  --only      operator, tenant or nobody\n' +
  '  --url       a service that runs already; it is written to, and the file tells its first administrator';

interface Options {
  readonly cases: number;
  readonly seed: number;
  readonly coverage: boolean;
  readonly only: string | undefined;
  readonly url: string | undefined;
  readonly credentials: string | undefined;
}

function parse(args: readonly string[]): Options | null {
  const values = new Map<string, string>();
  let coverage = false;
  for (let index = 0; index < args.length; index++) {
    const name = args[index] ?? '';
    if (name === '--coverage') coverage = true;
    else if (['--cases', '--seed', '--url', '--credentials', '--only'].includes(name))
      values.set(name, args[++index] ?? '');
    else return null;
  }
  const [cases, seed] = [
    Number(values.get('--cases') ?? 2_000),
    Number(values.get('--seed') ?? Date.now() % 1_000_000),
  ];
  const whole = [cases, seed].every((number) => Number.isSafeInteger(number) && number >= 0) && cases > 0;
  if (!whole || values.has('--url') !== values.has('--credentials')) return null;
  const only = values.get('--only');
  return { cases, seed, coverage, only, url: values.get('--url'), credentials: values.get('--credentials') };
}

export async function fuzzCommand(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  const program = await schemathesisProgram((line) => {
    console.error(line);
  });
  const work = mkdtempSync(join(tmpdir(), 'quaestor-fuzz-'));
  try {
    const { target, stop } = await targetOf(options);
    try {
      return await fuzz(target, program, work, options);
    } finally {
      await stop();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function targetOf({ url, credentials }: Options): Promise<{ target: Target; stop: () => Promise<void> }> {
  if (url !== undefined && credentials !== undefined)
    return {
      target: { url, credentials: JSON.parse(readFileSync(credentials, 'utf8')) as Target['credentials'] },
      stop: () => Promise.resolve(),
    };
  const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-fuzzed-'));
  console.error('Starting the service on the embedded stack.');
  const service = await Service.start({ DATA_DIR: dataDir, LOG_LEVEL: 'warn', API_RATE_FACTOR: '1000' });
  return {
    target: { url: service.runtime.http, credentials: service.credentials },
    stop: async () => {
      await service.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function fuzz(target: Target, program: string, work: string, options: Options): Promise<number> {
  const document = join(work, 'openapi.json');
  const answer = await fetch(`${target.url}/openapi.json`, { signal: AbortSignal.timeout(30_000) });
  writeFileSync(document, await answer.text());
  const callers = (await callersOf(target)).filter(({ name }) => options.only === undefined || options.only === name);
  const found: FuzzedCaller[] = [];
  for (const caller of callers) {
    console.error(`As ${caller.name}: at least ${String(options.cases)} cases, seed ${String(options.seed)}.`);
    const result = await fuzzAs(caller, { ...options, program, work, document, url: target.url });
    found.push({ ...result, findings: [...result.findings, ...(await standingOf(target, caller))] });
  }
  report(found, options.seed);
  return found.every(({ findings }) => findings.length === 0) && found.length > 0 ? 0 : 1;
}

/** Whoever was signed out, or lost its rights, on the way has tested the rest of the run as nobody. */
async function standingOf({ url }: Target, { name, token }: Caller): Promise<string[]> {
  if (token === null) return [];
  const answer = await fetch(`${url}/v1/traces`, {
    headers: { 'x-auth-token': token },
    signal: AbortSignal.timeout(30_000),
  });
  return answer.status === 200 ? [] : [`${name} can no longer read its traces: ${String(answer.status)}`];
}

function report(found: readonly FuzzedCaller[], seed: number): void {
  console.log('caller    requests    2xx    401   403    404  other 4xx   5xx  findings');
  for (const { name, requests, statuses, findings } of found) {
    const of = (holds: (status: number) => boolean): number =>
      [...statuses].reduce((sum, [status, count]) => sum + (holds(status) ? count : 0), 0);
    const cells = [
      of((status) => status < 300),
      of((status) => status === 401),
      of((status) => status === 403),
      of((status) => status === 404),
      of((status) => status >= 400 && status < 500 && ![401, 403, 404].includes(status)),
      of((status) => status >= 500),
      findings.length,
    ];
    const widths = [7, 7, 6, 7, 11, 6, 10];
    console.log(
      name.padEnd(8) +
        String(requests).padStart(10) +
        cells.map((cell, index) => String(cell).padStart(widths[index] ?? 8)).join(''),
    );
  }
  for (const { name, findings } of found) for (const finding of findings) console.log(`\n${name}: ${finding}`);
  const callers = found.map(({ name, requests, statuses, findings }) => ({
    name,
    requests,
    statuses: Object.fromEntries([...statuses].sort(([a], [b]) => a - b)),
    findings: findings.length,
  }));
  console.log(JSON.stringify({ seed, callers }));
}
