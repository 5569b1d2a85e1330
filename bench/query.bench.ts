/** `query`: each filter of ListTraces over HTTP against the very statements it runs, sent by a bare client. One request at a time. */
import { DAY_MS } from '../src/kernel/clock.js';
import { Database } from '../src/platform/database/database.js';
import { LogReader } from '../src/traces/log-reader.service.js';
import { signIn } from './bench-caller.js';
import { type BenchStack, firstAdministrator, openBenchStack, pretendBroker, recordsOf } from './bench-stack.js';
import type { ComparisonResult } from './comparison-result.js';
import { compare } from './harness.js';
import { machineFacts, type Report } from './report.js';
import { domainId, workload } from './workload.js';

const TRACES = 200_000;
const REQUESTS = 100;
const LIMIT = 50;
/** Before the window, to whose start it is clamped. */
const LONG_AGO = '1700000000000';

interface Caller {
  readonly url: string;
  readonly token: string;
  readonly projectId: string;
}

/** Many traces of the caller's own domain among those of others: what a filter must find among what it must pass over. */
export async function benchQuery(traces = TRACES): Promise<Report> {
  const stack = await openBenchStack();
  try {
    const caller = await signInHere(stack);
    await fill(stack, traces, caller);
    await stack.bare.query('ANALYZE traces');
    const comparisons: ComparisonResult[] = [];
    for (const [name, query] of Object.entries(await filters(caller)))
      comparisons.push(await compareOne(stack, caller, name, query));
    return { name: 'query', machine: machineFacts(stack.postgresVersion), comparisons };
  } finally {
    await stack.close();
  }
}

async function signInHere(stack: BenchStack): Promise<Caller> {
  const credentials = await firstAdministrator(stack.app);
  await stack.app.listen(0, '127.0.0.1');
  const url = await stack.app.getUrl();
  return { url, token: await signIn(url, credentials), projectId: credentials.project.id };
}

async function fill(stack: BenchStack, traces: number, caller: Caller): Promise<void> {
  const own = await stack.bare.query<{ domain_id: string }>('SELECT domain_id FROM projects WHERE id = $1', [
    caller.projectId,
  ]);
  const shape = {
    traces,
    domains: 4,
    projectsPerDomain: 1,
    usersPerDomain: 50,
    resourcesPerDomain: 500,
    endAt: Date.now(),
    spanMs: 5 * DAY_MS,
  };
  const records = recordsOf(
    [...workload(shape)].map((text) => {
      const event = JSON.parse(text) as Record<string, unknown>;
      if (event.domain_id === domainId(0))
        Object.assign(event, { domain_id: own.rows[0]?.domain_id, project_id: caller.projectId });
      return Buffer.from(JSON.stringify(event));
    }),
  );
  pretendBroker(stack.app, new Map([[0, BigInt(records.length)]]));
  const reader = stack.app.get(LogReader, { strict: false });
  const control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
  await reader.handle({ topic: 'bench', partition: 0, highWatermark: BigInt(records.length), records }, control);
}

/** Every filter alone, the whole window, and the second page of an unfiltered list. */
async function filters(caller: Caller): Promise<Record<string, string>> {
  const first = (await (await get(caller, `limit=50&from=${LONG_AGO}`)).json()) as {
    traces: { trace_id: string; resource_id: string; resource_name: string }[];
    meta_data: { marker: string };
  };
  const sample = first.traces[0];
  if (sample === undefined) throw new Error('the caller has no traces');
  return {
    none: '',
    'next page': `next=${first.meta_data.marker}`,
    user: 'user=user-7',
    service_type: 'service_type=SWR',
    resource_type: 'resource_type=blob',
    resource_name: `resource_name=${encodeURIComponent(sample.resource_name)}`,
    resource_id: `resource_id=${sample.resource_id}`,
    trace_name: 'trace_name=createUserNamespace',
    trace_rating: 'trace_rating=incident',
    access_key_id: 'access_key_id=AKuser-7',
    enterprise_project_id: 'enterprise_project_id=ep-0',
    trace_id: `trace_id=${sample.trace_id}`,
  };
}

function get({ url, token, projectId }: Caller, query: string): Promise<Response> {
  return fetch(`${url}/v3/${projectId}/traces?${query}`, { headers: { 'x-auth-token': token } });
}

async function compareOne(stack: BenchStack, caller: Caller, name: string, query: string): Promise<ComparisonResult> {
  const full = `${query}${query === '' ? '' : '&'}limit=${String(LIMIT)}&from=${LONG_AGO}`;
  const statements = await statementsOf(stack, () => get(caller, full).then((answer) => answer.arrayBuffer()));
  return compare({
    name: `ListTraces by ${name}`,
    unit: 'requests',
    yardstick: 'bare pg',
    contenders: [
      {
        name: 'bare pg',
        run: async () => {
          for (let count = 0; count < REQUESTS; count++)
            for (const { text, values } of statements) await stack.bare.query(text, [...values]);
          return { units: REQUESTS };
        },
      },
      {
        name: 'HTTP',
        run: async () => {
          for (let count = 0; count < REQUESTS; count++) {
            const answer = await get(caller, full);
            if (answer.status !== 200) throw new Error(`${name}: status ${String(answer.status)}`);
            await answer.arrayBuffer();
          }
          return { units: REQUESTS };
        },
      },
    ],
  });
}

/** The searching statements that a request runs, by listening at the door they all go through. */
async function statementsOf(
  { app }: BenchStack,
  request: () => Promise<unknown>,
): Promise<{ text: string; values: readonly unknown[] }[]> {
  const database = app.get(Database, { strict: false });
  const seen: { text: string; values: readonly unknown[] }[] = [];
  const read = database.read.bind(database);
  Object.assign(database, {
    read: (text: string, values: readonly unknown[] = []) => {
      seen.push({ text, values });
      return read(text, values);
    },
  });
  await request();
  Object.assign(database, { read });
  return seen;
}
