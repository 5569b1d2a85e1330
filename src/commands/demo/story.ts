/** What the steps of the story share: its people, its names, and what earlier steps have learned. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Config } from '../../platform/config/config.schema.js';
import type { OutgoingRecord } from '../../platform/kafka/log-consumer.js';
import { type ApiAnswer, ApiClient, type ApiLogin, bootstrappedAdministrator } from '../api-client.js';
import type { RunningService } from '../running-service.js';
import { Caller, type Persistence } from './caller.js';
import type { Teller } from './teller.js';
import { Topic } from './topic.js';

/** Where the story plays, and how it is told. */
export interface Stage {
  readonly config: Config;
  /** The service, asked before each request: after a restart it may listen elsewhere. */
  readonly locate: () => RunningService;
  readonly teller: Teller;
  readonly persistence: Persistence;
  /** NDJSON with the week of a registry. */
  readonly weekFile: string;
}

export interface Step {
  readonly title: string;
  /** One line: why it matters. */
  readonly why: string;
  readonly run: (story: Story) => Promise<void>;
}

/** Known from one step on. */
export class Learned<T> {
  private value: T | undefined;

  constructor(private readonly what: string) {}

  set(value: T): T {
    this.value = value;
    return value;
  }

  get(): T {
    if (this.value === undefined) throw new Error(`${this.what} is not known yet`);
    return this.value;
  }
}

export class Story {
  /** Makes every name and id of this run its own. */
  readonly run = `${'abcdefghijklmnopqrstuvwxyz'.charAt(randomBytes(1).readUInt8() % 26)}${randomBytes(3).toString('hex')}`;
  readonly startedAt = Date.now();
  readonly tenant = {
    domainId: randomBytes(16).toString('hex'),
    domainName: `demo-${this.run}`,
    projectId: randomBytes(16).toString('hex'),
  };
  readonly administrator = { name: 'root', password: newPassword() };
  readonly user = { name: 'chen', password: newPassword() };
  readonly registryUser = { name: `registry-${this.run}`, password: newPassword() };

  readonly operator: Caller;
  readonly root: Caller;
  readonly chen: Caller;
  readonly registry: Caller;
  readonly topic: Topic;

  readonly home = new Learned<ApiLogin & { readonly region: string }>('the operator');
  readonly userId = new Learned<string>('the user');
  readonly requestId = new Learned<string>('the quota request');
  /** Traces of creations that the registry reports, refused ones too; the first so many are published. */
  readonly reported: OutgoingRecord[] = [];
  published = 0;
  /** Clock sequence and node of the ids of these traces. */
  readonly node = `8${randomBytes(8).toString('hex').slice(1)}`;

  constructor(readonly stage: Stage) {
    const { config, locate, teller, persistence } = stage;
    const caller = (who: string, login: () => Promise<ApiLogin>): Caller =>
      new Caller(who, new ApiClient(() => locate().http, login), teller, persistence);
    const inDomain = ({ name, password }: { name: string; password: string }): Promise<ApiLogin> =>
      Promise.resolve({ user: name, password, domain: this.tenant.domainName, projectId: this.tenant.projectId });
    this.operator = caller('operator', async () => this.home.set(await bootstrappedAdministrator(config)));
    this.root = caller('root', () => inDomain(this.administrator));
    this.chen = caller('chen', () => inDomain(this.user));
    this.registry = caller('registry', () => {
      const { domain, projectId } = this.home.get();
      const { name: user, password } = this.registryUser;
      return Promise.resolve({ user, password, domain, projectId });
    });
    this.topic = new Topic(config, locate, teller, persistence);
  }

  /** The scope whose quota the story exhausts: organizations of the user in the project. */
  get scope(): Readonly<Record<string, string>> {
    return { kind: 'user', project_id: this.tenant.projectId, id: this.userId.get() };
  }

  /** An `Idempotency-Key` for one thing of this run: however often it is asked for, it is done once. */
  key(what: string): Readonly<Record<string, string>> {
    return { 'idempotency-key': `demo-${this.run}-${what}` };
  }

  organization(number: number): string {
    return `team-${this.run}-${String(number)}`;
  }

  close(): Promise<void> {
    return this.topic.close();
  }
}

/** Reads what the story needs of an answer. Throws, saying what is wrong with it, where it is another. */
export function read<S extends z.ZodType>(schema: S, { status, body }: ApiAnswer): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `the answer (${String(status)}) is not as documented: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}

function newPassword(): string {
  return `Q-${randomBytes(18).toString('base64url')}`;
}
