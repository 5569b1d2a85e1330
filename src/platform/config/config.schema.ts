/** The one schema of the configuration: every variable with its form, default, meaning and whether it is a secret. */
import { z } from 'zod';
import { checkOidc, securitySettings } from './security-settings.js';
import { thresholdSettings, webhookSettings } from './traffic-settings.js';
import { flag, identifier, integer, list, metaOf, optionalText, variable, type VariableMeta } from './variable.js';

const role = z.enum(['api', 'ingest', 'jobs']);
export type Role = z.infer<typeof role>;

const encryptionKey = z
  .string()
  .refine((value) => /^[A-Za-z0-9+/]{43}=$/.test(value), 'must be 32 bytes in base64 (44 characters)')
  .optional();

export const configSchema = z
  .object({
    ROLES: variable(list().pipe(z.array(role).min(1)).default(['api', 'ingest', 'jobs']), {
      group: 'Service',
      description: 'What this process does: any of `api`, `ingest`, `jobs`, comma-separated. Each scales by itself.',
    }),
    PORT: variable(integer(8080, 0, 65_535), { group: 'Service', description: 'HTTP port; 0 takes any free one.' }),
    HOST: variable(z.string().min(1).default('127.0.0.1'), { group: 'Service', description: 'Address to listen on.' }),
    DATA_DIR: variable(z.string().min(1).default('.data'), {
      group: 'Service',
      description: 'Where the embedded stack keeps its data, and `runtime.json` and `credentials.json` are written.',
    }),
    LOG_LEVEL: variable(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'), {
      group: 'Service',
      description: 'Least severe level that is logged.',
    }),
    TLS_CERT: variable(optionalText(), {
      group: 'Service',
      description: 'Path of the PEM certificate chain; with `TLS_KEY` the API speaks HTTPS.',
    }),
    TLS_KEY: variable(optionalText(), { group: 'Service', description: 'Path of the PEM private key.' }),
    TRUST_PROXY: variable(optionalText(), {
      group: 'Service',
      description:
        'Proxies whose `X-Forwarded-*` headers are believed: addresses or CIDRs, comma-separated. Needed behind a proxy for the caller’s address and for signatures over the `Host` that the caller sent.',
      example: '10.0.0.0/8',
    }),
    BODY_LIMIT_KIB: variable(integer(1024, 1, 12_288), {
      group: 'Service',
      description: 'Largest request body accepted, in KiB, where a route sets none of its own.',
    }),
    CORS_ORIGINS: variable(list().default([]), {
      group: 'Service',
      description: 'Origins a browser may call from, comma-separated; empty: CORS is off.',
    }),
    API_RATE_FACTOR: variable(z.coerce.number().min(0).max(1_000).default(1), {
      group: 'Service',
      description:
        'Multiplies the rate quotas of the API (docs/quotas.md), which each process counts by itself; 0 switches them off.',
    }),
    SHUTDOWN_TIMEOUT_MS: variable(integer(25_000, 1_000, 600_000), {
      group: 'Service',
      description: 'How long a stop waits for work in hand before it gives up.',
    }),

    DATABASE_URL: variable(z.url({ protocol: /^postgres(ql)?$/ }).optional(), {
      group: 'Postgres',
      description: 'Postgres 18 to use; absent: an embedded one under `DATA_DIR/postgres`.',
      secret: true,
      example: 'postgres://quaestor@localhost:5432/quaestor',
    }),
    DATABASE_POOL: variable(integer(10, 4, 200), {
      group: 'Postgres',
      description: 'Connections for writing, per process.',
    }),
    DATABASE_READ_POOL: variable(integer(10, 1, 200), {
      group: 'Postgres',
      description: 'Connections for searching, per process.',
    }),
    DATABASE_CONNECT_TIMEOUT_MS: variable(integer(5_000, 100, 60_000), {
      group: 'Postgres',
      description: 'How long opening a connection, or waiting for a free one, may take.',
    }),

    KAFKA_BROKERS: variable(list().optional(), {
      group: 'Kafka',
      description:
        'Brokers, `host:port`, comma-separated; absent: an embedded broker that keeps nothing over a restart.',
      example: 'localhost:9092',
    }),
    KAFKA_TOPIC: variable(
      z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,249}$/)
        .default('cts.traces'),
      { group: 'Kafka', description: 'Topic the traces arrive on.' },
    ),
    KAFKA_DLQ_TOPIC: variable(
      z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,249}$/)
        .default('cts.traces.dlq'),
      { group: 'Kafka', description: 'Topic for copies of refused records.' },
    ),
    KAFKA_GROUP_ID: variable(z.string().min(1).max(249).default('quaestor'), {
      group: 'Kafka',
      description: 'Consumer group of the ingest processes.',
    }),
    KAFKA_TLS: variable(flag(false), { group: 'Kafka', description: 'Speak TLS to the brokers.' }),
    KAFKA_TLS_CA: variable(optionalText(), {
      group: 'Kafka',
      description: 'Path of the PEM bundle the brokers’ certificates are checked against; absent: the system’s.',
    }),
    KAFKA_SASL_MECHANISM: variable(z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(), {
      group: 'Kafka',
      description: 'SASL mechanism; absent: none.',
    }),
    KAFKA_SASL_USERNAME: variable(optionalText(), { group: 'Kafka', description: 'SASL user.' }),
    KAFKA_SASL_PASSWORD: variable(optionalText(), { group: 'Kafka', description: 'SASL password.', secret: true }),
    KAFKA_SESSION_TIMEOUT_MS: variable(integer(10_000, 6_000, 300_000), {
      group: 'Kafka',
      description: 'After this silence the group gives an ingest process’s partitions away.',
    }),

    INGEST_BATCH_ROWS: variable(integer(5_000, 100, 20_000), {
      group: 'Ingest',
      description: 'Most traces written in one transaction.',
    }),
    INGEST_CONCURRENCY: variable(integer(2, 1, 16), {
      group: 'Ingest',
      description: 'Partitions written at the same time, each on a connection of its own.',
    }),
    INGEST_TRANSACTION_TIMEOUT_MS: variable(integer(30_000, 1_000, 300_000), {
      group: 'Ingest',
      description: 'Postgres ends a batch transaction that takes longer, e.g. of a frozen process.',
    }),

    QUERY_TIMEOUT_MS: variable(integer(10_000, 100, 300_000), {
      group: 'Query',
      description: 'Statement timeout of searches.',
    }),

    RETENTION_DAYS: variable(integer(7, 1, 90), {
      group: 'Retention',
      description: 'Days for which traces, roll-ups and dead letters are kept.',
    }),
    RETENTION_INTERVAL_S: variable(integer(300, 10, 86_400), {
      group: 'Retention',
      description: 'Seconds between runs of the retention job.',
    }),

    ENCRYPTION_KEY: variable(encryptionKey, {
      group: 'Security',
      description:
        '32 bytes in base64; encrypts access-key secrets and signing keys in the database. Required with `DATABASE_URL`, else generated into `DATA_DIR`.',
      secret: true,
    }),
    ...securitySettings,
    SIGNATURE_REPLAY_CACHE: variable(integer(0, 0, 1_000_000), {
      group: 'Security',
      description:
        'Request signatures remembered, per process, so that none is accepted twice; 0: a signature can be repeated for 15 minutes. Beyond the number the oldest is forgotten. On, it also refuses clients that sign the same request twice within a second.',
    }),
    REGISTRY_ADDRESS: variable(
      z
        .string()
        .regex(/^[A-Za-z0-9.:{}-]{1,253}$/, 'must be a host with an optional port')
        .default('swr.{region}.internal'),
      {
        group: 'Service',
        description: 'Address of the registry in login commands; `{region}` stands for the region of the project.',
      },
    ),
    REGISTRY_LOGIN_TTL_HOURS: variable(integer(24, 1, 720), {
      group: 'Security',
      description: 'Hours for which a temporary login credential of the registry is valid.',
    }),

    ...thresholdSettings,
    ...webhookSettings,

    BOOTSTRAP_DOMAIN: variable(z.string().min(1).max(64).default('operator'), {
      group: 'First administrator',
      description: 'Name of the operator domain.',
    }),
    BOOTSTRAP_DOMAIN_ID: variable(identifier(), {
      group: 'First administrator',
      description: 'Its id; absent: generated.',
    }),
    BOOTSTRAP_PROJECT: variable(z.string().min(1).max(64).optional(), {
      group: 'First administrator',
      description: 'Name of its project; absent: the region’s.',
    }),
    BOOTSTRAP_PROJECT_ID: variable(identifier(), {
      group: 'First administrator',
      description: 'Its id; absent: generated.',
    }),
    BOOTSTRAP_REGION: variable(z.string().min(1).max(64).default('cn-north-4'), {
      group: 'First administrator',
      description: 'Region of the project.',
    }),
    BOOTSTRAP_USER: variable(z.string().min(1).max(64).default('admin'), {
      group: 'First administrator',
      description: 'Name of the first administrator.',
    }),
    BOOTSTRAP_PASSWORD: variable(z.string().min(8).max(128).optional(), {
      group: 'First administrator',
      description: 'Password; absent: generated.',
      secret: true,
    }),
    BOOTSTRAP_ACCESS_KEY: variable(identifier(), {
      group: 'First administrator',
      description: 'Access key id; absent: generated.',
    }),
    BOOTSTRAP_SECRET_KEY: variable(z.string().min(16).max(128).optional(), {
      group: 'First administrator',
      description: 'Access key secret; absent: generated.',
      secret: true,
    }),
  })
  .superRefine((value, context) => {
    const problem = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (value.DATABASE_URL !== undefined && value.ENCRYPTION_KEY === undefined)
      problem(
        'ENCRYPTION_KEY',
        'is required when DATABASE_URL is set (32 bytes in base64, e.g. from: openssl rand -base64 32)',
      );
    if ((value.TLS_CERT === undefined) !== (value.TLS_KEY === undefined))
      problem('TLS_KEY', 'TLS_CERT and TLS_KEY go together');
    if (value.KAFKA_BROKERS?.length === 0) problem('KAFKA_BROKERS', 'names no broker');
    if (
      value.KAFKA_SASL_MECHANISM !== undefined &&
      (value.KAFKA_SASL_USERNAME === undefined || value.KAFKA_SASL_PASSWORD === undefined)
    )
      problem('KAFKA_SASL_MECHANISM', 'needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD');
    checkOidc(value, problem);
  });

/** The configuration as read: one property per environment variable, converted and with its default. */
export type Config = Readonly<z.infer<typeof configSchema>>;

/** Every variable in the order of the schema, with what documentation needs. */
export function describeVariables(): { name: string; fallback: string; meta: VariableMeta }[] {
  return Object.entries(configSchema.shape).map(([name, schema]) => {
    const meta = metaOf(schema);
    if (meta === undefined) throw new Error(`configuration variable ${name} is not described`);
    const parsed = schema.safeParse(undefined);
    const fallback: unknown = parsed.success ? parsed.data : undefined;
    return { name, meta, fallback: renderFallback(fallback) };
  });
}

function renderFallback(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : JSON.stringify(value);
}
