/** Runs the service from its first configuration value to its last connection. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { BootstrapService, EncryptionKeyCheck } from './identity/index.js';
import { migrations } from '../migrations/index.js';
import type { Config } from './platform/config/config.schema.js';
import { createHttpApp } from './platform/http/create-app.js';
import { serveOpenApi } from './platform/http/openapi.js';
import { createLogger, type Logger } from './platform/logging/logger.js';
import { startStack, type Stack, writePrivately } from './stack.js';
import { InstallationOwner } from './traces/index.js';

export interface RunningService {
  /** Where the API listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly dataDir: string;
  /** Drains, leaves the group, closes, and stops what was started for it. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** Where log lines go; absent: standard output. */
  readonly logTo?: NodeJS.WritableStream;
}

export async function serve(config: Config, { logTo }: ServeOptions = {}): Promise<RunningService> {
  const startedAt = Date.now();
  const stack = await startStack(config, (line) => {
    if (config.LOG_LEVEL === 'debug' || config.LOG_LEVEL === 'trace') process.stderr.write(`${line}\n`);
  });
  const logger = createLogger({
    level: config.LOG_LEVEL,
    secrets: secretsOf(config, stack),
    ...(logTo !== undefined && { destination: logTo }),
  });
  let app: NestFastifyApplication | undefined;
  try {
    app = await createHttpApp(AppModule.forRoot({ config, logger, migrations, ...stack }), config, logger);
    const url = await open(app, config, stack);
    const runtimeFile = writeRuntime(config, stack, url, startedAt);
    logger.info('ready', { url, roles: config.ROLES, ms: Date.now() - startedAt });
    return {
      url,
      dataDir: stack.dataDir,
      stop: () => stop(app, stack, runtimeFile, { logger, graceMs: config.SHUTDOWN_TIMEOUT_MS }),
    };
  } catch (error) {
    await stop(app, stack, null, { logger, graceMs: config.SHUTDOWN_TIMEOUT_MS });
    throw error;
  }
}

/** Checks the key before anything begins to work, and bootstraps before it listens: whoever can connect can also sign in. */
async function open(app: NestFastifyApplication, config: Config, stack: Stack): Promise<string> {
  serveOpenApi(app);
  await app.get(EncryptionKeyCheck, { strict: false }).claim();
  await app.init();
  const { credentials } = await app
    .get(BootstrapService, { strict: false })
    .run(join(stack.dataDir, 'credentials.json'));
  app
    .get(InstallationOwner, { strict: false })
    .set({ domainId: credentials.domain.id, projectId: credentials.project.id });
  await app.listen(config.PORT, config.HOST);
  return urlOf(app, config);
}

function urlOf(app: NestFastifyApplication, config: Config): string {
  const address = app.getHttpServer().address();
  const port = address !== null && typeof address === 'object' ? address.port : config.PORT;
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
  return `${config.TLS_CERT === undefined ? 'http' : 'https'}://${host}:${String(port)}`;
}

/** `runtime.json` says where things listen, for the commands that work on the running service (contracts.md). */
function writeRuntime(config: Config, stack: Stack, url: string, startedAt: number): string {
  const file = join(stack.dataDir, 'runtime.json');
  const runtime = {
    pid: process.pid,
    http: url,
    kafka: stack.brokers,
    topic: config.KAFKA_TOPIC,
    group_id: config.KAFKA_GROUP_ID,
    database: stack.databaseUrl,
    retention_days: config.RETENTION_DAYS,
    started_at: startedAt,
  };
  writePrivately(file, `${JSON.stringify(runtime)}\n`);
  return file;
}

async function stop(
  app: NestFastifyApplication | undefined,
  stack: Stack,
  runtimeFile: string | null,
  { logger, graceMs }: { logger: Logger; graceMs: number },
): Promise<void> {
  if (runtimeFile !== null) rmSync(runtimeFile, { force: true });
  const server = app?.getHttpServer();
  // A client that reads slowly, or not at all, must not keep what was started here from being stopped in order.
  const impatience = setTimeout(() => {
    logger.warn('requests did not end in time; their connections are cut');
    server?.closeAllConnections();
  }, graceMs);
  try {
    await app?.close();
  } catch (error) {
    logger.error('the service did not close in order', { error });
  } finally {
    clearTimeout(impatience);
    await stack.stop();
  }
}

/** Values that must not stand in any log line, wherever they come from. */
function secretsOf(config: Config, stack: Stack): string[] {
  const passwords = [stack.databaseUrl, config.DATABASE_URL].flatMap((url) => {
    const { password } = url === undefined ? { password: '' } : new URL(url);
    return [password, decodeURIComponent(password)];
  });
  return [
    ...passwords,
    stack.encryptionKey.toString('base64'),
    config.KAFKA_SASL_PASSWORD ?? '',
    config.BOOTSTRAP_PASSWORD ?? '',
    config.BOOTSTRAP_SECRET_KEY ?? '',
  ].filter((secret) => secret !== '');
}
