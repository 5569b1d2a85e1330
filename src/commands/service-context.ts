/** Opens the database of the configuration, or of the running service, for commands that work on it directly. */
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { migrations } from '../../migrations/index.js';
import { loadConfig } from '../platform/config/load-config.js';
import { createLogger } from '../platform/logging/logger.js';
import { NestLogger } from '../platform/logging/nest-logger.js';
import { runningService } from './running-service.js';

/** Without roles nothing is consumed, scheduled or served; the command's own trace waits in the outbox for the service. */
export function openServiceContext(): Promise<INestApplicationContext> {
  const config = loadConfig();
  // Results go to stdout, so what the service would log goes to stderr.
  const logger = createLogger({ level: 'warn', secrets: [], destination: process.stderr });
  // The running service's own retention, not that of this shell: a default here must not drop what the service keeps.
  const service =
    config.DATABASE_URL === undefined
      ? runningService(config)
      : { databaseUrl: config.DATABASE_URL, retentionDays: config.RETENTION_DAYS };
  const settings = {
    config: { ...config, ROLES: [], RETENTION_DAYS: service.retentionDays },
    databaseUrl: service.databaseUrl,
    brokers: ['127.0.0.1:1'],
    encryptionKey: Buffer.alloc(32),
    logger,
    migrations,
  };
  return NestFactory.createApplicationContext(AppModule.forRoot(settings), { logger: new NestLogger(logger) });
}
