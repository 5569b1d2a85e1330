/** The whole trace model over HTTP on real Postgres, fed through the real ingest; a guard that believes headers stands for identity. */
import '../../support/eager-kafkajs.js';
import { type CanActivate, type ExecutionContext, ForbiddenException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import request from 'supertest';
import type { Principal } from '../../../src/kernel/principal.js';
import { ErrorFilter } from '../../../src/platform/http/error.filter.js';
import { REQUIREMENT, type Requirement } from '../../../src/platform/http/requires.js';
import { silentLogger } from '../../../src/platform/logging/logger.js';
import { LOG_PRODUCER } from '../../../src/platform/tokens.js';
import { event, Ingest } from '../ingest/harness.js';

export const HOME = 'home';

export function principal(given: Partial<Principal> = {}): Principal {
  return {
    userId: 'user-1',
    userName: 'ann',
    domainId: HOME,
    domainName: 'home of ann',
    projectId: null,
    groups: [],
    isOperator: false,
    isAdministrator: true,
    accessKeyId: null,
    mfaAt: null,
    isFederated: false,
    ...given,
  };
}

/** `x-domain` and `x-user` say who is calling, `x-operator` that they may look elsewhere. */
class HeaderGuard implements CanActivate {
  readonly asked: string[] = [];

  canActivate(context: ExecutionContext): boolean {
    const { headers, ...rest } = context.switchToHttp().getRequest<FastifyRequest>();
    const requirement = new Reflector().get<Requirement | undefined>(REQUIREMENT, context.getHandler());
    if (requirement === undefined) throw new Error('the route has no @Requires');
    this.asked.push(`${requirement.plane} ${requirement.action}`);
    if (requirement.plane === 'operator' && headers['x-operator'] === undefined) throw new ForbiddenException();
    context.switchToHttp().getRequest<FastifyRequest>().principal = principal({
      domainId: String(headers['x-domain'] ?? HOME),
      userId: String(headers['x-user'] ?? 'user-1'),
      isOperator: headers['x-operator'] !== undefined,
    });
    return rest !== undefined;
  }
}

export type Query = Record<string, string | readonly string[]>;

export class SearchApp {
  private constructor(
    readonly ingest: Ingest,
    readonly app: NestFastifyApplication,
    readonly guard: HeaderGuard,
  ) {}

  static async open(environment: Record<string, string> = {}): Promise<SearchApp> {
    const ingest = await Ingest.open({ ROLES: 'api', ...environment });
    // What the service does itself stays in the outbox: there is no broker to relay it to.
    const producer = ingest.module.get<{ send: () => Promise<void> }>(LOG_PRODUCER);
    jest.spyOn(producer, 'send').mockRejectedValue(new Error('no broker'));
    const app = ingest.module.createNestApplication<NestFastifyApplication>(
      new FastifyAdapter({ forceCloseConnections: true }),
    );
    const guard = new HeaderGuard();
    app.useGlobalGuards(guard);
    app.useGlobalFilters(new ErrorFilter(silentLogger()));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    return new SearchApp(ingest, app, guard);
  }

  /** Stores events through the partition given, as one delivery. */
  async store(events: readonly object[], partition = 0): Promise<void> {
    const log = this.ingest.log(partition);
    const from = log.high;
    log.append(...events);
    await this.ingest.consume(partition, from);
  }

  async get(path: string, query: Query = {}, headers: Record<string, string> = {}): Promise<request.Response> {
    return request(this.app.getHttpServer()).get(`/v1/traces${path}`).query(query).set(headers);
  }

  async close(): Promise<void> {
    await this.app.getHttpAdapter().getInstance().close();
    await this.ingest.close();
  }
}

/** An event of the home domain; `record_time` alone moves both times. */
export function homeEvent(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return event({ domain_id: HOME, user: { id: 'u1', name: 'lin', domain: { id: HOME, name: 'home' } }, ...overrides });
}
