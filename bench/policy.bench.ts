/**
 * `policy`: decisions against casbin and Cedar on the same generated policies and requests; how the cost grows with the
 * number of statements; and what compiling takes.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compile, type CompiledSet } from '../src/policies/core/compiled-set.js';
import { decide } from '../src/policies/core/decide.js';
import { explain } from '../src/policies/core/explain.js';
import type { AccessRequest, NamedPolicy } from '../src/policies/core/policy.js';
import type { ComparisonResult } from './comparison-result.js';
import { compare, type Contender } from './harness.js';
import { askCedar, cedarContext, cedarPolicies, prepareCedar } from './policy-cedar.js';
import { prepareCasbin } from './policy-casbin.js';
import { policyWorkload, requestWorkload } from './policy-workload.js';
import { machineFacts, type Report } from './report.js';
import { median } from './statistics.js';

const SIZES = [10, 100, 1_000, 10_000];
const COMPARED = 1_000;
const REQUESTS = 1_000;
const DECISIONS = 1_000_000;
/** Of all the others, enough to last a second or so at a thousand statements. */
const CASBIN_DECISIONS = 200;
const CEDAR_DECISIONS = 1_000;
const CHECKED = 200;

export async function benchPolicy(): Promise<Report> {
  const workloads = SIZES.map((size) => workloadOf(size));
  const comparisons: ComparisonResult[] = [];
  for (const { size, set, requests } of workloads) {
    const { matching, decisions } = describe(set, requests);
    process.stderr.write(`${size} statements: ${matching} match a request on average; ${JSON.stringify(decisions)}\n`);
  }
  const compared = workloads.find(({ size }) => size === COMPARED);
  if (compared === undefined) throw new Error('nothing to compare');
  comparisons.push(await againstOthers(compared));
  comparisons.push(
    await compare({
      name: 'decisions as statements grow',
      unit: 'decisions',
      yardstick: `${SIZES[0]} statements`,
      contenders: workloads.map(({ size, set, requests }) => quaestor(`${size} statements`, set, requests)),
    }),
  );
  comparisons.push(await compiling());
  const measurements = [{ name: 'memory of 10,000 compiled statements', values: { compiledMib: memoryOf(10_000) } }];
  return { name: 'policy', machine: machineFacts('none'), comparisons, measurements };
}

interface Workload {
  readonly size: number;
  readonly policies: readonly NamedPolicy[];
  readonly set: CompiledSet;
  readonly requests: readonly AccessRequest[];
}

function workloadOf(size: number): Workload {
  const policies = policyWorkload(size);
  return { size, policies, set: compile(policies), requests: requestWorkload(size, REQUESTS) };
}

function describe(set: CompiledSet, requests: readonly AccessRequest[]) {
  const decisions = { Allow: 0, ExplicitDeny: 0, ImplicitDeny: 0 };
  let matching = 0;
  for (const request of requests.slice(0, CHECKED)) {
    const { decision, determining } = explain(set, request);
    decisions[decision] += 1;
    matching += determining.length;
  }
  return { decisions, matching: matching / CHECKED };
}

function quaestor(name: string, set: CompiledSet, requests: readonly AccessRequest[], count = DECISIONS): Contender {
  return {
    name,
    run: () => {
      let allowed = 0;
      for (let done = 0, next = 0; done < count; done++) {
        const request = requests[next];
        if (request !== undefined && decide(set, request) === 'Allow') allowed++;
        next = next + 1 === requests.length ? 0 : next + 1;
      }
      if (allowed === 0) throw new Error('nothing was allowed');
      return Promise.resolve({ units: count });
    },
  };
}

async function againstOthers({ size, policies, set, requests }: Workload): Promise<ComparisonResult> {
  const casbin = await prepareCasbin(set);
  prepareCedar('bench', cedarOf(policies));
  const contexts = requests.map(cedarContext);
  for (const [index, request] of requests.slice(0, CHECKED).entries()) {
    const own = decide(set, request);
    const answers = [casbin(request) ? 'Allow' : 'denied', askCedar('bench', contexts[index] ?? {}).decision];
    if (answers[1] !== own || (answers[0] === 'Allow') !== (own === 'Allow'))
      throw new Error(`${JSON.stringify(request)}: ${own}, but casbin and Cedar say ${answers.join(', ')}`);
  }
  const some = <T>(items: readonly T[], count: number): T[] =>
    Array.from({ length: count }, (_, index) => items[index % items.length]).filter((item) => item !== undefined);
  return compare({
    name: `decisions at ${size} statements`,
    unit: 'decisions',
    yardstick: 'casbin',
    contenders: [
      { name: 'casbin', run: () => counted(some(requests, CASBIN_DECISIONS), casbin) },
      { name: 'Cedar', run: () => counted(some(contexts, CEDAR_DECISIONS), (context) => askCedar('bench', context)) },
      quaestor('Quaestor', set, requests),
    ],
  });
}

function counted<T>(items: readonly T[], ask: (item: T) => unknown): Promise<{ units: number }> {
  for (const item of items) ask(item);
  return Promise.resolve({ units: items.length });
}

function cedarOf(policies: readonly NamedPolicy[]): string[] {
  return policies.flatMap(({ policy }) => {
    const texts = cedarPolicies(policy);
    if (texts === null) throw new Error('the workload says what Cedar cannot');
    return texts;
  });
}

function compiling(): Promise<ComparisonResult> {
  const policies = policyWorkload(10_000);
  const cedar = cedarOf(policies);
  return compare({
    name: 'compiling 10,000 statements',
    unit: 'statements',
    yardstick: 'Cedar',
    contenders: [
      {
        name: 'Cedar',
        run: () => {
          prepareCedar('compiled', cedar);
          return Promise.resolve({ units: cedar.length });
        },
      },
      { name: 'Quaestor', run: () => Promise.resolve({ units: compile(policies).statements.length }) },
    ],
  });
}

/** MiB of heap and buffers that a compiled set keeps, beyond the policies it is made of; median of three. */
function memoryOf(size: number): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  };
  const policies = policyWorkload(size);
  const measured = [1, 2, 3].map(() => {
    const before = used();
    const set = compile(policies);
    const after = used();
    if (set.statements.length !== size) throw new Error('a statement was lost');
    return after - before;
  });
  const mib = median(measured);
  process.stderr.write(`\n${size} compiled statements keep ${mib.toFixed(1)} MiB\n`);
  return mib;
}
