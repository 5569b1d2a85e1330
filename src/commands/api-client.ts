/** Speaks to the running service's API for commands: signs in when first needed, and again when the token has run out. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readCredentialsFile } from '../identity/credentials-file.js';
import { backoffDelayMs } from '../kernel/backoff.js';
import type { Config } from '../platform/config/config.schema.js';
import { runningService } from './running-service.js';

export interface ApiRequest {
  /** Parameters that are undefined are left out; a list is repeated. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the whole answer is there; of a stream, until it begins. 30 s unless said. */
  readonly timeoutMs?: number;
  /** Ends the request, also while its answer is streamed. */
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  /** The parsed JSON; null where there was none. */
  readonly body: unknown;
}

/** Who signs in; asked once. */
export interface ApiLogin {
  readonly user: string;
  readonly password: string;
  readonly domain: string;
  readonly projectId: string;
}

/** The service does not answer now, or says that it cannot; it may before long. */
export class ServiceUnavailable extends Error {}

const TIMEOUT_MS = 30_000;
/** Only for reading: whether a failed change was made is not known. */
const READ_TRIES = 4;
const RETRY = { baseMs: 250, maxMs: 4_000 };
/** Statuses of a service, or of what stands before it, that is busy or away. */
export const MAY_PASS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class ApiClient {
  private token: Promise<string> | undefined;

  /** @param baseUrl e.g. `http://127.0.0.1:8080`; a function is asked before each request, for a service that may come back elsewhere */
  constructor(
    private readonly baseUrl: string | (() => string),
    private readonly login: () => Promise<ApiLogin>,
  ) {}

  /** Any status is an answer. Throws when the service cannot be reached, or does not let us in. */
  async get(path: string, query: ApiRequest['query'] = {}, options: ApiRequest = {}): Promise<ApiAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.exchange('GET', path, { ...options, query }).catch((error: unknown) => {
        if (attempt === READ_TRIES || options.signal?.aborted) throw error;
        return null;
      });
      if (answer !== null && (attempt === READ_TRIES || !MAY_PASS.has(answer.status))) return answer;
      await pause(backoffDelayMs(attempt - 1, RETRY, Math.random()));
    }
  }

  async post(path: string, body: unknown, options: ApiRequest = {}): Promise<ApiAnswer> {
    return this.exchange('POST', path, { ...options, body });
  }

  /** Signs in now rather than at the first request. Throws as {@link get}. */
  async enter(): Promise<void> {
    await this.signedIn();
  }

  /** The answer as it comes, for what is streamed; the caller reads or cancels its body. */
  async open(method: string, path: string, options: ApiRequest = {}): Promise<Response> {
    const response = await this.send(method, path, options, await this.signedIn());
    if (response.status !== 401) return response;
    await response.body?.cancel();
    this.token = undefined;
    return this.send(method, path, options, await this.signedIn());
  }

  private async exchange(method: string, path: string, options: ApiRequest): Promise<ApiAnswer> {
    const limit = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
    const response = await this.open(method, path, { ...options, signal });
    return { status: response.status, body: parseBody(await response.text()) };
  }

  private async send(method: string, path: string, options: ApiRequest, token: string | null): Promise<Response> {
    const base = typeof this.baseUrl === 'string' ? this.baseUrl : this.baseUrl();
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(options.query ?? {}))
      for (const one of [value ?? []].flat()) url.searchParams.append(name, one);
    const begun = new AbortController();
    const timer = setTimeout(() => {
      begun.abort(new Error('no answer in time'));
    }, options.timeoutMs ?? TIMEOUT_MS);
    try {
      return await fetch(url, {
        method,
        headers: {
          ...(token === null ? {} : { 'x-auth-token': token }),
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        signal: options.signal ? AbortSignal.any([options.signal, begun.signal]) : begun.signal,
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ServiceUnavailable(`${base} cannot be reached: ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private async signedIn(): Promise<string> {
    this.token ??= this.signIn();
    try {
      return await this.token;
    } catch (error) {
      this.token = undefined;
      throw error;
    }
  }

  private async signIn(): Promise<string> {
    const { user, password, domain, projectId } = await this.login();
    const response = await this.send(
      'POST',
      '/v3/auth/tokens',
      {
        query: { nocatalog: 'true' },
        body: {
          auth: {
            identity: { methods: ['password'], password: { user: { name: user, password, domain: { name: domain } } } },
            scope: { project: { id: projectId } },
          },
        },
      },
      null,
    );
    const answer = { status: response.status, body: parseBody(await response.text()) };
    const token = response.headers.get('x-subject-token');
    if (token !== null) return token;
    const message = `signing in as ${user} was refused: ${refusalOf(answer)}`;
    throw MAY_PASS.has(answer.status) ? new ServiceUnavailable(message) : new Error(message);
  }
}

/** What the service said of a request it refused. */
export function refusalOf({ status, body }: ApiAnswer): string {
  const said = typeof body === 'object' && body !== null && 'error_msg' in body ? body.error_msg : null;
  return typeof said === 'string' ? said : `status ${String(status)}`;
}

/** The service that runs on this data directory, as its bootstrapped administrator. Throws, saying what to do, when none does. */
export function apiOfRunningService(config: Config): ApiClient {
  return new ApiClient(runningService(config).http, () => bootstrappedAdministrator(config));
}

/** Throws, saying what to do, where the files of the data directory do not tell how the administrator signs in. */
export async function bootstrappedAdministrator(config: Config): Promise<ApiLogin & { readonly region: string }> {
  const file = join(config.DATA_DIR, 'credentials.json');
  const credentials = await readCredentialsFile(file);
  if (credentials === null) throw new Error(`${file} cannot be read: has the service been started once (npm start)?`);
  const { user, domain, project, region } = credentials;
  const password = user.password ?? config.BOOTSTRAP_PASSWORD;
  if (password === undefined)
    throw new Error(`${file} holds no password for ${user.name}: set BOOTSTRAP_PASSWORD as for the service`);
  return { user: user.name, password, domain: domain.name, projectId: project.id, region };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  const told = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(told instanceof Error)) return String(told);
  return told.message || ('code' in told ? String(told.code) : told.name);
}
