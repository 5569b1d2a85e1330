/** The API with quotas on a database of its own, fed with traces by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { migrations } from '../../../migrations/index.js';
import { AppModule } from '../../../src/app.module.js';
import { BootstrapService, type Credentials } from '../../../src/identity/index.js';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { createHttpApp } from '../../../src/platform/http/create-app.js';
import type { LogInspector } from '../../../src/platform/kafka/log-consumer.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { LOG_INSPECTOR, LOG_PRODUCER } from '../../../src/platform/tokens.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { LogReader } from '../../../src/traces/log-reader.service.js';
import { createTestDatabase } from '../../support/database.js';
import { FakeLog } from '../ingest/harness.js';

export const PASSWORD = 'correct horse battery';

export interface Tenant {
  readonly domain: { readonly id: string; readonly name: string };
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  /** The first of them. */
  readonly project: { readonly id: string; readonly name: string };
  readonly administrator: { readonly id: string; readonly name: string };
  readonly token: string;
}

type Scope = Record<string, unknown>;

export class QuotasApp {
  private readonly logs = new Map<number, FakeLog>();
  operatorToken = '';
  /** Lines of level warn and above: a healthy run has none of level error. */
  readonly lines: string[] = [];

  private constructor(
    readonly app: NestFastifyApplication,
    readonly databaseUrl: string,
    readonly credentials: Credentials,
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<QuotasApp> {
    const { url, drop } = await createTestDatabase(migrations);
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-quotas-'));
    const lines: string[] = [];
    const config = loadConfig({ ROLES: 'api', DATABASE_POOL: '6', DATA_DIR: dataDir, ...environment });
    const logger = createLogger({
      level: 'warn',
      secrets: [],
      destination: { write: (line) => void lines.push(line) },
    });
    const settings = { config, databaseUrl: url, brokers: ['127.0.0.1:1'], encryptionKey: Buffer.alloc(32, 7), logger };
    const app = await createHttpApp(AppModule.forRoot({ ...settings, migrations }), config, logger);
    await app.init();
    const { credentials } = await app.get(BootstrapService, { strict: false }).run(join(dataDir, 'credentials.json'));
    await app.getHttpAdapter().getInstance().ready();
    await app.get(DayPartitions, { strict: false }).ensure(Date.now() - 8 * DAY_MS, Date.now() + 2 * DAY_MS);
    const quotas = new QuotasApp(app, url, credentials, async () => {
      await app.close();
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    });
    Object.assign(quotas, { lines });
    Object.assign(app.get<LogInspector>(LOG_INSPECTOR, { strict: false }), {
      watermarks: () => Promise.resolve(new Map([...quotas.logs].map(([partition, log]) => [partition, log]))),
    });
    // The outbox keeps what is published until it is stored, so that the suites can read it there.
    Object.assign(app.get<object>(LOG_PRODUCER, { strict: false }), { send: () => Promise.resolve([]) });
    const { user, domain } = credentials;
    quotas.operatorToken = await quotas.login(user.name, String(user.password), domain.name);
    return quotas;
  }

  get database(): Database {
    return this.app.get(Database, { strict: false });
  }

  http() {
    return request(this.app.getHttpServer());
  }

  async login(name: string, password: string, domain: string): Promise<string> {
    const user = { name, password, domain: { name: domain } };
    const response = await this.http()
      .post('/v3/auth/tokens')
      .send({ auth: { identity: { methods: ['password'], password: { user } } } })
      .expect(201);
    return String(response.headers['x-subject-token']);
  }

  async tenant(
    name: string,
    given: { id?: string; projects?: { id?: string; region?: string }[] } = {},
  ): Promise<Tenant> {
    const projects = (given.projects ?? [{}]).map(({ id, region = 'cn-north-4' }, index) => ({
      name: `project-${String(index)}`,
      region,
      ...(id !== undefined && { id }),
    }));
    const { body } = await this.post('/v1/domains', {
      name,
      ...(given.id !== undefined && { id: given.id }),
      projects,
      administrator: { name: 'root', password: PASSWORD },
    }).expect(201);
    return { ...body, project: body.projects[0], token: await this.login('root', PASSWORD, name) } as Tenant;
  }

  get(path: string, token = this.operatorToken) {
    return this.http().get(path).set('X-Auth-Token', token);
  }
  post(path: string, body: object = {}, token = this.operatorToken) {
    return this.http().post(path).set('X-Auth-Token', token).send(body);
  }
  put(path: string, body: object, token = this.operatorToken) {
    return this.http().put(path).set('X-Auth-Token', token).send(body);
  }
  delete(path: string, body: object, token = this.operatorToken) {
    return this.http().delete(path).set('X-Auth-Token', token).send(body);
  }

  reserve(domainId: string, scope: Scope, name: string, more: { key?: string; ttl?: number; dry?: boolean } = {}) {
    const sent = this.post('/v1/quotas/reservations', {
      domain_id: domainId,
      items: [{ quota_key: 'namespace', scope, amount: 1, resource_name: name }],
      ...(more.ttl !== undefined && { ttl_seconds: more.ttl }),
      ...(more.dry !== undefined && { dry_run: more.dry }),
    });
    return more.key === undefined ? sent : sent.set('Idempotency-Key', more.key);
  }

  /** Reads the events as one partition's next records, in this order. */
  async ingest(events: readonly object[], partition = 0): Promise<void> {
    const log = this.logs.get(partition) ?? new FakeLog(partition);
    this.logs.set(partition, log);
    const reader = this.app.get(LogReader, { strict: false });
    let position = log.high;
    log.append(...events);
    for (;;) {
      const batch = log.batch(position, 500);
      if (batch === null) return;
      const outcome = await reader.handle(batch, { heartbeat: () => Promise.resolve(), isRunning: () => true });
      if (outcome.kind === 'pause') throw new Error(`paused: ${JSON.stringify(outcome)}`);
      position = outcome.kind === 'advance' ? outcome.nextOffset : outcome.offset;
    }
  }

  /** As if this long had passed for all that is held. */
  async pass(ms: number): Promise<void> {
    for (const table of ['quota_reservations', 'quota_reservation_items'])
      await this.database.query(`UPDATE ${table} SET expires_at = expires_at - $1 * interval '1 millisecond'`, [ms]);
  }

  /** `key scope` → `[used, reserved]`, without those at zero. */
  async counters(domainId: string): Promise<Record<string, [number, number]>> {
    const rows = await this.database.query<{ quota_key: string; scope: string; used: string; reserved: string }>(
      'SELECT quota_key, scope, used, reserved FROM quota_counters WHERE domain_id = $1 AND (used, reserved) <> (0, 0)',
      [domainId],
    );
    return Object.fromEntries(
      rows.map((row) => [`${row.quota_key} ${row.scope}`, [Number(row.used), Number(row.reserved)]]),
    );
  }

  /** Names of our own operations in the outbox, oldest first. */
  async recorded(domainId: string): Promise<Record<string, unknown>[]> {
    const rows = await this.database.query<{ payload: string }>(
      'SELECT payload FROM trace_outbox WHERE domain_id = $1 ORDER BY created_at',
      [domainId],
    );
    return rows.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
  }

  stop(): Promise<void> {
    return this.cleanUp();
  }
}
