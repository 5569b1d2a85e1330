/** `verdicts`: ingest that asks the policies in force about each trace, against the same ingest without; the goal is 0.9. */
import { Metrics } from '../src/platform/metrics/metrics.js';
import { TraceExtensions } from '../src/traces/index.js';
import { type BenchStack, openBenchStack } from './bench-stack.js';
import { compare, type Contender } from './harness.js';
import { LOGS, quaestor, TRACES } from './ingest.bench.js';
import { machineFacts, type Report } from './report.js';
import { domainId, projectId, ingestShape, workload, type WorkloadShape } from './workload.js';

/** What each user may: two of three operations, under the conditions that policies are written with. */
const DOCUMENT = {
  Version: '5.0',
  Statement: [
    { Effect: 'Allow', Action: ['swr:repo:get*', 'swr:repo:list*'], Resource: ['*'] },
    { Effect: 'Allow', Action: ['swr:repo:upload'], Resource: ['swr:*:*:repo:team-1*/*', 'swr:*:*:repo:team-2*/*'] },
    { Effect: 'Deny', Action: ['swr:*:delete*'], Resource: ['swr:*:*:repo:team-1/*'] },
    { Effect: 'Allow', Action: ['swr:repo:create*'], Resource: ['*'], Condition: { IpAddress: { 'g:SourceIp': ['10.0.0.0/9'] } } }, // prettier-ignore
    { Effect: 'Allow', Action: ['swr::createLoginSecret'], Resource: ['*'] },
    { Effect: 'Allow', Action: ['iam:users:getUser', 'cts:*:list*'], Resource: ['*'] },
  ],
};

export async function benchVerdicts(traces = TRACES): Promise<Report> {
  const stack = await openBenchStack();
  try {
    const shape = ingestShape(traces);
    await insertDirectory(stack, shape);
    const values = [...workload(shape)].map((text) => Buffer.from(text));
    const halves = Array.from({ length: LOGS }, (_, log) => values.filter((__, index) => index % LOGS === log));
    const extensions = stack.app.get(TraceExtensions, { strict: false });
    const { annotator } = extensions;
    const within = (name: string, inUse: typeof annotator): Contender => {
      const contender = quaestor(stack, halves, name);
      return {
        ...contender,
        prepare: async (round) => {
          Reflect.set(extensions, 'annotatorInUse', inUse);
          await contender.prepare?.(round);
        },
      };
    };
    const judged = within('with verdicts', annotator);
    const comparison = await compare({
      name: `ingest of ${String(traces)} traces on ${String(LOGS)} connections, with and without verdicts`,
      unit: 'traces',
      yardstick: 'without',
      repetitions: 3,
      contenders: [
        within('without', null),
        {
          ...judged,
          run: async (round) => {
            const done = await judged.run(round);
            await requireVerdicts(stack);
            return done;
          },
        },
      ],
    });
    return { name: 'verdicts', machine: machineFacts(stack.postgresVersion), comparisons: [comparison] };
  } finally {
    await stack.close();
  }
}

/** Some operations of the catalogue are no known action; nearly all others must have been judged, either way. */
async function requireVerdicts({ app, bare }: BenchStack): Promise<void> {
  const { rows } = await bare.query<{ judged: number; kinds: number; sought: number }>(
    `SELECT count(verdict)::int AS judged, count(DISTINCT verdict)::int AS kinds,
            count(*) FILTER (WHERE service_type = 'SWR')::int AS sought FROM traces`,
  );
  const [found] = rows;
  if (found?.kinds === 2 && found.judged >= 0.9 * found.sought) return;
  const metrics = (await app.get(Metrics, { strict: false }).text()).split('\n');
  const reasons = metrics.filter((line) => line.startsWith('quaestor_trace_verdicts_missing_total'));
  throw new Error(`traces were stored without verdicts: ${JSON.stringify(found)} ${reasons.join(' ')}`);
}

async function insertDirectory({ bare }: BenchStack, shape: WorkloadShape): Promise<void> {
  for (let domain = 0; domain < shape.domains; domain++) {
    const id = domainId(domain);
    const name = `synthetic-${String(domain)}`;
    const projects = Array.from({ length: shape.projectsPerDomain }, (_, index) => projectId(domain, index));
    const users = Array.from({ length: shape.usersPerDomain }, (_, index) => `user-${String(index)}`);
    await bare.query('INSERT INTO domains (id, name) VALUES ($1, $2)', [id, name]);
    await bare.query("INSERT INTO projects (domain_id, id, name, region) SELECT $1, p, p, 'r-' || p FROM unnest($2::text[]) AS p", [id, projects]); // prettier-ignore
    await bare.query(`INSERT INTO users (domain_id, id, name) SELECT $1, $2 || '-' || u, u FROM unnest($3::text[]) AS u`, [id, String(domain), users]); // prettier-ignore
    await bare.query("INSERT INTO policies (domain_id, id, kind, name, display_name) VALUES ($1, $2, 'identity', 'work', 'work')", [id, `policy-${name}`]); // prettier-ignore
    await bare.query('INSERT INTO policy_versions (domain_id, policy_id, version, document) VALUES ($1, $2, 1, $3)', [id, `policy-${name}`, JSON.stringify(DOCUMENT)]); // prettier-ignore
    await bare.query('INSERT INTO policy_attachments (domain_id, policy_id, user_id) SELECT $1, $2, id FROM users WHERE domain_id = $1', [id, `policy-${name}`]); // prettier-ignore
    await bare.query('INSERT INTO policy_states (domain_id) VALUES ($1)', [id]);
  }
}
