/** The API role with identity and policies on a database of its own, and what the suites send to it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { AppModule } from '../../../src/app.module.js';
import { migrations } from '../../../migrations/index.js';
import { BootstrapService, type Credentials } from '../../../src/identity/index.js';
import type { Clock } from '../../../src/kernel/clock.js';
import type { Principal } from '../../../src/kernel/principal.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { createHttpApp } from '../../../src/platform/http/create-app.js';
import { CurrentPrincipal, Requires } from '../../../src/platform/http/requires.js';
import type { LogProducer } from '../../../src/platform/kafka/log-consumer.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { PlatformModule } from '../../../src/platform/platform.module.js';
import { LOG_PRODUCER } from '../../../src/platform/tokens.js';
import { attachToUser, bumpPolicies } from '../../../src/policies/policy-state.store.js';
import { ADMINISTRATOR_POLICY_ID } from '../../../src/policies/system-policies.js';
import { createTestDatabase } from '../../support/database.js';
import { EchoController } from './echo.controller.js';

/** Routes of each kind, so that guarding is tested apart from what the capabilities offer. */
@Controller()
class ProbeController {
  @Requires('cts:trace:list', { plane: 'tenant', scope: 'project' })
  @Get('v3/:project_id/probe')
  ofProject(@CurrentPrincipal() principal: Principal): Principal {
    return principal;
  }

  @Requires('cts:trace:listResource', { plane: 'tenant', scope: 'domain' })
  @Get('v3/:domain_id/domain-probe')
  ofDomain(@CurrentPrincipal() principal: Principal): Principal {
    return principal;
  }

  @Requires('ingest:coverage:get', { plane: 'operator' })
  @Get('v1/operator-probe')
  ofOperator(): { ok: boolean } {
    return { ok: true };
  }

  @Requires('iam:probe:get', { plane: 'tenant' })
  @Get('v3/users/probe')
  ofIam(): { ok: boolean } {
    return { ok: true };
  }
}

@Controller()
export class ForgottenController {
  @Get('v1/forgotten')
  forgotten(): { ok: boolean } {
    return { ok: true };
  }
}

/** Runs with the real time and can be moved; the database's clock stays where it is. */
export class MovableClock implements Clock {
  private aheadMs = 0;
  now(): number {
    return Date.now() + this.aheadMs;
  }
  advance(ms: number): void {
    this.aheadMs += ms;
  }
}

export interface LoginBody {
  readonly auth: Record<string, unknown>;
}

export function passwordLogin(user: Record<string, unknown>, scope?: Record<string, unknown>): LoginBody {
  return { auth: { identity: { methods: ['password'], password: { user } }, ...(scope && { scope }) } };
}

export class IdentityApp {
  readonly logLines: string[];
  private constructor(
    readonly app: NestFastifyApplication,
    readonly clock: MovableClock,
    readonly credentials: Credentials,
    readonly dataDir: string,
    lines: string[],
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.logLines = lines;
  }

  /** @param databaseUrl of a database that somebody else drops; by default one of its own */
  static async start(environment: Record<string, string> = {}, databaseUrl?: string): Promise<IdentityApp> {
    const database =
      databaseUrl === undefined
        ? await createTestDatabase(migrations)
        : { url: databaseUrl, drop: () => Promise.resolve() };
    const dataDir = mkdtempSync(join(tmpdir(), 'quaestor-identity-'));
    const lines: string[] = [];
    const clock = new MovableClock();
    const { app } = await openApp(database.url, { DATA_DIR: dataDir, ...environment }, clock, lines);
    const { credentials } = await app.get(BootstrapService, { strict: false }).run(join(dataDir, 'credentials.json'));
    await app.getHttpAdapter().getInstance().ready();
    return new IdentityApp(app, clock, credentials, dataDir, lines, async () => {
      await app.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    });
  }

  get database(): Database {
    return this.app.get(Database, { strict: false });
  }

  http() {
    return request(this.app.getHttpServer());
  }

  async login(user: Record<string, unknown>, scope?: Record<string, unknown>): Promise<string> {
    const response = await this.http().post('/v3/auth/tokens').send(passwordLogin(user, scope)).expect(201);
    const token: unknown = response.headers['x-subject-token'];
    if (typeof token !== 'string') throw new Error('no token came with the login');
    return token;
  }

  /** A request with a token, and a body where one is given. */
  async call(method: string, path: string, token: string, body?: object): Promise<request.Response> {
    const sent = request(this.app.getHttpServer())[method.toLowerCase() as 'get'](path).set('X-Auth-Token', token);
    return body === undefined ? sent : sent.send(body);
  }

  operatorToken(): Promise<string> {
    const { user, domain } = this.credentials;
    return this.login({ name: user.name, password: user.password, domain: { name: domain.name } });
  }

  /** A tenant with one project and an administrator. */
  async createTenant(name = `tenant-${randomBytes(4).toString('hex')}`) {
    const password = 'correct horse battery';
    const { body } = await this.http()
      .post('/v1/domains')
      .set('X-Auth-Token', await this.operatorToken())
      .send({
        name,
        projects: [{ name: 'cn-north-4', region: 'cn-north-4' }],
        administrator: { name: 'root', password },
      })
      .expect(201);
    const domain = body.domain as { id: string; name: string };
    const project = (body.projects as { id: string; name: string }[])[0] ?? { id: '', name: '' };
    const administrator = body.administrator as { id: string; name: string };
    const token = await this.login({ name: 'root', password, domain: { name } });
    return { domain, project, administrator, password, token };
  }

  /** A user of the domain whose administrator the token is of; without any right. */
  async createUser(token: string, name = `user-${randomBytes(4).toString('hex')}`) {
    const password = 'another fine password';
    const { body, status } = await this.call('POST', '/v3/users', token, { user: { name, password } });
    if (status !== 201) throw new Error(JSON.stringify(body));
    const { id } = body.user as { id: string };
    return { id, name, password, token: await this.login({ id, password }) };
  }

  /** What administrators have, for a user who was made by hand. */
  async withPolicies(domainId: string, userId: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await attachToUser(domainId, ADMINISTRATOR_POLICY_ID, userId, transaction);
      await bumpPolicies(domainId, transaction);
    });
  }

  /** Takes every policy from everybody in the domain. */
  async withoutPolicies(domainId: string): Promise<void> {
    await this.database.query('DELETE FROM policy_attachments WHERE domain_id = $1', [domainId]);
    await bumpPolicies(domainId, this.database);
  }

  /** Payloads of the outbox, oldest first. */
  async recorded(): Promise<Record<string, unknown>[]> {
    const rows = await this.database.query<{ payload: string }>('SELECT payload FROM trace_outbox ORDER BY created_at');
    return rows.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
  }

  stop(): Promise<void> {
    return this.cleanUp();
  }
}

const nowhere: LogProducer = {
  send: () => Promise.resolve([]),
  ensureTopic: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

export async function openApp(
  databaseUrl: string,
  environment: Record<string, string>,
  clock: Clock = { now: () => Date.now() },
  lines: string[] = [],
  encryptionKey: Buffer = Buffer.alloc(32, 7),
): Promise<{ app: NestFastifyApplication }> {
  // Suites ask faster than any tenant; the rate quotas have a suite of their own.
  const config = loadConfig({ ROLES: 'api', DATABASE_POOL: '4', API_RATE_FACTOR: '0', ...environment });
  const logger = createLogger({
    level: 'debug',
    secrets: [databaseUrl],
    destination: { write: (line) => void lines.push(line) },
  });
  const settings = { config, databaseUrl, brokers: ['127.0.0.1:1'], encryptionKey, logger, migrations, clock };

  const imports = (AppModule.forRoot(settings).imports ?? []).map((imported) => {
    if (!('module' in imported) || imported.module !== PlatformModule) return imported;
    // The outbox keeps what is published until it is stored, so that the suites can read it there.
    return { ...imported, providers: [...(imported.providers ?? []), { provide: LOG_PRODUCER, useValue: nowhere }] };
  });

  @Module({
    imports: [...imports, DiscoveryModule],
    controllers: [ProbeController, ForgottenController, EchoController],
  })
  class TestAppModule {}

  const app = await createHttpApp(TestAppModule, config, logger);
  await app.init();
  return { app };
}
