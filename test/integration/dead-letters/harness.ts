/** Ingest fed by hand, the relay run by hand into the same fed log, and the API with identity on the same database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { BootstrapService, type Credentials } from '../../../src/identity/index.js';
import type { LogProducer, OutgoingRecord } from '../../../src/platform/kafka/log-consumer.js';
import { silentLogger } from '../../../src/platform/logging/logger.js';
import { Metrics } from '../../../src/platform/metrics/metrics.js';
import { DeadLetterRelay } from '../../../src/traces/dead-letter-relay.service.js';
import { DeadLetterRelayStore } from '../../../src/traces/dead-letter-relay.store.js';
import type { DeadLetterList, ShownDeadLetter, WireDeadLetter } from '../../../src/traces/dead-letters.dto.js';
import { openApp, passwordLogin } from '../identity/harness.js';
import { type FakeLog, Ingest, TOPIC } from '../ingest/harness.js';

export const DLQ_TOPIC = 'cts.traces.dlq';
export const PATH = '/v1/ingest/dead-letters';

/** Keeps what is published; what goes to the topic of traces is delivered to ingest as well. */
export class FakeProducer implements LogProducer {
  readonly sent: { topic: string; records: readonly OutgoingRecord[] }[] = [];
  readonly ensured: string[] = [];
  /** Throws instead of publishing where it answers with an error. */
  refuses: (topic: string, records: readonly OutgoingRecord[]) => Error | null = () => null;

  constructor(private readonly log: () => FakeLog) {}

  send(topic: string, records: readonly OutgoingRecord[]): Promise<[]> {
    const refusal = this.refuses(topic, records);
    if (refusal !== null) return Promise.reject(refusal);
    this.sent.push({ topic, records });
    if (topic === TOPIC) for (const record of records) this.deliver(record);
    return Promise.resolve([]);
  }

  records(topic: string): OutgoingRecord[] {
    return this.sent.filter((one) => one.topic === topic).flatMap(({ records }) => records);
  }

  ensureTopic(name: string): Promise<void> {
    this.ensured.push(name);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private deliver({ value, headers = {} }: OutgoingRecord): void {
    const carried = Object.entries(headers).map(
      ([name, given]) => [name, typeof given === 'string' ? Buffer.from(given) : given] as const,
    );
    this.log().add(typeof value === 'string' ? Buffer.from(value) : value, Object.fromEntries(carried));
  }
}

export function relayOver(
  ingest: Ingest,
  producer: LogProducer,
  roles: ('api' | 'jobs')[] = ['jobs'],
): DeadLetterRelay {
  const config = { ROLES: roles, KAFKA_TOPIC: TOPIC, KAFKA_DLQ_TOPIC: DLQ_TOPIC };
  return new DeadLetterRelay(ingest.module.get(DeadLetterRelayStore), producer, config, silentLogger(), new Metrics());
}

export class DeadLetterApp {
  readonly producer: FakeProducer;
  readonly relay: DeadLetterRelay;

  private constructor(
    readonly ingest: Ingest,
    readonly app: NestFastifyApplication,
    readonly credentials: Credentials,
    readonly token: string,
    private readonly dataDir: string,
  ) {
    this.producer = new FakeProducer(() => ingest.log());
    this.relay = relayOver(ingest, this.producer);
  }

  static async start(): Promise<DeadLetterApp> {
    const ingest = await Ingest.open();
    const options = ingest.database.dataSource.options;
    if (!('url' in options) || typeof options.url !== 'string') throw new Error('the database has no URL');
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-dead-letters-'));
    const { app } = await openApp(options.url, { DATA_DIR: dataDir });
    const { credentials } = await app.get(BootstrapService, { strict: false }).run(join(dataDir, 'credentials.json'));
    await app.getHttpAdapter().getInstance().ready();
    const { user, domain } = credentials;
    const token = await login(app, { name: user.name, password: user.password, domain: { name: domain.name } });
    return new DeadLetterApp(ingest, app, credentials, token, dataDir);
  }

  /** A tenant's administrator, by name; resolves with the token. */
  async tenant(name: string): Promise<string> {
    const password = 'correct horse battery';
    await request(this.app.getHttpServer())
      .post('/v1/domains')
      .set('X-Auth-Token', this.token)
      .send({
        name,
        projects: [{ name: 'cn-north-4', region: 'cn-north-4' }],
        administrator: { name: 'root', password },
      })
      .expect(201);
    return login(this.app, { name: 'root', password, domain: { name } });
  }

  get(path: string, query: Record<string, string | string[]> = {}, token = this.token) {
    return request(this.app.getHttpServer()).get(`${PATH}${path}`).set('X-Auth-Token', token).query(query);
  }

  post(path: string, body?: object, token = this.token) {
    const call = request(this.app.getHttpServer()).post(`${PATH}${path}`).set('X-Auth-Token', token);
    return body === undefined ? call : call.send(body);
  }

  async list(query: Record<string, string | string[]> = {}): Promise<WireDeadLetter[]> {
    const { body } = await this.get('', query).expect(200);
    return (body as DeadLetterList).dead_letters;
  }

  /** The one that is there. */
  async only(query: Record<string, string> = {}): Promise<WireDeadLetter> {
    const letters = await this.list(query);
    if (letters.length !== 1 || !letters[0]) throw new Error(`${String(letters.length)} dead letters, not one`);
    return letters[0];
  }

  async show(id: string): Promise<ShownDeadLetter> {
    return (await this.get(`/${id}`).expect(200)).body as ShownDeadLetter;
  }

  /** Everything that was fed so far. */
  async consume(): Promise<void> {
    const read = (await this.ingest.coverage()).total;
    await this.ingest.consume(0, BigInt(read.offsets));
  }

  /** Publishes what is due until nothing is. */
  async publish(): Promise<void> {
    while (await this.relay.publishOnce());
  }

  /** Asks for it, publishes it and lets ingest see it; resolves with the row as it then stands. */
  async replay(id: string): Promise<WireDeadLetter> {
    await this.post(`/${id}/replay`).expect(202);
    await this.publish();
    await this.consume();
    return this.show(id);
  }

  /** Own operations of a name that wait in the outbox, oldest first. */
  async recorded(traceName: string): Promise<Record<string, unknown>[]> {
    const rows = await this.ingest.database.query<{ payload: string }>(
      'SELECT payload FROM trace_outbox ORDER BY created_at',
    );
    const events = rows.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
    return events.filter((event) => event.trace_name === traceName);
  }

  async reset(): Promise<void> {
    await this.ingest.reset();
    this.producer.sent.length = 0;
    this.producer.refuses = () => null;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.ingest.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

async function login(app: NestFastifyApplication, user: Record<string, unknown>): Promise<string> {
  const response = await request(app.getHttpServer()).post('/v3/auth/tokens').send(passwordLogin(user)).expect(201);
  return String(response.headers['x-subject-token']);
}
