import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What tenants may use, what they use, and what is promised to them (design §8).
 *
 * Every key leads with `domain_id`, but for the catalogue of definitions, which is one for the installation. A scope is text,
 * `domain`, `project/<id>`, `user/<project>/<id>` or `instance/<project>/<id>` with `%` and `/` of an id percent-encoded; in byte
 * order `domain` comes first. The counter of scope `domain` is the lock of its domain and key: whoever changes anything of them
 * below holds it first (docs/quotas.md, "Locks").
 */
export class Quotas1795010000000 implements MigrationInterface {
  readonly name = 'Quotas1795010000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE quota_history, quota_idempotency, quota_closures, quota_ledger, quota_reservation_items, quota_reservations, ' +
        'quota_counters, quota_specs, quota_grants, quota_limits, quota_definitions, quota_catalogue',
    );
  }
}

/** The counters a unit of a scope counts on. A tombstone whose owner nobody told has scope ''. */
const LEVELS = `GENERATED ALWAYS AS (
  CASE WHEN scope = '' THEN '{}'::text[]
       WHEN scope = 'domain' THEN ARRAY['domain']
       WHEN scope LIKE 'project/%' THEN ARRAY[scope, 'domain']
       ELSE ARRAY[scope, 'project/' || split_part(scope, '/', 2), 'domain'] END) STORED`;

const STATEMENTS = [
  // One row: grows with every change of a definition, so that readers know when theirs are outdated.
  `CREATE TABLE quota_catalogue (
     singleton boolean NOT NULL DEFAULT true CONSTRAINT quota_catalogue_key PRIMARY KEY CHECK (singleton),
     revision bigint NOT NULL DEFAULT 0
   )`,
  'INSERT INTO quota_catalogue DEFAULT VALUES',
  // Deleted ones stay, so that the seed does not bring them back.
  `CREATE TABLE quota_definitions (
     quota_key text COLLATE "C" NOT NULL CONSTRAINT quota_definitions_key PRIMARY KEY,
     version integer NOT NULL,
     document jsonb NOT NULL,
     deleted boolean NOT NULL DEFAULT false,
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  // limit_value -1: unlimited. plane: who set it; a tenant cannot undo what an operator did.
  `CREATE TABLE quota_limits (
     domain_id text COLLATE "C" NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     limit_value bigint NOT NULL CONSTRAINT quota_limits_value CHECK (limit_value >= -1),
     plane text NOT NULL CONSTRAINT quota_limits_plane CHECK (plane IN ('operator', 'tenant')),
     reason text NOT NULL,
     version integer NOT NULL DEFAULT 1,
     set_by jsonb NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT quota_limits_key PRIMARY KEY (domain_id, quota_key, scope)
   )`,
  // until_at infinity: until revoked.
  `CREATE TABLE quota_grants (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     limit_value bigint NOT NULL CONSTRAINT quota_grants_value CHECK (limit_value >= -1),
     from_at timestamptz NOT NULL,
     until_at timestamptz NOT NULL,
     reason text NOT NULL,
     granted_by jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     revoked_at timestamptz,
     CONSTRAINT quota_grants_key PRIMARY KEY (domain_id, id),
     CONSTRAINT quota_grants_interval CHECK (from_at < until_at)
   )`,
  'CREATE INDEX quota_grants_of_scope ON quota_grants (domain_id, quota_key, scope, until_at) WHERE revoked_at IS NULL',
  // Which specification an instance was bought with.
  `CREATE TABLE quota_specs (
     domain_id text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     spec text COLLATE "C" NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT quota_specs_key PRIMARY KEY (domain_id, scope)
   )`,
  // No check against the limit: unreserved creations and lowered limits are facts. adjustment: what an authoritative count had
  // beyond the ledger; used = live units of the ledger + adjustment.
  `CREATE TABLE quota_counters (
     domain_id text COLLATE "C" NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     used bigint NOT NULL DEFAULT 0 CONSTRAINT quota_counters_used CHECK (used >= 0),
     reserved bigint NOT NULL DEFAULT 0 CONSTRAINT quota_counters_reserved CHECK (reserved >= 0),
     adjustment bigint NOT NULL DEFAULT 0,
     exceeded boolean NOT NULL DEFAULT false,
     threshold smallint NOT NULL DEFAULT 0,
     threshold_at timestamptz,
     closed_at timestamptz,
     reconciled_at timestamptz,
     CONSTRAINT quota_counters_key PRIMARY KEY (domain_id, quota_key, scope)
   ) WITH (fillfactor = 50)`,
  'CREATE INDEX quota_counters_of_scope ON quota_counters (domain_id, scope)',
  `CREATE TABLE quota_reservations (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     state text NOT NULL CONSTRAINT quota_reservations_state CHECK (state IN ('held', 'committed', 'released')),
     created_by jsonb NOT NULL,
     created_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     ended_at timestamptz,
     CONSTRAINT quota_reservations_key PRIMARY KEY (domain_id, id)
   )`,
  'CREATE INDEX quota_reservations_age ON quota_reservations (expires_at)',
  // space: where its name is unique. region: where it is unique besides, or ''.
  // state settled: its creation was seen before it was committed, and counts already.
  `CREATE TABLE quota_reservation_items (
     domain_id text COLLATE "C" NOT NULL,
     reservation_id text COLLATE "C" NOT NULL,
     item smallint NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     levels text[] COLLATE "C" NOT NULL ${LEVELS},
     amount bigint NOT NULL CONSTRAINT quota_reservation_items_amount CHECK (amount > 0),
     space text COLLATE "C" NOT NULL,
     region text COLLATE "C" NOT NULL,
     resource_name text COLLATE "C",
     state text NOT NULL
       CONSTRAINT quota_reservation_items_state CHECK (state IN ('held', 'settled', 'committed', 'released', 'expired')),
     expires_at timestamptz NOT NULL,
     CONSTRAINT quota_reservation_items_key PRIMARY KEY (domain_id, reservation_id, item),
     CONSTRAINT quota_reservation_items_of FOREIGN KEY (domain_id, reservation_id)
       REFERENCES quota_reservations (domain_id, id) ON DELETE CASCADE
   )`,
  `CREATE INDEX quota_reservation_items_expiry ON quota_reservation_items (domain_id, quota_key, expires_at)
     WHERE state = 'held'`,
  `CREATE INDEX quota_reservation_items_name ON quota_reservation_items (domain_id, quota_key, space, resource_name)
     WHERE state = 'held' AND resource_name IS NOT NULL`,
  // Over all domains: a name that is unique in its region is looked for there.
  `CREATE INDEX quota_reservation_items_region ON quota_reservation_items (region, quota_key, resource_name)
     WHERE state = 'held' AND region <> ''`,
  // One row for each resource that was ever told of; live false: a tombstone. Its last event is the greatest by
  // (event_at, event_log, event_offset); event_log -1: a commit, -2: a baseline. confirmed: a trace told of it, too.
  `CREATE TABLE quota_ledger (
     domain_id text COLLATE "C" NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     space text COLLATE "C" NOT NULL,
     resource_name text COLLATE "C" NOT NULL,
     live boolean NOT NULL,
     scope text COLLATE "C" NOT NULL,
     levels text[] COLLATE "C" NOT NULL ${LEVELS},
     region text COLLATE "C" NOT NULL DEFAULT '',
     amount bigint NOT NULL,
     event_at bigint NOT NULL,
     event_log integer NOT NULL,
     event_offset bigint NOT NULL,
     confirmed boolean NOT NULL,
     reservation_id text COLLATE "C",
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT quota_ledger_key PRIMARY KEY (domain_id, quota_key, space, resource_name)
   )`,
  `CREATE INDEX quota_ledger_region ON quota_ledger (region, quota_key, resource_name) WHERE live AND region <> ''`,
  'CREATE INDEX quota_ledger_tombstones ON quota_ledger (updated_at) WHERE NOT live',
  'CREATE INDEX quota_ledger_unconfirmed ON quota_ledger (domain_id, updated_at) WHERE live AND NOT confirmed',
  // An instance that was deleted, by the order of the trace that said so: nothing that came before it in that order counts.
  `CREATE TABLE quota_closures (
     domain_id text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     event_at bigint NOT NULL,
     event_log integer NOT NULL,
     event_offset bigint NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT quota_closures_key PRIMARY KEY (domain_id, scope)
   )`,
  // caller: the domain and the user of the caller, as one key may mean different things to different callers.
  `CREATE TABLE quota_idempotency (
     domain_id text COLLATE "C" NOT NULL,
     caller text COLLATE "C" NOT NULL,
     idempotency_key text COLLATE "C" NOT NULL,
     request_sha256 bytea NOT NULL,
     answer jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT quota_idempotency_key PRIMARY KEY (domain_id, caller, idempotency_key)
   )`,
  'CREATE INDEX quota_idempotency_age ON quota_idempotency (created_at)',
  // domain_id '': of the installation (definitions).
  `CREATE TABLE quota_history (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     change text NOT NULL,
     before jsonb,
     after jsonb,
     reason text NOT NULL,
     changed_by jsonb NOT NULL,
     changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     CONSTRAINT quota_history_key PRIMARY KEY (domain_id, changed_at, id)
   )`,
];
