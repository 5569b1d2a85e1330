import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a ticket has beyond the quota request it shows (domain/quota.md §2). A request without a row here is a ticket, too: one that
 * was filed elsewhere, and that nobody has urged, closed, scored or deleted. Instants are epoch ms by the database's clock.
 */
export class QuotaTickets1795045000000 implements MigrationInterface {
  readonly name = 'QuotaTickets1795045000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE quota_ticket_operations, quota_tickets');
  }
}

const STATEMENTS = [
  // form: what was filled in that the request has no place for. pressed_at: of the last urge, which is a step of
  // the request. deleted_at: hidden from the ticket shape; the request stays.
  `CREATE TABLE quota_tickets (
     domain_id text COLLATE "C" NOT NULL,
     request_id text COLLATE "C" NOT NULL,
     form jsonb NOT NULL DEFAULT '{}',
     pressed_at bigint,
     closed_at bigint,
     deleted_at bigint,
     judgement text,
     scores jsonb NOT NULL DEFAULT '[]',
     CONSTRAINT quota_tickets_key PRIMARY KEY (domain_id, request_id),
     CONSTRAINT quota_tickets_of FOREIGN KEY (domain_id, request_id)
       REFERENCES quota_requests (domain_id, id) ON DELETE CASCADE
   )`,
  // What the requester did to the ticket that is no step of the request.
  `CREATE TABLE quota_ticket_operations (
     domain_id text COLLATE "C" NOT NULL,
     request_id text COLLATE "C" NOT NULL,
     seq integer NOT NULL,
     at bigint NOT NULL,
     operation text NOT NULL CONSTRAINT quota_ticket_operations_known CHECK (operation IN ('close', 'score', 'delete')),
     by jsonb NOT NULL,
     note text NOT NULL,
     CONSTRAINT quota_ticket_operations_key PRIMARY KEY (domain_id, request_id, seq),
     CONSTRAINT quota_ticket_operations_of FOREIGN KEY (domain_id, request_id)
       REFERENCES quota_tickets (domain_id, request_id) ON DELETE CASCADE
   )`,
];
