/**
 * `npm run bench -- [NAME …] [--traces N] [--full]`: runs benchmarks, prints their tables, keeps their results; then the one
 * table of all results that are kept, and docs/figures.md. `figures` as a name only writes those.
 */
import { benchAuth } from './auth.bench.js';
import { benchExport } from './export.bench.js';
import { publishFigures } from './figures.js';
import { benchIngest } from './ingest.bench.js';
import { benchPolicy } from './policy.bench.js';
import { benchQuery } from './query.bench.js';
import { benchQuota } from './quota.bench.js';
import { benchRequests } from './requests.bench.js';
import { benchRetention } from './retention.bench.js';
import { benchStart } from './start.bench.js';
import { benchVerdicts } from './verdicts.bench.js';
import { type Report, writeReport } from './report.js';

interface Benchmark {
  run(traces: number | undefined, full: boolean): Promise<Report>;
  /** Size where all are run; absent: it has one size only. */
  readonly traces?: number;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  auth: { run: () => benchAuth() },
  ingest: { run: benchIngest, traces: 40_000 },
  policy: { run: () => benchPolicy() },
  query: { run: benchQuery, traces: 100_000 },
  export: { run: benchExport, traces: 50_000 },
  quota: { run: benchQuota, traces: 20_000 },
  requests: { run: () => benchRequests() },
  verdicts: { run: benchVerdicts, traces: 20_000 },
  retention: { run: benchRetention, traces: 100_000 },
  start: { run: () => benchStart() },
};
const FIGURES = 'figures';

/** Exit code: 0 done, 1 a benchmark failed, 2 wrong usage. */
export async function benchCommand(args: readonly string[]): Promise<number> {
  const full = args.includes('--full');
  const words = args.filter((word) => word !== '--full');
  const at = words.indexOf('--traces');
  const traces = at < 0 ? undefined : Number(words[at + 1]);
  const named = words.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const unknown = named.filter((name) => name !== FIGURES && !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0 || (traces !== undefined && !(Number.isSafeInteger(traces) && traces > 0))) {
    console.error(
      `usage: npm run bench -- [${[...Object.keys(BENCHMARKS), FIGURES].join('|')} …] [--traces N] [--full]`,
    );
    return 2;
  }
  const written: string[] = [];
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
    if (named.length > 0 && !named.includes(name)) continue;
    const size = traces ?? (named.length > 0 || full ? undefined : benchmark.traces);
    written.push(await writeReport(await benchmark.run(size, full)));
  }
  written.push(await publishFigures((text) => void process.stderr.write(text)));
  console.log(JSON.stringify({ written }));
  return 0;
}
