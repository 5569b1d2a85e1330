/** The CTS endpoints over HTTP with nothing else of the service: a guard that believes a header stands for identity. */
import {
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  Module,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../../src/kernel/clock.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { createHttpApp } from '../../../src/platform/http/create-app.js';
import { REQUIREMENT, type Requirement } from '../../../src/platform/http/requires.js';
import { createLogger, Logger } from '../../../src/platform/logging/logger.js';
import { Metrics } from '../../../src/platform/metrics/metrics.js';
import { CLOCK } from '../../../src/platform/tokens.js';
import { ConfigurationController } from '../../../src/traces/configuration.controller.js';
import { ConfigurationService } from '../../../src/traces/configuration.service.js';
import { ConfigurationStore } from '../../../src/traces/configuration.store.js';
import { CtsLookupsController } from '../../../src/traces/cts-lookups.controller.js';
import { CtsLookupsStore } from '../../../src/traces/cts-lookups.store.js';
import { CtsTracesController } from '../../../src/traces/cts-traces.controller.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { RetentionController } from '../../../src/traces/retention.controller.js';
import { RetentionMetrics } from '../../../src/traces/retention.metrics.js';
import { RetentionService } from '../../../src/traces/retention.service.js';
import { RetentionStore } from '../../../src/traces/retention.store.js';
import { RETENTION_SETTINGS } from '../../../src/traces/retention-settings.js';
import { RetentionTraces } from '../../../src/traces/retention-traces.service.js';
import { TraceOutboxStore } from '../../../src/traces/trace-outbox.store.js';
import { TraceQueryService } from '../../../src/traces/trace-query.service.js';
import { TraceQueryStore } from '../../../src/traces/trace-query.store.js';
import { TraceRecorder } from '../../../src/traces/trace-recorder.service.js';
import { OPERATOR_DOMAIN } from '../../../src/traces/traces.tokens.js';

export const CALLER = {
  userId: 'user-1',
  userName: 'ann',
  domainId: 'domain-1',
  domainName: 'acme',
  projectId: 'project-1',
  groups: [],
  isOperator: false,
  isAdministrator: true,
  accessKeyId: null,
  mfaAt: null,
  isFederated: false,
};

/** `x-domain` says whose user is calling; requirements are noted, and those of the operator plane need `x-operator`. */
@Injectable()
class HeaderGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const requirement = this.reflector.getAllAndOverride<Requirement | undefined>(REQUIREMENT, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (requirement === undefined) throw new Error('the route has no @Requires');
    if (requirement.plane === 'operator' && request.headers['x-operator'] === undefined) throw new ForbiddenException();
    request.principal = { ...CALLER, domainId: String(request.headers['x-domain'] ?? CALLER.domainId) };
    return true;
  }
}

@Module({})
class CtsTestModule {}

export async function startCtsApp(
  database: Database,
  clock: Clock,
  retentionDays = 7,
): Promise<NestFastifyApplication> {
  const config = loadConfig({});
  const log = createLogger({ level: 'silent', secrets: [] });
  const stores: Type[] = [
    ConfigurationStore,
    CtsLookupsStore,
    DayPartitions,
    RetentionStore,
    TraceOutboxStore,
    TraceQueryStore,
  ];
  const module: DynamicModule = {
    module: CtsTestModule,
    controllers: [CtsTracesController, CtsLookupsController, ConfigurationController, RetentionController],
    providers: [
      ...stores,
      ConfigurationService,
      RetentionMetrics,
      RetentionService,
      RetentionTraces,
      TraceQueryService,
      TraceRecorder,
      Metrics,
      { provide: Database, useValue: { ...forwarded(database) } },
      { provide: CLOCK, useValue: clock },
      { provide: OPERATOR_DOMAIN, useValue: () => Promise.resolve(null) },
      { provide: RETENTION_SETTINGS, useValue: { retentionDays } },
      { provide: APP_GUARD, useClass: HeaderGuard },
      { provide: Logger, useValue: log },
    ],
  };
  const app = await createHttpApp(module, config, log);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

/** Without its life cycle: the suite closes the database itself. */
function forwarded(database: Database): Pick<Database, 'query' | 'read' | 'transaction' | 'withConnection'> {
  return {
    query: database.query.bind(database),
    read: database.read.bind(database),
    transaction: database.transaction.bind(database),
    withConnection: database.withConnection.bind(database),
  };
}
