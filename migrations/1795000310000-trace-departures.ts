import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which rows of each domain and log have left with a day: those up to `last_seq`, all recorded before `recorded_before`. So a
 * follower of the change feed who had not come as far learns that it missed some (design §5 "Sequence").
 */
export class TraceDepartures1795000310000 implements MigrationInterface {
  readonly name = 'TraceDepartures1795000310000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE trace_departures (
      domain_id text COLLATE "C" NOT NULL,
      log integer NOT NULL,
      recorded_before timestamptz NOT NULL,
      last_seq bigint NOT NULL,
      departed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (domain_id, log, recorded_before)
    )`);
    await runner.query('CREATE INDEX trace_departures_log ON trace_departures (log)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trace_departures');
  }
}
