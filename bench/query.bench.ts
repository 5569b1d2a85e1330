/**
 * `query`: each filter of ListTraces, deep pages, text, statistics and changes, by an API process over HTTP against the very
 * statements that it runs, sent by a bare client; the two take turns request by request. 200,000 traces over seven days;
 * `--full`: a million, then ten.
 */
import { Agent, get as httpGet } from 'node:http';
import { DAY_MS } from '../src/kernel/clock.js';
import { Database, type ReadOptions } from '../src/platform/database/database.js';
import { signIn } from './bench-caller.js';
import { type BenchStack, firstAdministrator, openBenchStack } from './bench-stack.js';
import { fillByIngest } from './ingest-fill.js';
import { DEEP_AGAINST_FIRST, measuredName, queryFigures } from './query-figures.js';
import { machineFacts, type Measurement, type Report } from './report.js';
import { type ServiceProcess, startService } from './service-process.js';
import { median, percentile } from './statistics.js';
import { domainId, INSTALLATION, projectId, projectsOf } from './workload.js';

const TRACES = 200_000;
const FULL_SIZES = [1_000_000, 10_000_000];
/** Of each request, before any is timed: code that ran a few times only is not compiled yet, in either process. */
const WARMUP = 100;
const REQUESTS = 40;
const REPETITIONS = 3;
const LIMIT = 50;
const DEEP = 1_000;
const DEEP_LIMIT = 10;
const FIRST_PAGE = 'page 1 of 10';
const DEEP_PAGE = 'page 1,000 of 10';
/** Before the window, to whose start it is clamped. */
const LONG_AGO = '1700000000000';

interface Caller {
  readonly service: ServiceProcess;
  readonly token: string;
  readonly domainId: string;
  /** Own projects: the busiest and the quietest. */
  readonly busy: string;
  readonly rare: string;
}

export async function benchQuery(traces?: number, full = false): Promise<Report> {
  const sizes = traces === undefined ? (full ? FULL_SIZES : [TRACES]) : [traces];
  const stack = await openBenchStack();
  try {
    const credentials = await firstAdministrator(stack.app);
    await registerProjects(stack, credentials.domain.id);
    const service = await startService(stack.url);
    try {
      const caller: Caller = {
        service,
        token: await signIn(service.url, credentials),
        domainId: credentials.domain.id,
        busy: projectId(0, 0),
        rare: projectId(0, INSTALLATION.projectsPerDomain - 1),
      };
      const measurements: Measurement[] = [];
      for (const [index, size] of sizes.entries()) {
        await fill(stack, size - (sizes[index - 1] ?? 0), caller, index + 1);
        measurements.push(...(await measureAll(stack, caller, size)));
      }
      const figures = queryFigures(measurements, sizes);
      return { name: 'query', machine: machineFacts(stack.postgresVersion), comparisons: [], measurements, figures };
    } finally {
      await service.stop();
    }
  } finally {
    await stack.close();
  }
}

async function registerProjects({ bare }: BenchStack, ownDomain: string): Promise<void> {
  const ids = Array.from({ length: projectsOf(0, INSTALLATION) }, (_, index) => projectId(0, index));
  await bare.query(
    "INSERT INTO projects (domain_id, id, name, region) SELECT $1, p, p, 'r-' || p FROM unnest($2::text[]) AS p",
    [ownDomain, ids],
  );
}

/** The busiest tenant of the workload is the caller's own domain. */
async function fill(stack: BenchStack, traces: number, { domainId: own }: Caller, seed: number): Promise<void> {
  const shape = { traces, ...INSTALLATION, endAt: Date.now(), spanMs: 7 * DAY_MS - 600_000 };
  await fillByIngest(stack, shape, (text) => text.replaceAll(domainId(0), own), seed);
  await stack.bare.query('VACUUM ANALYZE traces');
  await stack.bare.query('VACUUM ANALYZE trace_rollups');
}

async function measureAll(stack: BenchStack, caller: Caller, size: number): Promise<Measurement[]> {
  const found: Measurement[] = [];
  const wanted = await requests(stack, caller);
  const paths = Object.entries(wanted);
  for (const [, path] of paths) await warmUp(stack, caller, path);
  for (const [name, path] of paths) {
    const values = await measureOne(stack, caller, path);
    const measurement = { name: measuredName(name, size), values };
    process.stderr.write(`${measurement.name}: ${JSON.stringify(values)}\n`);
    found.push(measurement);
  }
  const [first, deep] = [wanted[FIRST_PAGE], wanted[DEEP_PAGE]];
  if (first !== undefined && deep !== undefined)
    found.push({ name: measuredName(DEEP_AGAINST_FIRST, size), values: await inTurns(caller, first, deep) });
  return found;
}

/** How many times as long as `first` the other path takes, over HTTP. */
async function inTurns(caller: Caller, first: string, other: string): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const rounds: number[] = [];
  for (let round = 0; round < REPETITIONS; round++) {
    const taken: [number[], number[]] = [[], []];
    for (let count = 0; count < REQUESTS; count++)
      for (const [index, path] of [first, other].entries()) {
        const startedAt = performance.now();
        await fetchBytes(agent, caller, path);
        taken[index]?.push(performance.now() - startedAt);
      }
    rounds.push(median(taken[1]) / median(taken[0]));
  }
  agent.destroy();
  return { times: median(rounds) };
}

/** Each filter alone over the whole window, in a busy project unless it says otherwise. */
async function requests({ bare }: BenchStack, caller: Caller): Promise<Record<string, string>> {
  const page = { project: caller.busy, own: caller.domainId };
  const sample = await bare.query<{ trace_id: string; resource_id: string; resource_name: string }>(
    `SELECT trace_id, resource_id, resource_name FROM traces WHERE domain_id = $1 AND project_id = $2
     ORDER BY record_time DESC, trace_id DESC OFFSET $3 LIMIT 1`,
    [page.own, page.project, (DEEP - 1) * DEEP_LIMIT - 1],
  );
  const second = await bare.query<{ trace_id: string; resource_id: string; resource_name: string }>(
    `SELECT trace_id, resource_id, resource_name FROM traces WHERE domain_id = $1 AND project_id = $2
     ORDER BY record_time DESC, trace_id DESC OFFSET ${String(LIMIT)} LIMIT 1`,
    [page.own, page.project],
  );
  const [one] = second.rows;
  if (one === undefined) throw new Error('the caller has too few traces');
  const list = (filter: string, limit = LIMIT, project = caller.busy): string =>
    `/v3/${project}/traces?limit=${String(limit)}&from=${LONG_AGO}${filter === '' ? '' : '&'}${filter}`;
  const deep = sample.rows[0];
  return {
    'no filter': list(''),
    'rare project in a busy domain': list('', LIMIT, caller.rare),
    'rare user': list('user=user-49'),
    'busy user': list('user=user-0'),
    'rare access_key_id': list('access_key_id=AKuser-49'),
    'service_type': list('service_type=IAM'),
    'resource_type': list('resource_type=usernamespace'),
    'resource_name': list(`resource_name=${encodeURIComponent(one.resource_name)}`),
    'resource_id': list(`resource_id=${one.resource_id}`),
    'trace_name': list('trace_name=createUserNamespace'),
    'trace_rating': list('trace_rating=incident'),
    'enterprise_project_id': list('enterprise_project_id=ep-0'),
    'trace_id': list(`trace_id=${one.trace_id}`),
    [FIRST_PAGE]: list('', DEEP_LIMIT),
    ...(deep && { [DEEP_PAGE]: list(`next=${deep.trace_id}`, DEEP_LIMIT) }),
    'text': `/v1/traces?limit=50&text=app-499&project_id=${caller.busy}&trace_rating=warning`,
    'statistics': '/v1/traces/stats?field=trace_name&interval=1d',
    'changes': '/v1/traces/changes?after=earliest&limit=100',
  }; // prettier-ignore
}

async function warmUp(stack: BenchStack, caller: Caller, path: string): Promise<void> {
  const { bareOnce, httpOnce, close } = await lanes(stack, caller, path);
  for (let count = 0; count < WARMUP; count++) {
    await bareOnce();
    await httpOnce();
  }
  close();
}

async function measureOne(stack: BenchStack, caller: Caller, path: string): Promise<Record<string, number>> {
  const { bareOnce, httpOnce, bytes, close } = await lanes(stack, caller, path);
  const [http, bare, ratios]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < REPETITIONS; round++) {
    const [own, other]: [number[], number[]] = [[], []];
    for (let count = 0; count < REQUESTS; count++) {
      other.push(await bareOnce());
      own.push(await httpOnce());
    }
    ratios.push(median(own) / median(other));
    http.push(...own);
    bare.push(...other);
  }
  close();
  return {
    httpP50Ms: median(http),
    httpP95Ms: percentile(http, 0.95),
    bareP50Ms: median(bare),
    bareP95Ms: percentile(bare, 0.95),
    timesBare: median(ratios),
    kib: bytes() / 1_024,
  };
}

interface ReadStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly options: ReadOptions;
}

interface Lanes {
  /** Each answers with the ms it took. */
  readonly bareOnce: () => Promise<number>;
  readonly httpOnce: () => Promise<number>;
  /** Size of the last answer over HTTP. */
  readonly bytes: () => number;
  readonly close: () => void;
}

async function lanes(stack: BenchStack, caller: Caller, path: string): Promise<Lanes> {
  const statements = await statementsOf(stack, caller, path);
  const inOrder = statements.every(({ options }) => options.inOrder === true);
  await stack.bare.query(inOrder ? 'SET enable_bitmapscan = off' : 'RESET enable_bitmapscan');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let bytes = 0;
  return {
    bareOnce: async () => {
      const startedAt = performance.now();
      for (const { text, values } of statements) await stack.bare.query(text, [...values]);
      return performance.now() - startedAt;
    },
    httpOnce: async () => {
      const startedAt = performance.now();
      bytes = await fetchBytes(agent, caller, path);
      return performance.now() - startedAt;
    },
    bytes: () => bytes,
    close: () => {
      agent.destroy();
    },
  };
}

function fetchBytes(agent: Agent, { service, token }: Caller, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpGet(`${service.url}${path}`, { agent, headers: { 'x-auth-token': token } }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.length));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(length);
        else reject(new Error(`${path}: status ${String(response.statusCode)}`));
      });
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** The searching statements that a request runs, by listening at the door they all go through. */
async function statementsOf({ app }: BenchStack, { token }: Caller, path: string): Promise<ReadStatement[]> {
  const database = app.get(Database, { strict: false });
  const seen: ReadStatement[] = [];
  const read = database.read.bind(database);
  Object.assign(database, {
    read: (text: string, values: readonly unknown[] = [], options: ReadOptions = {}) => {
      seen.push({ text, values, options });
      return read(text, values, options);
    },
  });
  const answer = await app.inject({ method: 'GET', url: path, headers: { 'x-auth-token': token } });
  Object.assign(database, { read });
  if (answer.statusCode !== 200) throw new Error(`${path}: status ${String(answer.statusCode)}: ${answer.body}`);
  return seen;
}
