/**
 * `quota`: reservations on one hot counter and over a thousand, against the same guarded statement by a bare client; checks
 * over HTTP; and what counting usage costs ingest.
 */
import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Scope, scopeKey, spaceOf } from '../src/quotas/core/scope.js';
import type { ReservationAsk } from '../src/quotas/reservation.js';
import { ReservationBatch } from '../src/quotas/reservation-batch.service.js';
import { ReservationQueue } from '../src/quotas/reservation-queue.js';
import { UsageProjection } from '../src/quotas/usage.projection.js';
import { LogReader } from '../src/traces/log-reader.service.js';
import { type BenchStack, openBenchStack, pretendBroker, recordsOf } from './bench-stack.js';
import type { ComparisonResult } from './comparison-result.js';
import { compare, type Contender } from './harness.js';
import { openHttpCallers } from './quota-http.js';
import { insertTenants, tenantOf } from './quota-tenants.js';
import { machineFacts, type Report } from './report.js';
import { ingestShape, workload } from './workload.js';

const HOT_CALLERS = 128;
const HOT_RESERVATIONS = 6_400;
/** As many connections as a process of ours has by default; more make the bare client slower on one row. */
const BARE_HOT_CONNECTIONS = 10;
const DOMAINS = 100;
const USERS = 10;
const CALLERS = 32;
const WIDE_RESERVATIONS = 6_400;
const TRACES = 100_000;
const BATCH = 5_000;
const LOGS = 2;

export async function benchQuota(traces = TRACES): Promise<Report> {
  const stack = await openBenchStack();
  try {
    await insertTenants(stack, { domains: DOMAINS, quotaKey: 'robot', limit: 1_000_000_000 });
    const comparisons: ComparisonResult[] = [await hot(stack), ...(await wide(stack)), await ingest(stack, traces)];
    return { name: 'quota', machine: machineFacts(stack.postgresVersion), comparisons };
  } finally {
    await stack.close();
  }
}

const domainOf = (index: number): string => tenantOf(index, DOMAINS);
const scopeOf = (index: number): Scope => ({
  kind: 'user',
  projectId: `${domainOf(index)}-p`,
  id: `user-${String(Math.floor(index / DOMAINS) % USERS)}`,
});

async function empty({ bare }: BenchStack): Promise<void> {
  await bare.query(
    'TRUNCATE quota_reservations, quota_reservation_items, quota_idempotency, quota_ledger, trace_outbox',
  );
  await bare.query('UPDATE quota_counters SET used = 0, reserved = 0');
  await bare.query('VACUUM quota_counters');
  await bare.query('CHECKPOINT');
}

/** The guarded UPDATE and the INSERT of what it grants, in one statement committed by itself; on rows of its own. */
const BARE_RESERVE = `
  WITH raised AS (
    UPDATE quota_counters SET reserved = reserved + 1
    WHERE domain_id = $1 AND quota_key = 'bare' AND scope = $2 AND used + reserved + 1 <= 1000000000 RETURNING domain_id),
  held AS (
    INSERT INTO quota_reservations (domain_id, id, state, created_by, created_at, expires_at)
    SELECT domain_id, $3, 'held', '{}', now(), now() + interval '5 minutes' FROM raised)
  INSERT INTO quota_reservation_items (domain_id, reservation_id, item, quota_key, scope, amount, space, region, state, expires_at)
  SELECT domain_id, $3, 0, 'bare', $2, 1, $2, '', 'held', now() + interval '5 minutes' FROM raised`;

function bareReserve(
  stack: BenchStack,
  callers: number,
  connections: number,
  total: number,
  spread: number,
): Contender {
  let pool = new pg.Pool({ connectionString: stack.url, max: connections });
  return {
    name: 'bare statement',
    prepare: async () => {
      await empty(stack);
      await stack.bare.query(
        `INSERT INTO quota_counters (domain_id, quota_key, scope)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
        [
          Array.from({ length: spread }, (_, index) => domainOf(index)),
          Array.from({ length: spread }, () => 'bare'),
          Array.from({ length: spread }, (_, index) => scopeKey(scopeOf(index))),
        ],
      );
      // Of each round's own, so that they are not in the way of the next contender's.
      pool = new pg.Pool({ connectionString: stack.url, max: connections });
      await Promise.all(Array.from({ length: connections }, () => pool.query('SELECT 1')));
    },
    cleanup: () => pool.end(),
    run: async () => {
      await inParallel(callers, total, async (index) => {
        const at = (index * 7_919) % spread;
        await pool.query(BARE_RESERVE, [domainOf(at), scopeKey(scopeOf(at)), randomUUID()]);
      });
      return { units: total };
    },
  };
}

/** `callers` loops that share `total` pieces of work. */
async function inParallel(callers: number, total: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < total) await work(next++);
  };
  await Promise.all(Array.from({ length: callers }, loop));
}

function hot(stack: BenchStack): Promise<ComparisonResult> {
  const batch = stack.app.get(ReservationBatch, { strict: false });
  const queue = new ReservationQueue((asks) => batch.run(asks));
  const quaestor: Contender = {
    name: 'Quaestor',
    prepare: () => empty(stack),
    run: async (round) => {
      await inParallel(HOT_CALLERS, HOT_RESERVATIONS, async (index) => {
        const { outcome } = await queue.add(askOf(0, `${String(round)}-${String(index)}`));
        if (outcome !== 'granted') throw new Error(outcome);
      });
      await expectHeld(stack, HOT_RESERVATIONS);
      return { units: HOT_RESERVATIONS };
    },
  };
  return compare({
    name: `reservations on one counter, ${String(HOT_CALLERS)} callers`,
    unit: 'reservations',
    yardstick: 'bare statement',
    contenders: [bareReserve(stack, HOT_CALLERS, BARE_HOT_CONNECTIONS, HOT_RESERVATIONS, 1), quaestor],
  });
}

async function wide(stack: BenchStack): Promise<ComparisonResult[]> {
  const http = await openHttpCallers(stack, CALLERS);
  try {
    const bodyOf = (index: number) => ({
      domain_id: domainOf(index),
      items: [{ quota_key: 'robot', scope: http.wireScope(scopeOf(index)), amount: 1 }],
    });
    const spread = DOMAINS * USERS;
    const reserve: Contender = {
      name: 'Quaestor over HTTP',
      prepare: () => empty(stack),
      run: async (round) => {
        await http.run(
          WIDE_RESERVATIONS,
          '/v1/quotas/reservations',
          201,
          (index) => bodyOf((index * 7_919) % spread),
          (index) => `${String(round)}-${String(index)}`,
        );
        await expectHeld(stack, WIDE_RESERVATIONS);
        return { units: WIDE_RESERVATIONS };
      },
    };
    const check: Contender = {
      name: 'check over HTTP',
      prepare: () => empty(stack),
      run: async () => {
        await http.run(WIDE_RESERVATIONS, '/v1/quotas/check', 200, (index) => bodyOf((index * 7_919) % spread));
        return { units: WIDE_RESERVATIONS };
      },
    };
    const bare = bareReserve(stack, CALLERS, CALLERS, WIDE_RESERVATIONS, spread);
    const wideResult = await compare({
      name: `reservations on ${String(spread)} counters, ${String(CALLERS)} callers`,
      unit: 'reservations',
      yardstick: bare.name,
      contenders: [bare, reserve, check],
    });
    const p95 = http.p95Ms('/v1/quotas/check');
    process.stderr.write(`check: 95 of 100 answered within ${p95.toFixed(1)} ms\n`);
    return [{ ...wideResult, name: `${wideResult.name}; check p95 ${p95.toFixed(1)} ms` }];
  } finally {
    http.close();
  }
}

async function expectHeld({ bare }: BenchStack, count: number): Promise<void> {
  const { rows } = await bare.query<{ held: string }>(
    `SELECT sum(reserved) AS held FROM quota_counters WHERE quota_key = 'robot' AND scope LIKE 'user/%'`,
  );
  if (Number(rows[0]?.held) !== count)
    throw new Error(`${String(count)} were granted, ${String(rows[0]?.held)} are held`);
}

function askOf(index: number, key: string): ReservationAsk {
  const scope = scopeOf(index);
  const caller = { domainId: 'operator', userId: 'registry', userName: 'registry' };
  const item = { quotaKey: 'robot', scope, amount: 1, resourceName: null, space: spaceOf(scope), region: '' };
  return {
    domainId: domainOf(index),
    caller,
    items: [item],
    ttlMs: 300_000,
    idempotency: { key, sha256: createHash('sha256').update(key).digest() },
  };
}

/** The same batches with usage counted and without; the order of the two turns every round. */
async function ingest(stack: BenchStack, traces: number): Promise<ComparisonResult> {
  const shape = ingestShape(traces);
  const values = [...workload(shape)].map((text) => Buffer.from(text));
  const logs = Array.from({ length: LOGS }, (_, log) => recordsOf(values.filter((__, index) => index % LOGS === log)));
  const reader = stack.app.get(LogReader, { strict: false });
  const projection = stack.app.get(UsageProjection, { strict: false });
  const counting = projection.apply.bind(projection);
  pretendBroker(stack.app, new Map(logs.map((records, partition) => [partition, BigInt(records.length)])));
  const contender = (name: string, apply: UsageProjection['apply']): Contender => ({
    name,
    prepare: async () => {
      await stack.bare.query('TRUNCATE traces, trace_rollups, ingest_logs, ingest_gaps, actors');
      await stack.bare.query("DELETE FROM quota_counters WHERE quota_key NOT IN ('robot', 'bare')");
      await empty(stack);
      reader.assigned();
      projection.apply = apply;
    },
    run: async () => {
      const control = { heartbeat: () => Promise.resolve(), isRunning: () => true };
      await Promise.all(
        logs.map(async (records, partition) => {
          for (let from = 0; from < records.length; from += BATCH)
            await reader.handle(
              {
                topic: 'bench',
                partition,
                highWatermark: BigInt(records.length),
                records: records.slice(from, from + BATCH),
              },
              control,
            );
        }),
      );
      const stored = await stack.bare.query<{ count: string }>('SELECT count(*) FROM traces');
      if (Number(stored.rows[0]?.count) !== traces) throw new Error(`${String(stored.rows[0]?.count)} were stored`);
      return { units: traces };
    },
  });
  const result = await compare({
    name: `ingest of ${String(traces)} traces, usage counted`,
    unit: 'traces',
    yardstick: 'not counted',
    repetitions: 5,
    contenders: [contender('not counted', () => Promise.resolve()), contender('counted', counting)],
  });
  const counted = await stack.bare.query<{ count: string }>('SELECT count(*) FROM quota_ledger');
  if (Number(counted.rows[0]?.count) === 0) throw new Error('nothing was counted');
  return result;
}
