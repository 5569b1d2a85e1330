import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Specifications of instances are set by operators, versioned like limits; and the ledger remembers since when a resource was
 * there, so that the usage of an earlier instant can be told from it.
 */
export class QuotaSpecs1795030000000 implements MigrationInterface {
  readonly name = 'QuotaSpecs1795030000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE quota_specs
         ADD reason text NOT NULL DEFAULT '',
         ADD version integer NOT NULL DEFAULT 1,
         ADD set_by jsonb NOT NULL DEFAULT '{}'`,
    );
    // Of a tombstone: epoch ms of the creation it ended, 0 where that was before all traces (a baseline), null where nobody told.
    await runner.query('ALTER TABLE quota_ledger ADD live_since bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE quota_ledger DROP live_since; ALTER TABLE quota_specs DROP reason, DROP version, DROP set_by',
    );
  }
}
