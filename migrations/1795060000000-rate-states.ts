import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How far each principal is ahead of its rate quota, for registry services that ask through several processes of ours. Unlogged: after a
 * crash of Postgres everybody has a whole burst again, which harms nobody, and no operation of a registry waits for a disk.
 */
export class RateStates1795060000000 implements MigrationInterface {
  readonly name = 'RateStates1795060000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE UNLOGGED TABLE rate_states (
      domain_id text COLLATE "C" NOT NULL,
      principal_id text COLLATE "C" NOT NULL,
      class text COLLATE "C" NOT NULL,
      arrival_ms double precision NOT NULL,
      CONSTRAINT rate_states_key PRIMARY KEY (domain_id, principal_id, class)
    )`);
    await runner.query('CREATE INDEX rate_states_arrival ON rate_states (arrival_ms)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rate_states');
  }
}
