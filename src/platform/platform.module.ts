/** What every capability may inject: configuration, clock, log, metrics, the database and the Kafka adapters. */
import { readFileSync } from 'node:fs';
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { type Clock, systemClock } from '../kernel/clock.js';
import type { Config } from './config/config.schema.js';
import { createReadPool, type DatabaseSettings, dataSourceOptions } from './database/data-source.js';
import { Database, READ_POOL } from './database/database.js';
import { migrate } from './database/migrate.js';
import { Notifications } from './database/notifications.js';
import { DatabaseChecks } from './health/database.check.js';
import { HealthController } from './health/health.controller.js';
import { Readiness } from './health/readiness.js';
import { CursorSigner } from './http/cursor-signer.js';
import { Idempotency } from './http/idempotency.js';
import { IdempotencyStore } from './http/idempotency.store.js';
import type { KafkaLog } from './kafka/kafka-log.js';
import type { KafkaSettings } from './kafka/kafkajs.client.js';
import { KafkaJsConsumer } from './kafka/kafkajs.consumer.js';
import { KafkaJsInspector } from './kafka/kafkajs.inspector.js';
import { KafkaJsProducer } from './kafka/kafkajs.producer.js';
import { Logger } from './logging/logger.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { PoolMetrics } from './metrics/pool-metrics.js';
import {
  CLOCK,
  CONFIG,
  DATABASE_SETTINGS,
  ENCRYPTION_KEY_TOKEN,
  LOG_CONSUMER,
  LOG_INSPECTOR,
  LOG_PRODUCER,
} from './tokens.js';

/** What is settled before the application exists. */
export interface PlatformSettings {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly encryptionKey: Buffer;
  readonly logger: Logger;
  readonly migrations: readonly (new () => unknown)[];
  readonly clock?: Clock;
}

@Global()
@Module({})
export class PlatformModule {
  static forRoot(settings: PlatformSettings): DynamicModule {
    const database = databaseSettings(settings);
    return {
      module: PlatformModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...dataSourceOptions(database), autoLoadEntities: true, retryAttempts: 0 }),
          dataSourceFactory: openMigrated,
        }),
      ],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: CONFIG, useValue: settings.config },
        { provide: CLOCK, useValue: settings.clock ?? systemClock },
        { provide: ENCRYPTION_KEY_TOKEN, useValue: settings.encryptionKey },
        { provide: DATABASE_SETTINGS, useValue: database },
        { provide: Logger, useValue: settings.logger },
        { provide: READ_POOL, useFactory: () => createReadPool(database) },
        ...kafkaProviders(settings),
        CursorSigner,
        IdempotencyStore,
        Idempotency,
        Metrics,
        PoolMetrics,
        Readiness,
        DatabaseChecks,
        Database,
        Notifications,
      ],
      exports: [
        CONFIG,
        CLOCK,
        DATABASE_SETTINGS,
        ENCRYPTION_KEY_TOKEN,
        LOG_CONSUMER,
        LOG_INSPECTOR,
        LOG_PRODUCER,
        CursorSigner,
        Idempotency,
        Logger,
        Metrics,
        Readiness,
        Database,
        Notifications,
        READ_POOL,
      ],
    };
  }
}

export function databaseSettings({ config, databaseUrl, logger, migrations }: PlatformSettings): DatabaseSettings {
  return {
    url: databaseUrl,
    poolSize: config.DATABASE_POOL,
    readPoolSize: config.DATABASE_READ_POOL,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    queryTimeoutMs: config.QUERY_TIMEOUT_MS,
    migrations,
    onPoolError: (error) => {
      logger.warn('a database connection was lost', { error });
    },
  };
}

/** The schema is brought up to date before anything else may use it. */
async function openMigrated(options?: DataSourceOptions): Promise<DataSource> {
  if (options === undefined) throw new Error('the database is not configured');
  const dataSource = await new DataSource(options).initialize();
  await migrate(dataSource);
  return dataSource;
}

function kafkaProviders({ config, brokers, logger }: PlatformSettings): Provider[] {
  const settings = kafkaSettings(config, brokers);
  const log = kafkaLogTo(logger);
  const consumer = {
    topic: config.KAFKA_TOPIC,
    groupId: config.KAFKA_GROUP_ID,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    heartbeatIntervalMs: Math.round(config.KAFKA_SESSION_TIMEOUT_MS / 10),
    concurrency: config.INGEST_CONCURRENCY,
  };
  return [
    {
      provide: LOG_CONSUMER,
      useFactory: (clock: Clock) => new KafkaJsConsumer(settings, consumer, clock, log),
      inject: [CLOCK],
    },
    { provide: LOG_INSPECTOR, useFactory: () => new KafkaJsInspector(settings, log) },
    { provide: LOG_PRODUCER, useFactory: () => new KafkaJsProducer(settings, log) },
  ];
}

export function kafkaSettings(config: Config, brokers: readonly string[]): KafkaSettings {
  const ca = config.KAFKA_TLS_CA === undefined ? undefined : readFileSync(config.KAFKA_TLS_CA, 'utf8');
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  return {
    brokers,
    clientId: 'quaestor',
    ssl: config.KAFKA_TLS && ca !== undefined ? { ca } : config.KAFKA_TLS,
    sasl: mechanism && username && password ? { mechanism, username, password } : null,
    connectionTimeoutMs: 5_000,
    requestTimeoutMs: 15_000,
  };
}

function kafkaLogTo(logger: Logger): KafkaLog {
  return ({ level, message, fields }) => {
    logger[level](message, fields);
  };
}
