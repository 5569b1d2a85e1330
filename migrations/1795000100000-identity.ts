import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who calls: domains with their projects, users and access keys, and the keys that sign tokens (design §6).
 *
 * Every key leads with `domain_id`. Ids and access keys are unique over all domains besides, as the paths of the APIs and
 * signatures name them without a domain; these tables are small, so that a distributed database keeps them whole everywhere.
 */
export class Identity1795000100000 implements MigrationInterface {
  readonly name = 'Identity1795000100000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signing_keys, access_keys, users, projects, domains');
  }
}

const STATEMENTS = [
  `CREATE TABLE domains (
     id text COLLATE "C" NOT NULL CONSTRAINT domains_id PRIMARY KEY,
     name text COLLATE "C" NOT NULL CONSTRAINT domains_name UNIQUE,
     enabled boolean NOT NULL DEFAULT true,
     is_operator boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  // One domain runs the installation.
  'CREATE UNIQUE INDEX domains_operator ON domains (is_operator) WHERE is_operator',
  `CREATE TABLE projects (
     domain_id text COLLATE "C" NOT NULL CONSTRAINT projects_domain REFERENCES domains,
     id text COLLATE "C" NOT NULL CONSTRAINT projects_id UNIQUE,
     name text COLLATE "C" NOT NULL,
     region text COLLATE "C" NOT NULL,
     enabled boolean NOT NULL DEFAULT true,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT projects_key PRIMARY KEY (domain_id, id),
     CONSTRAINT projects_name UNIQUE (domain_id, name)
   )`,
  // tokens_valid_from: tokens issued before it are refused, e.g. those from before a change of the password.
  `CREATE TABLE users (
     domain_id text COLLATE "C" NOT NULL CONSTRAINT users_domain REFERENCES domains,
     id text COLLATE "C" NOT NULL CONSTRAINT users_id UNIQUE,
     name text COLLATE "C" NOT NULL,
     password_hash text,
     enabled boolean NOT NULL DEFAULT true,
     is_administrator boolean NOT NULL DEFAULT false,
     tokens_valid_from timestamptz NOT NULL DEFAULT '-infinity',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT users_key PRIMARY KEY (domain_id, id),
     CONSTRAINT users_name UNIQUE (domain_id, name)
   )`,
  `CREATE TABLE access_keys (
     domain_id text COLLATE "C" NOT NULL,
     access_key text COLLATE "C" NOT NULL CONSTRAINT access_keys_access_key UNIQUE,
     user_id text COLLATE "C" NOT NULL,
     secret_sealed bytea NOT NULL,
     enabled boolean NOT NULL DEFAULT true,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT access_keys_key PRIMARY KEY (domain_id, access_key),
     CONSTRAINT access_keys_user FOREIGN KEY (domain_id, user_id) REFERENCES users ON DELETE CASCADE
   )`,
  'CREATE INDEX access_keys_of_user ON access_keys (domain_id, user_id)',
  `CREATE TABLE signing_keys (
     kid text COLLATE "C" NOT NULL CONSTRAINT signing_keys_kid PRIMARY KEY,
     algorithm text COLLATE "C" NOT NULL,
     public_key text NOT NULL,
     private_key_sealed bytea NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
];
