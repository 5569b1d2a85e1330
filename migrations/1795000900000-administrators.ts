import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Administrators of domains that exist already get by a policy what they were allowed by a fixed rule until now. */
export class Administrators1795000900000 implements MigrationInterface {
  readonly name = 'Administrators1795000900000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO policy_states (domain_id) SELECT id FROM domains ON CONFLICT DO NOTHING');
    await runner.query(
      `INSERT INTO policy_attachments (domain_id, policy_id, user_id)
       SELECT domain_id, 'quaestor-administrator', id FROM users WHERE is_administrator ON CONFLICT DO NOTHING`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM policy_attachments WHERE policy_id = 'quaestor-administrator'`);
  }
}
