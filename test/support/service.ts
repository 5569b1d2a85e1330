/** The service and its commands as users run them: processes of their own, started by the project's one launcher. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endsWithin } from '../../src/embedded/processes.js';
import { describeVariables } from '../../src/platform/config/config.schema.js';
import type { WireCoverage } from '../../src/traces/coverage.dto.js';
import { reaches } from './reaches.js';

export const ROOT = rootOf(dirname(fileURLToPath(import.meta.url)));
/** The folder of package.json, from here as from where it is compiled to. */
function rootOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootOf(dirname(folder));
}

/** Compiling first, on a busy machine, is the longest of it. */
const START_LIMIT_MS = 240_000;
const END_LIMIT_MS = 40_000;

export type Environment = Readonly<Record<string, string>>;

interface Runtime {
  readonly pid: number;
  readonly http: string;
  readonly kafka: string[];
  readonly topic: string;
  readonly database: string;
  readonly started_at: number;
}

interface Credentials {
  readonly domain: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly password: string };
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One `npm run NAME -- …args` without npm. */
class Launched {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;

  constructor(name: string, args: readonly string[], environment: Environment) {
    this.child = spawn(process.execPath, [join(ROOT, 'scripts/run.mjs'), name, ...args], {
      env: { ...unconfigured(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.finished = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

/** Our own environment without any variable that would configure the service. */
function unconfigured(): NodeJS.ProcessEnv {
  const ours = new Set(describeVariables().map(({ name }) => name));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name) && name !== 'NODE_ENV'));
}

export function launch(name: string, args: readonly string[], environment: Environment): Launched {
  return new Launched(name, args, environment);
}

/** Runs a command to its end. */
export function command(name: string, args: readonly string[], environment: Environment): Promise<Finished> {
  return launch(name, args, environment).finished;
}

/** The JSON object in the last line of what a command printed as its result. */
export function resultOf<T>({ code, stdout, stderr }: Finished): T {
  if (code !== 0) throw new Error(`the command ended with ${String(code)}: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

export class Service {
  private constructor(
    private readonly process: Launched,
    readonly runtime: Runtime,
    readonly credentials: Credentials,
    private readonly environment: Environment,
    /** From the launch: until it answered, and until it was ready, which includes joining the consumer group. */
    readonly startedIn: { readonly answersMs: number; readonly readyMs: number },
  ) {}

  /** Ready when it resolves; throws with what the process said when it ends before. */
  static async start(environment: Environment & { readonly DATA_DIR: string }): Promise<Service> {
    const startedAt = Date.now();
    const full = { PORT: '0', ...environment };
    const process = launch('start', [], full);
    const file = (name: string): string => join(environment.DATA_DIR, name);
    const isOurs = (): boolean => {
      if (!existsSync(file('runtime.json'))) return false;
      return (JSON.parse(readFileSync(file('runtime.json'), 'utf8')) as Runtime).pid === process.child.pid;
    };
    await reaches('the service has started, or ended', () => isOurs() || !process.running, Boolean, START_LIMIT_MS);
    if (!process.running) {
      const { code, stderr } = await process.finished;
      throw new Error(`the service ended with ${String(code)}: ${stderr}`);
    }
    const runtime = JSON.parse(readFileSync(file('runtime.json'), 'utf8')) as Runtime;
    const credentials = JSON.parse(readFileSync(file('credentials.json'), 'utf8')) as Credentials;
    const answersMs = Date.now() - startedAt;
    const ready = async (): Promise<number> => (await fetch(`${runtime.http}/readyz`)).status;
    await reaches('the service is ready', ready, (status) => status === 200, 60_000);
    return new Service(process, runtime, credentials, full, {
      answersMs,
      readyMs: Date.now() - startedAt,
    });
  }

  get pid(): number {
    return this.runtime.pid;
  }

  /** What the service logged and said since its start. */
  get output(): string {
    return this.process.stdout + this.process.stderr;
  }

  async call<Body>(
    method: string,
    path: string,
    { token, body }: { token?: string; body?: unknown } = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.runtime.http}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { 'x-auth-token': token }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }

  /** A token of the user; by default of the first administrator, as `credentials.json` tells. */
  async signIn(
    user = this.credentials.user as { name: string; password: string },
    domain = this.credentials.domain as { name: string },
  ): Promise<string> {
    const password = { user: { name: user.name, password: user.password, domain: { name: domain.name } } };
    const body = { auth: { identity: { methods: ['password'], password } } };
    const answer = await this.call('POST', '/v3/auth/tokens', { body });
    const token = answer.headers.get('x-subject-token');
    if (answer.status !== 201 || token === null) throw new Error(`not signed in: ${JSON.stringify(answer.body)}`);
    return token;
  }

  async coverage(token: string): Promise<WireCoverage> {
    return (await this.call<WireCoverage>('GET', '/v1/ingest/coverage', { token })).body;
  }

  /** Coverage once all is read and the service's own operations have arrived as traces, too. */
  async settled(token: string, holds: (total: WireCoverage['total']) => boolean = () => true): Promise<WireCoverage> {
    return reaches(
      'all is read',
      async () => {
        const metrics = (await this.call<string>('GET', '/metrics')).body;
        const coverage = await this.coverage(token);
        return { waiting: /^quaestor_outbox_oldest_seconds (\S+)$/m.exec(metrics)?.[1], coverage };
      },
      ({ waiting, coverage: { total } }) => waiting === '0' && total.lag === '0' && holds(total),
    ).then(({ coverage }) => coverage);
  }

  /** `npm run replay` on this service. */
  launchReplay(...args: string[]): Launched {
    return launch('replay', args, this.environment);
  }

  async replay(...args: string[]): Promise<{ published: number; failed: number; end_at: number; shift_ms: number }> {
    return resultOf(await this.launchReplay(...args).finished);
  }

  /** What Ctrl-C does; resolves with what it said when the process has ended. */
  async interrupt(): Promise<Finished> {
    this.process.child.kill('SIGINT');
    return this.end();
  }

  /** What a supervisor does to stop it. */
  async terminate(): Promise<Finished> {
    this.process.child.kill('SIGTERM');
    return this.end();
  }

  /** `kill -9`. */
  async kill(): Promise<Finished> {
    this.process.child.kill('SIGKILL');
    return this.end();
  }

  /** For the end of a suite: in order if it still runs. */
  async stop(): Promise<void> {
    if (this.process.running) await this.interrupt();
  }

  private async end(): Promise<Finished> {
    if (!(await endsWithin(this.pid, END_LIMIT_MS))) {
      this.process.child.kill('SIGKILL');
      throw new Error(`the service did not end: ${this.output.slice(-2_000)}`);
    }
    return this.process.finished;
  }
}

/** Ids of all processes below `pid` (Linux: where the embedded stack runs as a whole). */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = statOf(Number(name));
    // proc(5): "pid (name) state ppid …"; the name may hold anything.
    if (stat !== null) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const below = (parent: number): number[] =>
    [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function statOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return null;
  }
}
