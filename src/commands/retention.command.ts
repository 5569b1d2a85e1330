/** Opens the database that `npm run retention` works on, and hands over to the traces capability. */
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { migrations } from '../../migrations/index.js';
import { OperatorDirectory } from '../identity/index.js';
import { loadConfig } from '../platform/config/load-config.js';
import { createLogger } from '../platform/logging/logger.js';
import { NestLogger } from '../platform/logging/nest-logger.js';
import { InstallationOwner, retentionCommand, RetentionService } from '../traces/index.js';
import { runningService } from './running-service.js';

export async function retention(args: readonly string[]): Promise<number> {
  let close: () => Promise<void> = () => Promise.resolve();
  try {
    return await retentionCommand(args, async () => {
      const app = await openContext();
      close = () => app.close();
      const owner = await app.get(OperatorDirectory, { strict: false }).find();
      if (owner !== null) app.get(InstallationOwner, { strict: false }).set(owner);
      return {
        retention: app.get(RetentionService, { strict: false }),
        stdout: (line) => console.log(line),
        stderr: (line) => console.error(line),
      };
    });
  } finally {
    await close();
  }
}

/** Without roles nothing is consumed, scheduled or served; the run's own trace waits in the outbox for the service. */
function openContext(): Promise<INestApplicationContext> {
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
