import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which threshold of a counter was told last: within the cooldown none up to it is told again (docs/quotas.md, "Thresholds"). */
export class ThresholdTold1795020100000 implements MigrationInterface {
  readonly name = 'ThresholdTold1795020100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE quota_counters ADD COLUMN threshold_told smallint NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE quota_counters DROP COLUMN threshold_told');
  }
}
