import fc from 'fast-check';
import { type Database, type Transaction } from '../../../src/platform/database/database.js';
import { CatalogueService } from '../../../src/quotas/catalogue.service.js';
import { compareOrder, type EventOrder } from '../../../src/quotas/core/ledger.js';
import { scopeKey } from '../../../src/quotas/core/scope.js';
import { LedgerBook } from '../../../src/quotas/ledger-book.service.js';
import { Limits } from '../../../src/quotas/limits.service.js';
import type { ReservationAsk, ReserveOutcome } from '../../../src/quotas/reservation.js';
import { ReservationBatch } from '../../../src/quotas/reservation-batch.service.js';
import { ReservationEnd } from '../../../src/quotas/reservation-end.service.js';
import { ReservationQueue } from '../../../src/quotas/reservation-queue.js';
import { UsageProjection } from '../../../src/quotas/usage.projection.js';
import { parseTrace } from '../../../src/traces/core/parse-trace.js';
import { QuotasApp } from './harness.js';
import { openQuotas, type OpenQuotas } from './open-quotas.js';

type Operation =
  | { readonly kind: 'reserve'; readonly key: 'robot' | 'bytes'; readonly name: string; readonly amount: number }
  | { readonly kind: 'commit' | 'release' | 'expire'; readonly pick: number }
  | { readonly kind: 'create' | 'delete'; readonly name: string; readonly ago: number }
  | { readonly kind: 'limit'; readonly key: 'robot' | 'bytes'; readonly limit: number };

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const key = fc.constantFrom<'robot' | 'bytes'>('robot', 'bytes');
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('reserve' as const), key, name, amount: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('commit', 'release', 'expire'), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('create', 'delete'), name, ago: fc.nat(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('limit' as const), key, limit: fc.integer({ min: 0, max: 8 }) }),
  },
);
/** What runs at the same time, then what after it. */
const story = fc.array(fc.array(operation, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

type Reserve = (ask: ReservationAsk) => Promise<ReserveOutcome>;

describe('any interleaving', () => {
  let service: QuotasApp;
  let other: OpenQuotas;
  let domains = 0;
  let offsets = 0n;
  beforeAll(async () => {
    service = await QuotasApp.start();
    other = await openQuotas(service.databaseUrl);
    const effect = { service_type: 'REG', resource_type: 'robot', name: ['resource_name'] };
    const traces = [
      { ...effect, effect: 'add', trace_names: ['createRobot'] },
      { ...effect, effect: 'subtract', trace_names: ['deleteRobot'] },
    ];
    const definition = { scope_kind: 'project', mode: 'enforce', default_limit: 4, reason: 'test' };
    await service.put('/v1/quotas/definitions/robot', { ...definition, traces }).expect(200);
    await service.put('/v1/quotas/definitions/bytes', definition).expect(200);
  });
  afterAll(async () => {
    await other.close();
    await service.stop();
  });

  /** One story against the real services; answers what went wrong. */
  class Play {
    readonly domainId = `d${String(++domains)}`;
    readonly scope = { kind: 'project', projectId: '', id: 'p' } as const;
    readonly limits = { robot: 4, bytes: 4 };
    readonly told: { readonly name: string; readonly order: EventOrder; readonly live: boolean }[] = [];
    readonly ids: string[] = [];
    readonly violations: string[] = [];
    private asked = 0;

    constructor(private readonly reserve: Reserve) {}

    async run(rounds: Operation[][]): Promise<string[]> {
      for (const round of rounds) {
        const before = await this.totals();
        const limitsBefore = { ...this.limits };
        const ends = [service.app.get(ReservationEnd, { strict: false }), other.end];
        const created = round.filter(({ kind }) => kind === 'create').length;
        await Promise.all(round.map((step, index) => this.step(step, ends[index % 2]!)));
        const after = await this.totals();
        for (const each of ['robot', 'bytes'] as const) {
          const set = round.flatMap((step) => (step.kind === 'limit' && step.key === each ? [step.limit] : []));
          const limit = Math.max(limitsBefore[each], ...set);
          const allowed = Math.max(before[each], limit) + (each === 'robot' ? created : 0);
          if (after[each] > allowed) this.violations.push(`${each}: ${String(after[each])} of ${String(allowed)}`);
        }
        await this.recount();
      }
      await this.compareWithModel();
      return this.violations;
    }

    private async step(step: Operation, end: ReservationEnd): Promise<void> {
      const id = 'pick' in step ? this.ids[step.pick % Math.max(1, this.ids.length)] : undefined;
      switch (step.kind) {
        case 'reserve': {
          const outcome = await this.reserve(this.ask(step));
          if (outcome.outcome === 'granted') this.ids.push(outcome.id);
          return;
        }
        case 'commit':
        case 'release':
          if (id !== undefined) await end[step.kind](this.domainId, id);
          return;
        case 'expire':
          if (id !== undefined) await this.expire(id);
          return;
        case 'create':
        case 'delete':
          return this.trace(step);
        case 'limit':
          return this.limit(step);
      }
    }

    ask({ key: quotaKey, name: resourceName, amount }: Operation & { kind: 'reserve' }): ReservationAsk {
      const named = quotaKey === 'robot';
      const item = {
        quotaKey,
        scope: this.scope,
        amount: named ? 1 : amount,
        resourceName: named ? resourceName : null,
        space: scopeKey(this.scope),
        region: '',
      };
      this.asked += 1;
      const idempotency = { key: String(this.asked), sha256: Buffer.alloc(32, this.asked) };
      const caller = { domainId: this.domainId, userId: 'u', userName: 'u' };
      return { domainId: this.domainId, caller, items: [item], ttlMs: 600_000, idempotency };
    }

    /** As the time would: under the lock that everybody takes first. */
    private async expire(id: string): Promise<void> {
      await service.database.transaction(async (transaction) => {
        const groups = (['robot', 'bytes'] as const).map((quotaKey) => ({ domainId: this.domainId, quotaKey }));
        await other.counters.lock(transaction, groups);
        for (const [table, column] of [
          ['quota_reservations', 'id'],
          ['quota_reservation_items', 'reservation_id'],
        ])
          await transaction.query(
            `UPDATE ${String(table)} SET expires_at = now() WHERE domain_id = $1 AND ${String(column)} = $2`,
            [this.domainId, id],
          );
      });
    }

    private async trace({ kind, name: resourceName, ago }: Operation & { kind: 'create' | 'delete' }): Promise<void> {
      const at = Date.now() - ago;
      offsets += 1n;
      const order = { at, log: 1, offset: offsets };
      const event = {
        trace_id: `t${String(offsets)}`,
        trace_name: `${kind}Robot`,
        trace_rating: 'normal',
        trace_type: 'ApiCall',
        service_type: 'REG',
        resource_type: 'robot',
        resource_name: resourceName,
        domain_id: this.domainId,
        project_id: 'p',
        record_time: at,
      };
      const parsed = parseTrace(JSON.stringify(event), 1);
      if (!parsed.ok) throw new Error(parsed.refusal.detail ?? parsed.refusal.reason);
      const stored = [{ trace: parsed.trace, log: order.log, offset: order.offset }];
      await service.database.transaction((transaction) =>
        service.app.get(UsageProjection, { strict: false }).apply({ stored, expired: [] }, transaction),
      );
      this.told.push({ name: resourceName, order, live: kind === 'create' });
    }

    async limit({ key: quotaKey, limit }: Operation & { kind: 'limit' }): Promise<void> {
      const scope = { kind: 'project', id: 'p' } as const;
      const principal = {
        domainId: this.domainId,
        userId: 'op',
        userName: 'op',
        domainName: '',
        accessKeyId: null,
        projectId: null,
      };
      const actor = { principal: principal as never, origin: { sourceIp: '', requestId: '' } };
      const body = { quota_key: quotaKey, scope, limit, reason: 'x', force: true, validate_only: false };
      const setting = { plane: 'operator', ifMatch: undefined } as const;
      await service.app.get(Limits, { strict: false }).set(this.domainId, body, actor, setting);
      this.limits[quotaKey] = limit;
    }

    private async totals(): Promise<{ robot: number; bytes: number }> {
      const rows = await service.database.query<{ quota_key: 'robot' | 'bytes'; total: string }>(
        `SELECT quota_key, used + reserved AS total FROM quota_counters WHERE domain_id = $1 AND scope = 'project/p'`,
        [this.domainId],
      );
      const totals = { robot: 0, bytes: 0 };
      for (const row of rows) totals[row.quota_key] = Number(row.total);
      return totals;
    }

    /** Counters on every level are what ledger and reservations add up to. */
    private async recount(): Promise<void> {
      const rows = await service.database.query(
        `SELECT c.quota_key, c.scope, c.used, c.reserved FROM quota_counters c WHERE c.domain_id = $1 AND (
           c.used <> (SELECT COALESCE(sum(amount), 0) FROM quota_ledger l
                      WHERE l.domain_id = $1 AND l.quota_key = c.quota_key AND live AND c.scope = ANY (levels))
           OR c.reserved <> (SELECT COALESCE(sum(amount), 0) FROM quota_reservation_items i
                      WHERE i.domain_id = $1 AND i.quota_key = c.quota_key AND state = 'held' AND c.scope = ANY (levels)))`,
        [this.domainId],
      );
      if (rows.length > 0) this.violations.push(`counters do not agree: ${JSON.stringify(rows)}`);
    }

    /** The naive model: of all that was told of a name, commits among it, the last holds. */
    private async compareWithModel(): Promise<void> {
      const commits = await service.database.query<{ resource_name: string; at: string; item: number }>(
        `SELECT resource_name, floor(extract(epoch FROM r.created_at) * 1000)::bigint AS at, item
         FROM quota_reservation_items i JOIN quota_reservations r ON r.domain_id = i.domain_id AND r.id = i.reservation_id
         WHERE i.domain_id = $1 AND i.quota_key = 'robot' AND i.state = 'committed'`,
        [this.domainId],
      );
      const events = [
        ...this.told,
        ...commits.map((row) => ({
          name: row.resource_name,
          order: { at: Number(row.at), log: -1, offset: BigInt(row.item) },
          live: true,
        })),
      ];
      const last = new Map<string, (typeof events)[number]>();
      for (const event of events) {
        const known = last.get(event.name);
        if (known === undefined || compareOrder(event.order, known.order) > 0) last.set(event.name, event);
      }
      const expected = [...last.values()].filter(({ live }) => live).map((event) => event.name);
      const rows = await service.database.query<{ resource_name: string }>(
        `SELECT resource_name FROM quota_ledger WHERE domain_id = $1 AND quota_key = 'robot' AND live ORDER BY 1`,
        [this.domainId],
      );
      const found = rows.map((row) => row.resource_name);
      if (found.join() !== expected.sort().join())
        this.violations.push(`live: ${found.join()}, expected ${expected.join()}`);
    }
  }

  /** Half of the asks go through each of two processes' worth of services. */
  function twoProcesses(): Reserve {
    const batch = service.app.get(ReservationBatch, { strict: false });
    const queues = [new ReservationQueue((asks) => batch.run(asks)), other.queue];
    let asked = 0;
    return (ask) => queues[asked++ % 2]!.add(ask);
  }

  it('keeps every promise', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (rounds) => {
        expect(await new Play(twoProcesses()).run(rounds)).toEqual([]);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  }, 240_000);

  /** What others do (domain/quota.md §5): look, decide, then write. */
  const readCheckWrite: Reserve = async (ask) => {
    const [item] = ask.items;
    if (item === undefined) throw new Error('no item');
    const outcome = await other.batch.rehearse(ask);
    if (outcome.outcome !== 'granted') return outcome;
    const { domainId } = ask;
    await service.database.transaction(async (transaction) => {
      for (const scope of [scopeKey(item.scope), 'domain'])
        await transaction.query(
          `INSERT INTO quota_counters AS c (domain_id, quota_key, scope, reserved) VALUES ($1, $2, $3, $4)
           ON CONFLICT (domain_id, quota_key, scope) DO UPDATE SET reserved = c.reserved + excluded.reserved`,
          [domainId, item.quotaKey, scope, item.amount],
        );
      const granted = { ask, id: outcome.id, createdAt: Date.now(), expiresAt: Date.now() + ask.ttlMs };
      await other.reservations.write(transaction, [], [granted], []);
    });
    return outcome;
  };

  it('is not kept by a store that reads, checks and writes: the same test finds it out', async () => {
    const race: Operation[] = Array.from({ length: 12 }, () => ({
      kind: 'reserve',
      key: 'bytes',
      name: 'a',
      amount: 1,
    }));
    expect(await new Play(twoProcesses()).run([race])).toEqual([]);
    expect(await new Play(readCheckWrite).run([race])).toEqual([expect.stringMatching(/^bytes: \d+ of 4$/)]);
  });

  describe('a crash between any two statements', () => {
    /** Ends the connection before the nth statement of a transaction, as the server sees a process that was killed. */
    function cutBefore(nth: number): { database: Database; wasCut: () => boolean } {
      let cut = false;
      const real = service.database;
      const database = Object.create(real) as Database;
      database.transaction = (work, options) =>
        real.transaction((transaction) => {
          let statements = 0;
          const query: Transaction['query'] = async (text, values) => {
            statements += 1;
            if (statements === nth) {
              cut = true;
              await transaction.query('SELECT pg_terminate_backend(pg_backend_pid())');
            }
            return transaction.query(text, values);
          };
          return work(Object.assign(Object.create(transaction) as Transaction, { query }));
        }, options);
      return { database, wasCut: () => cut };
    }

    it('leaves all or nothing, and the same again completes it', async () => {
      const play = new Play(twoProcesses());
      await play.limit({ kind: 'limit', key: 'robot', limit: 100 });
      const catalogue = service.app.get(CatalogueService, { strict: false });
      const ledger = service.app.get(LedgerBook, { strict: false });
      let cuts = 0;
      for (let nth = 1; ; nth++) {
        const wanted = play.ask({ kind: 'reserve', key: 'robot', name: `n${String(nth)}`, amount: 1 });
        const { database, wasCut } = cutBefore(nth);
        const batch = new ReservationBatch(database, other.counters, other.reservations, catalogue);
        const before = await counted();
        const crashed = await batch.run([wanted]).catch(() => null);
        if (wasCut()) expect([crashed, await counted()]).toEqual([null, before]);
        const [again] = await other.batch.run([wanted]);
        expect(again?.outcome).toBe('granted');
        const id = again?.outcome === 'granted' ? again.id : '';
        expect(await counted()).toEqual([before[0], before[1]! + 1]);
        const cutAgain = cutBefore(nth);
        const committing = new ReservationEnd(cutAgain.database, other.counters, other.reservations, ledger, catalogue);
        await committing.commit(play.domainId, id).catch(() => null);
        if (cutAgain.wasCut()) expect(await counted()).toEqual([before[0], before[1]! + 1]);
        await other.end.commit(play.domainId, id);
        expect(await counted()).toEqual([before[0]! + 1, before[1]]);
        cuts += wasCut() ? 1 : 0;
        if (!wasCut() && !cutAgain.wasCut()) break;
      }
      expect(cuts).toBeGreaterThan(4);

      async function counted(): Promise<number[]> {
        const rows = await service.database.query<{ used: string; reserved: string }>(
          `SELECT used, reserved FROM quota_counters WHERE domain_id = $1 AND scope = 'project/p' AND quota_key = 'robot'`,
          [play.domainId],
        );
        return [Number(rows[0]?.used ?? 0), Number(rows[0]?.reserved ?? 0)];
      }
    }, 120_000);
  });
});
