import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Endpoints that are told of events, and the outbox of what they are told (design §8; docs/quotas.md, "Webhooks").
 *
 * A delivery is of the domain of its endpoint, whichever domain its event is about. Its payload is text: signatures are made over
 * the very bytes that are sent.
 */
export class Webhooks1795020000000 implements MigrationInterface {
  readonly name = 'Webhooks1795020000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE webhook_deliveries, webhooks');
  }
}

const STATEMENTS = [
  // every_domain: of the operator's, told of the events of all domains. previous_secret_sealed: signs as well until previous_until.
  `CREATE TABLE webhooks (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     url text NOT NULL,
     description text NOT NULL,
     events text[] COLLATE "C" NOT NULL,
     enabled boolean NOT NULL,
     every_domain boolean NOT NULL,
     secret_sealed bytea NOT NULL,
     previous_secret_sealed bytea,
     previous_until timestamptz,
     version integer NOT NULL DEFAULT 1,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT webhooks_key PRIMARY KEY (domain_id, id)
   )`,
  'CREATE INDEX webhooks_of_every_domain ON webhooks (domain_id, id) WHERE every_domain',
  // next_at: when it is due, or for how long whoever took it may be sending it. attempts: [{at, status, note, ms}], the latest ones.
  `CREATE TABLE webhook_deliveries (
     domain_id text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     webhook_id text COLLATE "C" NOT NULL,
     event text COLLATE "C" NOT NULL,
     subject text COLLATE "C" NOT NULL,
     payload text NOT NULL,
     state text NOT NULL DEFAULT 'pending'
       CONSTRAINT webhook_deliveries_state CHECK (state IN ('pending', 'delivered', 'failed')),
     tries integer NOT NULL DEFAULT 0,
     attempts jsonb NOT NULL DEFAULT '[]',
     next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     finished_at timestamptz,
     CONSTRAINT webhook_deliveries_key PRIMARY KEY (domain_id, id),
     CONSTRAINT webhook_deliveries_of FOREIGN KEY (domain_id, webhook_id) REFERENCES webhooks (domain_id, id) ON DELETE CASCADE
   )`,
  `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (domain_id, webhook_id, next_at) WHERE state = 'pending'`,
  'CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (domain_id, webhook_id, created_at, id)',
  'CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at)',
];
