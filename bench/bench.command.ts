/** `npm run bench -- [NAME …] [--traces N]`: runs benchmarks, prints their tables, keeps their results. */
import { benchAuth } from './auth.bench.js';
import { benchExport } from './export.bench.js';
import { benchIngest } from './ingest.bench.js';
import { benchPolicy } from './policy.bench.js';
import { benchQuery } from './query.bench.js';
import { benchQuota } from './quota.bench.js';
import { benchRequests } from './requests.bench.js';
import { benchVerdicts } from './verdicts.bench.js';
import { type Report, writeReport } from './report.js';

const BENCHMARKS: Readonly<Record<string, (traces?: number) => Promise<Report>>> = {
  auth: () => benchAuth(),
  ingest: benchIngest,
  policy: benchPolicy,
  query: benchQuery,
  export: benchExport,
  quota: benchQuota,
  requests: () => benchRequests(),
  verdicts: benchVerdicts,
};

/** Exit code: 0 done, 1 a benchmark failed, 2 wrong usage. */
export async function benchCommand(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--traces');
  const traces = at < 0 ? undefined : Number(args[at + 1]);
  const named = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const unknown = named.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0 || (traces !== undefined && !(Number.isSafeInteger(traces) && traces > 0))) {
    console.error(`usage: npm run bench -- [${Object.keys(BENCHMARKS).join('|')} …] [--traces N]`);
    return 2;
  }
  const written: string[] = [];
  for (const name of named.length > 0 ? named : Object.keys(BENCHMARKS)) {
    const report = await BENCHMARKS[name]?.(traces);
    if (report !== undefined) written.push(await writeReport(report));
  }
  console.log(JSON.stringify({ written }));
  return 0;
}
