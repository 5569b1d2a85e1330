import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One default project per region and domain, regions that were withdrawn, the telephone of a user, and the answers kept for
 * `Idempotency-Key` (design §6, §10).
 *
 * Where a domain has several projects in a region already, the first stays its default and the others become parts of it.
 */
export class RegionsAndIdempotency1795000600000 implements MigrationInterface {
  readonly name = 'RegionsAndIdempotency1795000600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE idempotency_keys; DROP INDEX projects_of_region; ALTER TABLE regions DROP withdrawn_at; ' +
        'ALTER TABLE users DROP areacode, DROP phone',
    );
  }
}

const STATEMENTS = [
  `ALTER TABLE users ADD areacode text NOT NULL DEFAULT '', ADD phone text NOT NULL DEFAULT ''`,
  // Set: taken away by an operator, and not to come back with the next start.
  'ALTER TABLE regions ADD withdrawn_at timestamptz',
  `UPDATE projects p SET parent_id = first.id
   FROM (SELECT DISTINCT ON (domain_id, region) domain_id, region, id FROM projects
         WHERE parent_id IS NULL ORDER BY domain_id, region, created_at, id) first
   WHERE p.domain_id = first.domain_id AND p.region = first.region AND p.parent_id IS NULL AND p.id <> first.id`,
  'CREATE UNIQUE INDEX projects_of_region ON projects (domain_id, region) WHERE parent_id IS NULL',
  // fingerprint: SHA-256 of what was asked. answer: the body, JSON.
  `CREATE TABLE idempotency_keys (
     domain_id text COLLATE "C" NOT NULL,
     user_id text COLLATE "C" NOT NULL,
     idempotency_key text COLLATE "C" NOT NULL,
     fingerprint bytea NOT NULL,
     answer text,
     expires_at timestamptz NOT NULL,
     CONSTRAINT idempotency_keys_key PRIMARY KEY (domain_id, user_id, idempotency_key)
   )`,
  'CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)',
];
