/** `npm run traces -- search|tail|show|stats`: reads traces of the running service on a terminal. */
import { z } from 'zod';
import { loadConfig } from '../platform/config/load-config.js';
import { type ApiAnswer, type ApiClient, apiOfRunningService } from './api-client.js';
import { type Style, styleFor } from './terminal.js';
import { statsLines, statsSchema, type ShownTrace, traceDetails, traceLines, traceSchema } from './trace-view.js';
import { parseTracesArguments, type TracesArguments, TRACES_USAGE } from './traces.arguments.js';

const pageSchema = z.object({ traces: z.array(traceSchema), page: z.object({ next: z.string().nullable() }) });
const changesSchema = z.object({ traces: z.array(traceSchema), next: z.string() });
const refusalSchema = z.object({
  error_code: z.string(),
  error_msg: z.string(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** Seconds a request for changes is left open. */
const WAIT_S = 25;
const TAIL = '20';

export interface TracesContext {
  readonly open: () => Pick<ApiClient, 'get'>;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly style: Style;
  /** Ends `--follow`. */
  readonly signal: AbortSignal;
}

export function traces(args: readonly string[]): Promise<number> {
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  return tracesCommand(args, {
    open: () => apiOfRunningService(loadConfig()),
    stdout: (line) => console.log(line),
    stderr: (line) => console.error(line),
    style: styleFor(process.stdout.isTTY),
    signal: stopped.signal,
  });
}

/** Exit code: 0 done, 1 refused or unreachable, 2 wrong usage. Without `--json` the last line is a summary in JSON. */
export async function tracesCommand(args: readonly string[], context: TracesContext): Promise<number> {
  const parsed = parseTracesArguments(args);
  if (!parsed.ok) {
    context.stderr(`${parsed.problems.join('\n')}\n${TRACES_USAGE}`);
    return 2;
  }
  const reading = new TraceReading(context.open(), parsed.value, context);
  try {
    await reading[parsed.value.verb]();
    return 0;
  } catch (error) {
    if (context.signal.aborted) return 0;
    context.stderr(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

class TraceReading {
  constructor(
    private readonly api: Pick<ApiClient, 'get'>,
    private readonly wanted: TracesArguments,
    private readonly context: TracesContext,
  ) {}

  async search(): Promise<void> {
    let count = 0;
    let cursor: string | null = null;
    do {
      const page: z.infer<typeof pageSchema> = pageSchema.parse(
        await this.ask('/v1/traces', cursor === null ? {} : { cursor: [cursor] }),
      );
      this.print(page.traces);
      count += page.traces.length;
      cursor = page.page.next;
    } while (this.wanted.all && cursor !== null);
    this.summary({ count, next: cursor });
  }

  /** The newest traces, oldest of them first; with `--follow` then every one that is stored, as it is stored. */
  async tail(): Promise<void> {
    // The place to follow from is taken first: what is stored meanwhile may be told by both, and is told once.
    const { next } = changesSchema.parse(await this.ask('/v1/traces/changes', { after: ['latest'], limit: ['1'] }));
    const latest = pageSchema.parse(await this.ask('/v1/traces', { limit: this.wanted.query['limit'] ?? [TAIL] }));
    this.print([...latest.traces].reverse());
    if (this.wanted.follow) await this.follow(next, new Set(latest.traces.map(({ trace_id: id }) => id)));
    this.summary({ count: latest.traces.length });
  }

  private async follow(from: string, told: Set<string>): Promise<void> {
    let after = from;
    while (!this.context.signal.aborted) {
      const answer = await this.ask('/v1/traces/changes', { after: [after], wait: [String(WAIT_S)], limit: ['500'] });
      const changes = changesSchema.parse(answer);
      this.print(changes.traces.filter(({ trace_id: id }) => !told.has(id)));
      if (changes.traces.length > 0) told.clear();
      after = changes.next;
    }
  }

  async show(): Promise<void> {
    const trace = z
      .record(z.string(), z.unknown())
      .parse(await this.ask(`/v1/traces/${encodeURIComponent(this.wanted.id ?? '')}`));
    const lines = this.wanted.json ? [JSON.stringify(trace)] : traceDetails(trace, this.context.style);
    lines.forEach(this.context.stdout);
  }

  async stats(): Promise<void> {
    const field = this.wanted.query['field'] ?? ['service_type'];
    const interval = this.wanted.query['interval'] ?? ['1h'];
    const stats = statsSchema.parse(await this.ask('/v1/traces/stats', { field, interval }));
    if (this.wanted.json) this.context.stdout(JSON.stringify(stats));
    else statsLines(stats, this.context.style).forEach(this.context.stdout);
    this.summary({ buckets: stats.buckets.length, count: stats.buckets.reduce((sum, { count }) => sum + count, 0) });
  }

  private print(shown: readonly ShownTrace[]): void {
    const lines = this.wanted.json
      ? shown.map((trace) => JSON.stringify(trace))
      : traceLines(shown, this.context.style);
    lines.forEach((line) => this.context.stdout(line));
  }

  private summary(facts: Readonly<Record<string, unknown>>): void {
    if (!this.wanted.json) this.context.stdout(JSON.stringify(facts));
  }

  private async ask(path: string, more: Readonly<Record<string, readonly string[]>> = {}): Promise<unknown> {
    const { signal } = this.context;
    const timeoutMs = (WAIT_S + 15) * 1_000;
    const answer = await this.api.get(path, { ...this.wanted.query, ...more }, { signal, timeoutMs });
    if (answer.status !== 200) throw new Error(refusal(answer));
    return answer.body;
  }
}

/** The service names every problem; so does this. */
function refusal({ status, body }: ApiAnswer): string {
  const told = refusalSchema.safeParse(body);
  if (!told.success) return `the service answered ${String(status)}`;
  const { error_code: code, error_msg: message, problems = [] } = told.data;
  return [`${code}: ${message}`, ...problems.map((problem) => `  ${problem.path}: ${problem.message}`)].join('\n');
}
