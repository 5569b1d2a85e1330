import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What principals may do: custom policies of both kinds with their versions, to whom they are attached or granted, and the
 * registry's own grants on organizations and repositories (design §7; domain/iam.md §2.3, §3).
 *
 * System policies and roles are data that comes with the code: an attachment names them by id, without a row of theirs.
 */
export class Policies1795000800000 implements MigrationInterface {
  readonly name = 'Policies1795000800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE registry_grants, role_grants, policy_attachments, policy_versions, policies, policy_states',
    );
  }
}

const STATEMENTS = [
  // Raised by every transaction that changes what a decision of the domain may read here; processes compare it to theirs.
  `CREATE TABLE policy_states (
     domain_id text COLLATE "C" NOT NULL
       CONSTRAINT policy_states_key PRIMARY KEY CONSTRAINT policy_states_domain REFERENCES domains,
     version bigint NOT NULL DEFAULT 1
   )`,
  // kind: `role` are those of OS-ROLE (1.1), `identity` those of /v5/policies (5.0). name: `custom_<domain>_<n>`, policy_name.
  `CREATE TABLE policies (
     domain_id text COLLATE "C" NOT NULL CONSTRAINT policies_domain REFERENCES domains,
     id text COLLATE "C" NOT NULL CONSTRAINT policies_id UNIQUE,
     kind text NOT NULL CONSTRAINT policies_kind CHECK (kind IN ('role', 'identity')),
     name text COLLATE "C" NOT NULL,
     display_name text COLLATE "C" NOT NULL,
     scope_type text CONSTRAINT policies_scope_type CHECK (scope_type IN ('AX', 'XA')),
     path text COLLATE "C" NOT NULL DEFAULT '',
     description text NOT NULL DEFAULT '',
     description_cn text NOT NULL DEFAULT '',
     default_version integer NOT NULL DEFAULT 1,
     last_version integer NOT NULL DEFAULT 1,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT policies_key PRIMARY KEY (domain_id, id),
     CONSTRAINT policies_name UNIQUE (domain_id, kind, name),
     CONSTRAINT policies_display_name UNIQUE (domain_id, kind, display_name)
   )`,
  // A number is never used twice, also after its version was deleted: explanations stay true.
  `CREATE TABLE policy_versions (
     domain_id text COLLATE "C" NOT NULL,
     policy_id text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     document text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT policy_versions_key PRIMARY KEY (domain_id, policy_id, version),
     CONSTRAINT policy_versions_policy FOREIGN KEY (domain_id, policy_id) REFERENCES policies (domain_id, id) ON DELETE CASCADE
   )`,
  `CREATE TABLE policy_attachments (
     domain_id text COLLATE "C" NOT NULL CONSTRAINT policy_attachments_domain REFERENCES domains,
     policy_id text COLLATE "C" NOT NULL,
     user_id text COLLATE "C",
     group_id text COLLATE "C",
     attached_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT policy_attachments_one CHECK ((user_id IS NULL) <> (group_id IS NULL)),
     CONSTRAINT policy_attachments_to_user UNIQUE (domain_id, user_id, policy_id),
     CONSTRAINT policy_attachments_to_group UNIQUE (domain_id, group_id, policy_id),
     CONSTRAINT policy_attachments_user FOREIGN KEY (domain_id, user_id) REFERENCES users (domain_id, id) ON DELETE CASCADE,
     CONSTRAINT policy_attachments_group FOREIGN KEY (domain_id, group_id) REFERENCES groups (domain_id, id) ON DELETE CASCADE
   )`,
  'CREATE INDEX policy_attachments_of_policy ON policy_attachments (domain_id, policy_id)',
  // scope_id: the project's id, or the domain's; `inherited`: all projects of the domain.
  `CREATE TABLE role_grants (
     domain_id text COLLATE "C" NOT NULL,
     group_id text COLLATE "C" NOT NULL,
     role_id text COLLATE "C" NOT NULL,
     scope_kind text NOT NULL
       CONSTRAINT role_grants_scope CHECK (scope_kind IN ('domain', 'project', 'inherited', 'enterprise_project')),
     scope_id text COLLATE "C" NOT NULL,
     granted_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT role_grants_key PRIMARY KEY (domain_id, group_id, role_id, scope_kind, scope_id),
     CONSTRAINT role_grants_group FOREIGN KEY (domain_id, group_id) REFERENCES groups (domain_id, id) ON DELETE CASCADE
   )`,
  'CREATE INDEX role_grants_of_role ON role_grants (domain_id, role_id)',
  // repository '': on the organization. auth: 7 manage, 3 edit, 1 read.
  `CREATE TABLE registry_grants (
     domain_id text COLLATE "C" NOT NULL,
     project_id text COLLATE "C" NOT NULL,
     namespace text COLLATE "C" NOT NULL,
     repository text COLLATE "C" NOT NULL DEFAULT '',
     user_id text COLLATE "C" NOT NULL,
     auth smallint NOT NULL CONSTRAINT registry_grants_auth CHECK (auth IN (1, 3, 7)),
     granted_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT registry_grants_key PRIMARY KEY (domain_id, project_id, namespace, repository, user_id),
     CONSTRAINT registry_grants_project FOREIGN KEY (domain_id, project_id) REFERENCES projects (domain_id, id),
     CONSTRAINT registry_grants_user FOREIGN KEY (domain_id, user_id) REFERENCES users (domain_id, id) ON DELETE CASCADE
   )`,
  'CREATE INDEX registry_grants_of_user ON registry_grants (domain_id, user_id)',
];
