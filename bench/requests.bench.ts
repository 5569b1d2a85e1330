/** `requests`: making and approving quota requests, against bare inserts and updates of the same rows by a bare client. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Actor } from '../src/identity/index.js';
import { Database } from '../src/platform/database/database.js';
import type { NewRequest } from '../src/quota-requests/quota-request.js';
import { RequestApproval } from '../src/quota-requests/request-approval.service.js';
import { RequestCreation } from '../src/quota-requests/request-creation.service.js';
import { type BenchStack, firstAdministrator, openBenchStack } from './bench-stack.js';
import type { ComparisonResult } from './comparison-result.js';
import { compare, type Contender } from './harness.js';
import { insertTenants, tenantOf } from './quota-tenants.js';
import { machineFacts, type Report } from './report.js';

const DOMAINS = 100;
const REQUESTS = 1_000;
const CALLERS = 16;
const CONNECTIONS = 10;
const KEY = 'robot';

export async function benchRequests(): Promise<Report> {
  const stack = await openBenchStack();
  try {
    await insertTenants(stack, { domains: DOMAINS, quotaKey: KEY, limit: 5 });
    const actor = await operator(stack);
    const comparisons = [await creation(stack, actor), await decision(stack, actor)];
    return { name: 'requests', machine: machineFacts(stack.postgresVersion), comparisons };
  } finally {
    await stack.close();
  }
}

const domainOf = (index: number): string => tenantOf(index, DOMAINS);
const userOf = (index: number): string => `user-${String(Math.floor(index / DOMAINS))}`;
const scopeOf = (index: number): string => `user/${domainOf(index)}-p/${userOf(index)}`;

/** The first administrator, who may everything; who asks is told apart from it by its id. */
async function operator({ app }: BenchStack): Promise<Actor> {
  const { user, domain } = await firstAdministrator(app);
  return {
    principal: {
      userId: user.id,
      userName: user.name,
      domainId: domain.id,
      domainName: domain.name,
      projectId: null,
      groups: [],
      isOperator: true,
      isAdministrator: true,
      accessKeyId: null,
      mfaAt: null,
      isFederated: false,
    },
    origin: { sourceIp: '127.0.0.1', requestId: 'bench' },
    beyondSelf: () => true,
  };
}

async function empty({ bare }: BenchStack): Promise<void> {
  await bare.query('TRUNCATE quota_requests CASCADE');
  await bare.query('TRUNCATE quota_grants, quota_history, trace_outbox');
  await bare.query('UPDATE quota_request_rules SET document = jsonb_set(document, $1, $2)', [
    '{max_open_per_domain}',
    '10000',
  ]);
  await bare.query('CHECKPOINT');
}

function wishOf(index: number): NewRequest {
  return {
    domainId: domainOf(index),
    quotaKey: KEY,
    scope: { kind: 'user', projectId: `${domainOf(index)}-p`, id: userOf(index) },
    desired: 8,
    untilMs: null,
    reason: 'a migration',
    contact: null,
    links: [],
    priority: 'normal',
    validateOnly: false,
  };
}

/** What one creation writes: the request, its step, its trace. */
const BARE_CREATE = `
  WITH made AS (
    INSERT INTO quota_requests (domain_id, id, quota_key, scope, state, limit_at_request, desired, reason, requester, requester_key,
      authors, priority, created_at, updated_at, due_at)
    VALUES ($1, $2, '${KEY}', $3, 'pending', 5, 8, 'a migration', '{"userId":"u","userName":"u","domainId":"d"}', 'd/u', '{d/u}',
      'normal', 1, 1, 2)),
  told AS (
    INSERT INTO trace_outbox (domain_id, trace_id, record_key, payload) VALUES ($1, $2, $2, repeat('x', 700)))
  INSERT INTO quota_request_history (domain_id, request_id, seq, at, action, side, by, to_state, note)
  VALUES ($1, $2, 1, 1, 'create', 'requester', '{"userId":"u","userName":"u","domainId":"d"}', 'pending', 'a migration')`;

/** What one approval writes: the decision, its step, the approval, the grant with its history, and two traces. */
const BARE_DECIDE = `
  WITH decided AS (
    UPDATE quota_requests SET state = 'approved', outcome = 'approved', granted = 8, decided_by = '{}', decided_at = 2, grant_id = $2,
      version = version + 1 WHERE domain_id = $1 AND id = $2 AND state = 'pending' RETURNING domain_id, id, scope),
  consent AS (
    INSERT INTO quota_request_approvals (domain_id, request_id, approver, by, at, granted, reason)
    SELECT domain_id, id, 'a', '{}', 2, 8, '' FROM decided),
  granted AS (
    INSERT INTO quota_grants (domain_id, id, quota_key, scope, limit_value, from_at, until_at, reason, granted_by)
    SELECT domain_id, id, '${KEY}', scope, 8, now(), 'infinity', 'quota request', '{}' FROM decided),
  changed AS (
    INSERT INTO quota_history (domain_id, id, quota_key, scope, change, after, reason, changed_by)
    SELECT domain_id, id, '${KEY}', scope, 'createQuotaGrant', '{}', 'quota request', '{}' FROM decided),
  told AS (
    INSERT INTO trace_outbox (domain_id, trace_id, record_key, payload)
    SELECT domain_id, id || n, id, repeat('x', 700) FROM decided, generate_series(1, 2) AS n)
  INSERT INTO quota_request_history (domain_id, request_id, seq, at, action, side, by, from_state, to_state, note)
  SELECT domain_id, id, 2, 2, 'approve', 'approver', '{}', 'pending', 'approved', '' FROM decided`;

function creation(stack: BenchStack, actor: Actor): Promise<ComparisonResult> {
  const service = stack.app.get(RequestCreation, { strict: false });
  return compare({
    name: 'making requests, a thousand scopes in a hundred domains',
    unit: 'requests',
    yardstick: 'bare inserts',
    contenders: [
      bare(
        stack,
        'bare inserts',
        () => empty(stack),
        BARE_CREATE,
        (index) => [domainOf(index), randomBytes(16).toString('hex'), scopeOf(index)],
      ),
      {
        name: 'Quaestor',
        prepare: () => empty(stack),
        run: () => inParallel((index) => service.create(actor, wishOf(index))),
      },
    ],
  });
}

function decision(stack: BenchStack, actor: Actor): Promise<ComparisonResult> {
  const service = stack.app.get(RequestApproval, { strict: false });
  const approver = { ...actor, principal: { ...actor.principal } };
  let made: string[] = [];
  const open = async (): Promise<void> => {
    await empty(stack);
    made = Array.from({ length: REQUESTS }, (_, index) => `${randomBytes(16).toString('hex')}.${domainOf(index)}`);
    const database = stack.app.get(Database, { strict: false });
    for (const [index, id] of made.entries()) await database.query(BARE_CREATE, [domainOf(index), id, scopeOf(index)]);
    await stack.bare.query('TRUNCATE trace_outbox');
    await stack.bare.query('VACUUM ANALYZE quota_requests');
  };
  return compare({
    name: 'approving them',
    unit: 'requests',
    yardstick: 'bare updates and inserts',
    contenders: [
      bare(stack, 'bare updates and inserts', open, BARE_DECIDE, (index) => [domainOf(index), made[index]]),
      {
        name: 'Quaestor',
        prepare: open,
        run: () => inParallel((index) => service.approve(approver, made[index] ?? '', {})),
      },
    ],
  });
}

function bare(
  stack: BenchStack,
  name: string,
  before: () => Promise<void>,
  statement: string,
  valuesOf: (index: number) => unknown[],
): Contender {
  let pool = new pg.Pool({ connectionString: stack.url, max: CONNECTIONS });
  return {
    name,
    prepare: async () => {
      await before();
      // Of each round's own, so that they are not in the way of the next contender's.
      pool = new pg.Pool({ connectionString: stack.url, max: CONNECTIONS });
      await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.query('SELECT 1')));
    },
    cleanup: () => pool.end(),
    run: () => inParallel((index) => pool.query(statement, valuesOf(index))),
  };
}

async function inParallel(work: (index: number) => Promise<unknown>): Promise<{ units: number }> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < REQUESTS) await work(next++);
  };
  await Promise.all(Array.from({ length: CALLERS }, loop));
  return { units: REQUESTS };
}
