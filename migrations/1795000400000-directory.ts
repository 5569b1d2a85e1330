import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The whole directory: sub-projects, groups, what the IAM API tells of users, temporary and long-term credentials of the
 * registry, second factors, revoked tokens, the throttle of failed logins, regions (design §6; domain/iam.md §4, §5).
 *
 * Every key leads with `domain_id`, but for what exists before a domain is known (throttle) or belongs to none (regions).
 */
export class Directory1795000400000 implements MigrationInterface {
  readonly name = 'Directory1795000400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE encryption_check, regions, login_throttle, token_revocations, mfa_devices, registry_credentials, group_members, groups',
    );
    await runner.query(
      'ALTER TABLE access_keys DROP description, DROP last_used_at, DROP updated_at; ' +
        'ALTER TABLE users DROP description, DROP email, DROP access_mode, DROP password_changed_at, DROP last_login_at; ' +
        'ALTER TABLE projects DROP parent_id, DROP description, DROP updated_at; ' +
        'ALTER TABLE signing_keys DROP retired_at',
    );
  }
}

const STATEMENTS = [
  // parent_id: null for the project of a region, else that project.
  `ALTER TABLE projects
     ADD parent_id text COLLATE "C",
     ADD description text NOT NULL DEFAULT '',
     ADD updated_at timestamptz NOT NULL DEFAULT now(),
     ADD CONSTRAINT projects_parent FOREIGN KEY (domain_id, parent_id) REFERENCES projects (domain_id, id)`,
  'CREATE INDEX projects_of_parent ON projects (domain_id, parent_id) WHERE parent_id IS NOT NULL',
  `ALTER TABLE users
     ADD description text NOT NULL DEFAULT '',
     ADD email text NOT NULL DEFAULT '',
     ADD access_mode text NOT NULL DEFAULT 'default'
       CONSTRAINT users_access_mode CHECK (access_mode IN ('default', 'programmatic', 'console')),
     ADD password_changed_at timestamptz NOT NULL DEFAULT now(),
     ADD last_login_at timestamptz`,
  `ALTER TABLE access_keys
     ADD description text NOT NULL DEFAULT '',
     ADD last_used_at timestamptz,
     ADD updated_at timestamptz NOT NULL DEFAULT now()`,
  // Set: signs nothing any more, and verifies only what it signed before.
  'ALTER TABLE signing_keys ADD retired_at timestamptz',
  `CREATE TABLE groups (
     domain_id text COLLATE "C" NOT NULL CONSTRAINT groups_domain REFERENCES domains,
     id text COLLATE "C" NOT NULL CONSTRAINT groups_id UNIQUE,
     name text COLLATE "C" NOT NULL,
     description text NOT NULL DEFAULT '',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT groups_key PRIMARY KEY (domain_id, id),
     CONSTRAINT groups_name UNIQUE (domain_id, name)
   )`,
  `CREATE TABLE group_members (
     domain_id text COLLATE "C" NOT NULL,
     user_id text COLLATE "C" NOT NULL,
     group_id text COLLATE "C" NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT group_members_key PRIMARY KEY (domain_id, user_id, group_id),
     CONSTRAINT group_members_user FOREIGN KEY (domain_id, user_id) REFERENCES users ON DELETE CASCADE,
     CONSTRAINT group_members_group FOREIGN KEY (domain_id, group_id) REFERENCES groups ON DELETE CASCADE
   )`,
  'CREATE INDEX group_members_of_group ON group_members (domain_id, group_id)',
  // instance_id '': the shared edition. expires_at null: long-term. secret_hash: SHA-256 of a random secret.
  `CREATE TABLE registry_credentials (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL CONSTRAINT registry_credentials_id UNIQUE,
     project_id text COLLATE "C" NOT NULL,
     instance_id text COLLATE "C" NOT NULL DEFAULT '',
     user_id text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     secret_hash bytea NOT NULL,
     enabled boolean NOT NULL DEFAULT true,
     expires_at timestamptz,
     last_used_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT registry_credentials_key PRIMARY KEY (domain_id, id),
     CONSTRAINT registry_credentials_project FOREIGN KEY (domain_id, project_id) REFERENCES projects (domain_id, id),
     CONSTRAINT registry_credentials_user FOREIGN KEY (domain_id, user_id) REFERENCES users ON DELETE CASCADE
   )`,
  `CREATE UNIQUE INDEX registry_credentials_name ON registry_credentials (domain_id, project_id, instance_id, name)
     WHERE expires_at IS NULL`,
  'CREATE INDEX registry_credentials_of_user ON registry_credentials (domain_id, user_id)',
  'CREATE INDEX registry_credentials_expiry ON registry_credentials (expires_at) WHERE expires_at IS NOT NULL',
  // last_step: the last time step whose code was used; a code is good once.
  `CREATE TABLE mfa_devices (
     domain_id text COLLATE "C" NOT NULL,
     user_id text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     seed_sealed bytea NOT NULL,
     enabled boolean NOT NULL DEFAULT false,
     last_step bigint NOT NULL DEFAULT -1,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT mfa_devices_key PRIMARY KEY (domain_id, user_id),
     CONSTRAINT mfa_devices_user FOREIGN KEY (domain_id, user_id) REFERENCES users ON DELETE CASCADE
   )`,
  `CREATE TABLE token_revocations (
     domain_id text COLLATE "C" NOT NULL,
     token_id text COLLATE "C" NOT NULL,
     expires_at timestamptz NOT NULL,
     CONSTRAINT token_revocations_key PRIMARY KEY (domain_id, token_id)
   )`,
  'CREATE INDEX token_revocations_expiry ON token_revocations (expires_at)',
  // subject: `user:<domain id>:<user id>`, `name:<hash of what was typed>` where there is no such user, `address:<ip>`.
  `CREATE TABLE login_throttle (
     subject text COLLATE "C" NOT NULL CONSTRAINT login_throttle_key PRIMARY KEY,
     failures integer NOT NULL,
     first_failure_at timestamptz NOT NULL,
     last_failure_at timestamptz NOT NULL,
     locked_until timestamptz
   )`,
  'CREATE INDEX login_throttle_age ON login_throttle (last_failure_at)',
  // allowed_domains: who may have projects in a dedicated region; null for a general one. details: names, zones, features.
  `CREATE TABLE regions (
     id text COLLATE "C" NOT NULL CONSTRAINT regions_key PRIMARY KEY,
     kind text NOT NULL CONSTRAINT regions_kind CHECK (kind IN ('general', 'dedicated')),
     allowed_domains text[] COLLATE "C",
     details jsonb NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT regions_allowed CHECK ((kind = 'dedicated') = (allowed_domains IS NOT NULL))
   )`,
  // One row: a known text under ENCRYPTION_KEY, so that a wrong key is noticed before anything is done with it.
  `CREATE TABLE encryption_check (
     singleton boolean NOT NULL DEFAULT true CONSTRAINT encryption_check_key PRIMARY KEY CHECK (singleton),
     sealed bytea NOT NULL,
     rotated_at timestamptz NOT NULL DEFAULT now()
   )`,
];
