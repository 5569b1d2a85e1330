/**
 * One of the people of the story, talking to the service over HTTP. While the service is away a call is made again until it
 * answers or patience ends: so each call that changes something must be safe to make twice, by an `Idempotency-Key` or
 * because a step knows what the second answer is (`expect`).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { backoffDelayMs } from '../../kernel/backoff.js';
import {
  type ApiAnswer,
  type ApiClient,
  type ApiRequest,
  MAY_PASS,
  refusalOf,
  ServiceUnavailable,
} from '../api-client.js';
import type { Teller } from './teller.js';

export interface Persistence {
  /** How long the service may be away before a call fails. */
  readonly patienceMs: number;
  /** How long what follows from a call (a trace, a policy in force) may take to be seen. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface Ask {
  readonly query?: ApiRequest['query'];
  readonly body?: unknown;
  readonly headers?: ApiRequest['headers'];
  /** Statuses that the story counts on; anything else ends it. */
  readonly expect: readonly number[];
  /** What matters of the answer; absent: the call is not told. */
  readonly tell?: (answer: ApiAnswer) => string;
}

export interface AskUntil extends Ask {
  readonly holds: (answer: ApiAnswer) => boolean;
  /** Absent: that of {@link Persistence}. */
  readonly deadlineMs?: number;
}

/** What was waited for did not come. */
export class NotInTime extends Error {}

const nothing = (): string => '';
const RETRY = { baseMs: 100, maxMs: 2_000 };
const POLL = { baseMs: 50, maxMs: 500 };

export class Caller {
  constructor(
    readonly who: string,
    private readonly api: ApiClient,
    private readonly teller: Teller,
    private readonly persistence: Persistence,
  ) {}

  /** Signs in, so that the story can tell of it; otherwise the first call would. */
  async enter(told: string): Promise<void> {
    await this.persistently(() => this.api.enter());
    this.teller.call({ who: this.who, method: 'POST', path: '/v3/auth/tokens', status: 201, told, times: 1 });
  }

  /** Throws an error that names caller, call and refusal where the status is none of `expect`. */
  async ask(method: string, path: string, ask: Ask): Promise<ApiAnswer> {
    const answer = await this.persistently(() => this.exchange(method, path, ask));
    if (!ask.expect.includes(answer.status)) throw new Error(`${this.describe(method, path, ask)} ${told(answer)}`);
    this.tell(method, path, ask, answer, 1);
    return answer;
  }

  /** Asks again until the answer holds. Throws {@link NotInTime}, with the last answer, when that takes longer than the deadline. */
  async until(method: string, path: string, ask: AskUntil): Promise<ApiAnswer> {
    const deadline = Date.now() + (ask.deadlineMs ?? this.persistence.deadlineMs);
    for (let times = 1; ; times++) {
      const answer = await this.ask(method, path, { ...ask, tell: nothing });
      if (ask.holds(answer)) {
        this.tell(method, path, ask, answer, times);
        return answer;
      }
      if (Date.now() > deadline)
        throw new NotInTime(`${this.describe(method, path, ask)} did not become as expected in time: ${told(answer)}`);
      await pause(backoffDelayMs(times - 1, POLL, Math.random()), undefined, { signal: this.persistence.signal });
    }
  }

  private async persistently<T>(work: () => Promise<T>): Promise<T> {
    let awaySince: number | null = null;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ServiceUnavailable) || this.persistence.signal.aborted) throw error;
        if (awaySince === null) this.teller.note(`the service does not answer (${error.message}); trying again`);
        awaySince ??= Date.now();
        if (Date.now() - awaySince > this.persistence.patienceMs) throw error;
        await pause(backoffDelayMs(attempt, RETRY, Math.random()), undefined, { signal: this.persistence.signal });
      }
    }
  }

  private async exchange(method: string, path: string, { query, body, headers }: Ask): Promise<ApiAnswer> {
    const options: ApiRequest = {
      signal: this.persistence.signal,
      ...(query !== undefined && { query }),
      ...(body !== undefined && { body }),
      ...(headers !== undefined && { headers }),
    };
    const response = await this.api.open(method, path, options);
    const answer = { status: response.status, body: parsed(await wholeText(response)) };
    if (MAY_PASS.has(answer.status)) throw new ServiceUnavailable(`${method} ${path} ${told(answer)}`);
    return answer;
  }

  private describe(method: string, path: string, { query }: Ask): string {
    return `${this.who}: ${method} ${path}${queryText(query)}`;
  }

  private tell(method: string, path: string, ask: Ask, answer: ApiAnswer, times: number): void {
    if (ask.tell === undefined || ask.tell === nothing) return;
    this.teller.call({
      who: this.who,
      method,
      path: `${path}${queryText(ask.query)}`,
      status: answer.status,
      told: ask.tell(answer),
      times,
    });
  }
}

/** An answer that is cut off is as good as none. */
async function wholeText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new ServiceUnavailable('the answer was cut off', { cause: error });
  }
}

/** JSON, or of NDJSON its lines as they came. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? null : text;
  }
}

function told(answer: ApiAnswer): string {
  const { body } = answer;
  const said = answer.status < 400 ? JSON.stringify(body).slice(0, 300) : refusalOf(answer);
  return `answered ${String(answer.status)}: ${said}`;
}

function queryText(query: ApiRequest['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}=${one}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
