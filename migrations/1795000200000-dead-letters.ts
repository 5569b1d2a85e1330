import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an operator does with a dead letter and what became of it, and what its relay keeps (design §5).
 *
 * `replays` counts how often it was sent again; `outcome` is that of the last time. `replay_sent_at`, `replay_sends` and
 * `relay_claimed_at` are the relay's own: whoever claims a row and dies is followed by another after a while.
 */
export class DeadLetters1795000200000 implements MigrationInterface {
  readonly name = 'DeadLetters1795000200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE dead_letters ${ADDED}`);
    await runner.query(DETACHED_DAYS);
    for (const index of INDEXES) await runner.query(index);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP INDEX dead_letters_new, dead_letters_reason, dead_letters_domain, dead_letters_replay_due',
    );
    await runner.query(`ALTER TABLE dead_letters ${COLUMNS.map(([name]) => `DROP COLUMN ${name}`).join(', ')}`);
  }
}

const COLUMNS = [
  ['replays', 'integer NOT NULL DEFAULT 0'],
  ['replayed_at', 'timestamptz'],
  ['replayed_by', 'text'],
  ['replay_sent_at', 'timestamptz'],
  ['replay_sends', 'integer NOT NULL DEFAULT 0'],
  ['outcome', 'text COLLATE "C"'],
  ['outcome_at', 'timestamptz'],
  ['outcome_reason', 'text COLLATE "C"'],
  ['outcome_dead_letter_id', 'uuid'],
  ['dropped_at', 'timestamptz'],
  ['dropped_by', 'text'],
  ['relay_claimed_at', 'timestamptz'],
] as const;

const ADDED = COLUMNS.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${type}`).join(', ');

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
      EXECUTE format('ALTER TABLE %I ${ADDED}', day);
    END LOOP;
  END $$`;

/** One each for the lists by state, reason and domain, newest first; and one for the relay's second duty. */
const INDEXES = [
  `CREATE INDEX dead_letters_new ON dead_letters (received_at, id) WHERE state = 'new'`,
  'CREATE INDEX dead_letters_reason ON dead_letters (reason, received_at, id)',
  'CREATE INDEX dead_letters_domain ON dead_letters (domain_id, received_at, id) WHERE domain_id IS NOT NULL',
  `CREATE INDEX dead_letters_replay_due ON dead_letters (replayed_at) WHERE state = 'replayed' AND outcome IS NULL`,
];
