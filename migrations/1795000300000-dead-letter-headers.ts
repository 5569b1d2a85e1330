import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The headers that a refused record came with: `{kept: [[name, value in base64] …], leftOut: number}`; null for none. */
export class DeadLetterHeaders1795000300000 implements MigrationInterface {
  readonly name = 'DeadLetterHeaders1795000300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS headers jsonb');
    await runner.query(DETACHED_DAYS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE dead_letters DROP COLUMN headers');
  }
}

/** A day that retention detached and did not drop yet may be attached again: it must have the same columns. */
const DETACHED_DAYS = `
  DO $$
  DECLARE day text;
  BEGIN
    FOR day IN
      SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
      WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
        AND c.relname ~ '^dead_letters_[0-9]{8}$' AND i.inhrelid IS NULL
    LOOP
      EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS headers jsonb', day);
    END LOOP;
  END $$`;
