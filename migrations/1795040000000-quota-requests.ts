import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Requests for more quota, what was done to them, and the rules they are judged by (design §9).
 *
 * Every key leads with `domain_id`, but for the rules, which are one document for the installation. Instants are epoch ms by the
 * database's clock. A scope is text as in `quota_limits`.
 */
export class QuotaRequests1795040000000 implements MigrationInterface {
  readonly name = 'QuotaRequests1795040000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE quota_request_rules, quota_request_comments, quota_request_approvals, quota_request_history, quota_requests',
    );
  }
}

const OPEN = `state IN ('pending', 'in_review', 'needs_info')`;

const STATEMENTS = [
  // requester_key, authors: users as `domain/user`; authors are all who ever said what is wished, and none of them decides on it.
  // auto: what rules said of it when it was made. grant_id: of quota_grants; null where a limit was set instead.
  // due_at: when it is to be decided; it moves on by the time spent waiting for the requester, which began at paused_at.
  `CREATE TABLE quota_requests (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     quota_key text COLLATE "C" NOT NULL,
     scope text COLLATE "C" NOT NULL,
     state text NOT NULL CONSTRAINT quota_requests_state CHECK (state IN
       ('pending', 'in_review', 'needs_info', 'approved', 'partially_approved', 'denied', 'withdrawn', 'expired', 'invalid')),
     limit_at_request bigint NOT NULL,
     desired bigint NOT NULL CONSTRAINT quota_requests_desired CHECK (desired >= -1),
     until_at bigint,
     reason text NOT NULL,
     contact text,
     links jsonb NOT NULL DEFAULT '[]',
     requester jsonb NOT NULL,
     requester_key text COLLATE "C" NOT NULL,
     authors text[] COLLATE "C" NOT NULL,
     priority text NOT NULL CONSTRAINT quota_requests_priority CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
     assignee jsonb,
     outcome text CONSTRAINT quota_requests_outcome CHECK (outcome IN ('approved', 'partially_approved', 'denied')),
     granted bigint,
     granted_until bigint,
     decided_by jsonb,
     decided_at bigint,
     decision_reason text,
     decision_rule jsonb,
     grant_id text COLLATE "C",
     auto jsonb,
     version integer NOT NULL DEFAULT 1,
     created_at bigint NOT NULL,
     updated_at bigint NOT NULL,
     due_at bigint NOT NULL,
     paused_at bigint,
     reminders smallint NOT NULL DEFAULT 0,
     CONSTRAINT quota_requests_key PRIMARY KEY (domain_id, id),
     CONSTRAINT quota_requests_decided CHECK ((outcome IS NULL) = (state NOT IN ('approved', 'partially_approved', 'denied')))
   )`,
  `CREATE UNIQUE INDEX quota_requests_open ON quota_requests (domain_id, quota_key, scope) WHERE ${OPEN}`,
  'CREATE INDEX quota_requests_created ON quota_requests (domain_id, created_at, id)',
  // Over all domains, for those who decide and for the job.
  `CREATE INDEX quota_requests_inbox ON quota_requests (due_at, id) WHERE ${OPEN}`,
  // command: SHA-256 of who did what with which words, so that the same again is recognised.
  `CREATE TABLE quota_request_history (
     domain_id text COLLATE "C" NOT NULL,
     request_id text COLLATE "C" NOT NULL,
     seq integer NOT NULL,
     at bigint NOT NULL,
     action text NOT NULL,
     side text NOT NULL CONSTRAINT quota_request_history_side CHECK (side IN ('requester', 'approver', 'service')),
     by jsonb NOT NULL,
     from_state text,
     to_state text NOT NULL,
     note text NOT NULL,
     details jsonb,
     internal boolean NOT NULL DEFAULT false,
     command bytea,
     CONSTRAINT quota_request_history_key PRIMARY KEY (domain_id, request_id, seq),
     CONSTRAINT quota_request_history_of FOREIGN KEY (domain_id, request_id)
       REFERENCES quota_requests (domain_id, id) ON DELETE CASCADE
   )`,
  'CREATE INDEX quota_request_history_at ON quota_request_history (domain_id, at, request_id, seq)',
  // internal: never shown to the tenant.
  `CREATE TABLE quota_request_comments (
     domain_id text COLLATE "C" NOT NULL,
     request_id text COLLATE "C" NOT NULL,
     seq integer NOT NULL,
     at bigint NOT NULL,
     side text NOT NULL CONSTRAINT quota_request_comments_side CHECK (side IN ('requester', 'approver')),
     by jsonb NOT NULL,
     internal boolean NOT NULL,
     text text NOT NULL,
     CONSTRAINT quota_request_comments_key PRIMARY KEY (domain_id, request_id, seq),
     CONSTRAINT quota_request_comments_of FOREIGN KEY (domain_id, request_id)
       REFERENCES quota_requests (domain_id, id) ON DELETE CASCADE
   )`,
  `CREATE TABLE quota_request_approvals (
     domain_id text COLLATE "C" NOT NULL,
     request_id text COLLATE "C" NOT NULL,
     approver text COLLATE "C" NOT NULL,
     by jsonb NOT NULL,
     at bigint NOT NULL,
     granted bigint NOT NULL,
     until_at bigint,
     reason text NOT NULL,
     CONSTRAINT quota_request_approvals_key PRIMARY KEY (domain_id, request_id, approver),
     CONSTRAINT quota_request_approvals_of FOREIGN KEY (domain_id, request_id)
       REFERENCES quota_requests (domain_id, id) ON DELETE CASCADE
   )`,
  `CREATE TABLE quota_request_rules (
     singleton boolean NOT NULL DEFAULT true CONSTRAINT quota_request_rules_key PRIMARY KEY CHECK (singleton),
     version integer NOT NULL,
     document jsonb NOT NULL
   )`,
];
