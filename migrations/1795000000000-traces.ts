import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The trace table and what ingest keeps beside it (design §5).
 *
 * Partitioned tables have no partitions here: ingest ensures those of the window itself, so that no job outage stops it.
 * `traces` has no primary key of its own: the unique index serves, and leads with `domain_id` as everything does.
 */
export class Traces1795000000000 implements MigrationInterface {
  readonly name = 'Traces1795000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE traces, dead_letters, trace_rollups, ingest_gaps, ingest_logs,
      trace_outbox, actors, trace_recording, trace_configurations, retention_runs, job_leases`);
  }
}

const TRACES = `
  CREATE TABLE traces (
    domain_id text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    record_time timestamptz NOT NULL,
    trace_id text COLLATE "C" NOT NULL,
    log integer NOT NULL,
    seq bigint NOT NULL,
    "time" timestamptz NOT NULL,
    trace_name text COLLATE "C" NOT NULL,
    trace_rating text COLLATE "C" NOT NULL,
    trace_type text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    service_type text COLLATE "C" NOT NULL,
    resource_type text COLLATE "C" NOT NULL,
    resource_name text COLLATE "C",
    resource_id text COLLATE "C",
    resource_account_id text COLLATE "C",
    enterprise_project_id text COLLATE "C",
    user_name text COLLATE "C",
    access_key_id text COLLATE "C",
    source_ip text COLLATE "C",
    code text COLLATE "C",
    api_version text COLLATE "C",
    request_id text COLLATE "C",
    operation_id text COLLATE "C",
    tracker_name text COLLATE "C",
    read_only boolean,
    "user" text,
    message text,
    request text,
    response text,
    location_info text,
    endpoint text,
    resource_url text,
    user_agent text,
    content_length bigint,
    total_time double precision,
    wire_shape text COLLATE "C" NOT NULL,
    content_sha256 bytea NOT NULL,
    extra text,
    verdict text COLLATE "C"
  ) PARTITION BY RANGE (record_time)`;

const TRACE_INDEXES = [
  'CREATE UNIQUE INDEX traces_key ON traces (domain_id, trace_id, record_time)',
  'CREATE INDEX traces_project ON traces (domain_id, project_id, record_time, trace_id)',
  'CREATE INDEX traces_change ON traces (domain_id, log, seq)',
  ...['user_name', 'resource_name', 'resource_id', 'trace_name', 'service_type', 'resource_type'].map(
    (column) => `CREATE INDEX traces_${column} ON traces (domain_id, ${column}, record_time)`,
  ),
  `CREATE INDEX traces_access_key ON traces (domain_id, access_key_id, record_time) WHERE access_key_id IS NOT NULL`,
  `CREATE INDEX traces_enterprise_project ON traces (domain_id, enterprise_project_id, record_time)
     WHERE enterprise_project_id IS NOT NULL AND enterprise_project_id <> '0'`,
  `CREATE INDEX traces_rating ON traces (domain_id, trace_rating, record_time) WHERE trace_rating <> 'normal'`,
];

const DEAD_LETTERS = [
  `CREATE TABLE dead_letters (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     received_at timestamptz NOT NULL,
     domain_id text COLLATE "C",
     trace_id text COLLATE "C",
     log integer NOT NULL,
     topic text NOT NULL,
     "partition" integer NOT NULL,
     "offset" bigint NOT NULL,
     reason text COLLATE "C" NOT NULL,
     detail text NOT NULL,
     state text COLLATE "C" NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'replayed', 'dropped')),
     state_note text,
     record_key bytea,
     value bytea,
     size integer NOT NULL,
     sha256 bytea NOT NULL,
     relayed_at timestamptz
   ) PARTITION BY RANGE (received_at)`,
  'CREATE UNIQUE INDEX dead_letters_key ON dead_letters (id, received_at)',
  'CREATE INDEX dead_letters_received ON dead_letters (received_at, id)',
  'CREATE INDEX dead_letters_unrelayed ON dead_letters (received_at) WHERE relayed_at IS NULL',
];

/**
 * Keyed also by log, so that two logs never wait for each other's rows. Users are not counted: there are nearly as many
 * (user, hour) as traces, and their own index answers for them.
 */
const ROLLUPS = [
  `CREATE TABLE trace_rollups (
     domain_id text COLLATE "C" NOT NULL,
     hour timestamptz NOT NULL,
     log integer NOT NULL,
     project_id text COLLATE "C" NOT NULL,
     event_type text COLLATE "C" NOT NULL,
     service_type text COLLATE "C" NOT NULL,
     resource_type text COLLATE "C" NOT NULL,
     trace_name text COLLATE "C" NOT NULL,
     trace_rating text COLLATE "C" NOT NULL,
     traces bigint NOT NULL
   ) PARTITION BY RANGE (hour)`,
  `CREATE UNIQUE INDEX trace_rollups_key
     ON trace_rollups (domain_id, hour, log, project_id, event_type, service_type, resource_type, trace_name, trace_rating)`,
];

/** One row per incarnation of a partition; the counts always add up to next_offset − first_offset. */
const INGEST = [
  `CREATE TABLE ingest_logs (
     log integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     topic text COLLATE "C" NOT NULL,
     "partition" integer NOT NULL,
     incarnation integer NOT NULL,
     current boolean NOT NULL DEFAULT true,
     epoch bigint NOT NULL DEFAULT 0,
     first_offset bigint NOT NULL,
     next_offset bigint NOT NULL,
     high_watermark bigint NOT NULL,
     next_seq bigint NOT NULL DEFAULT 1,
     stored bigint NOT NULL DEFAULT 0,
     duplicate bigint NOT NULL DEFAULT 0,
     dead_lettered bigint NOT NULL DEFAULT 0,
     filtered bigint NOT NULL DEFAULT 0,
     absent bigint NOT NULL DEFAULT 0,
     evicted bigint NOT NULL DEFAULT 0,
     by_reason jsonb NOT NULL DEFAULT '{}',
     last_offset bigint,
     last_sha256 bytea,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (topic, "partition", incarnation),
     CONSTRAINT ingest_logs_balanced
       CHECK (stored + duplicate + dead_lettered + filtered + absent + evicted = next_offset - first_offset)
   )`,
  'CREATE UNIQUE INDEX ingest_logs_current ON ingest_logs (topic, "partition") WHERE current',
  `CREATE TABLE ingest_gaps (
     log integer NOT NULL REFERENCES ingest_logs ON DELETE CASCADE,
     from_offset bigint NOT NULL,
     to_offset bigint NOT NULL,
     kind text COLLATE "C" NOT NULL CHECK (kind IN ('absent', 'evicted')),
     recorded_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (log, from_offset)
   )`,
];

const AROUND = [
  `CREATE TABLE trace_outbox (
     domain_id text COLLATE "C" NOT NULL,
     trace_id text COLLATE "C" NOT NULL,
     record_key text NOT NULL,
     payload text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     published_at timestamptz,
     attempts integer NOT NULL DEFAULT 0,
     PRIMARY KEY (domain_id, trace_id)
   )`,
  'CREATE INDEX trace_outbox_due ON trace_outbox (published_at NULLS FIRST, created_at)',
  `CREATE TABLE actors (
     domain_id text COLLATE "C" NOT NULL,
     user_name text COLLATE "C" NOT NULL,
     last_seen timestamptz NOT NULL,
     PRIMARY KEY (domain_id, user_name)
   )`,
  `CREATE TABLE trace_recording (
     domain_id text COLLATE "C" PRIMARY KEY,
     enabled boolean NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE TABLE trace_configurations (
     domain_id text COLLATE "C" NOT NULL,
     project_id text COLLATE "C" NOT NULL,
     is_sync_global_trace boolean NOT NULL,
     is_support_read_only boolean NOT NULL,
     support_read_only_services text[] NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (domain_id, project_id)
   )`,
  `CREATE TABLE retention_runs (
     id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
     started_at timestamptz NOT NULL,
     finished_at timestamptz,
     trigger text COLLATE "C" NOT NULL,
     retention_days integer NOT NULL,
     dropped jsonb NOT NULL DEFAULT '[]',
     created jsonb NOT NULL DEFAULT '[]',
     error text
   )`,
  'CREATE INDEX retention_runs_started ON retention_runs (started_at)',
  `CREATE TABLE job_leases (
     name text COLLATE "C" PRIMARY KEY,
     holder text NOT NULL,
     fence bigint NOT NULL,
     expires_at timestamptz NOT NULL
   )`,
];

const STATEMENTS = [TRACES, ...TRACE_INDEXES, ...DEAD_LETTERS, ...ROLLUPS, ...INGEST, ...AROUND];
