import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { uuidV1 } from '../../../src/kernel/ids.js';
import { QuotaPurgeStore } from '../../../src/quotas/quota-purge.store.js';
import { newestTime, transformLine } from '../../../src/traces/core/replay-transform.js';
import expected from '../../cases/swr-week.expected.json' with { type: 'json' };
import { QuotasApp, type Tenant } from './harness.js';

const LINES = readFileSync(join(__dirname, '../../../samples/swr-week.ndjson'), 'utf8').trim().split('\n');

describe('usage from a week of traces', () => {
  let service: QuotasApp;
  beforeAll(async () => (service = await QuotasApp.start()));
  afterAll(() => service.stop());

  const shiftMs = Date.now() - (newestTime(LINES) ?? 0);
  /** The week up to now, of a domain and projects of their own. */
  function week(domainId: string): object[] {
    const ids = new Map([
      [expected.domain_id, domainId],
      ...expected.projects.map((id, n) => [id, projectId(domainId, n)] as const),
    ]);
    return LINES.map((line) => {
      let text = transformLine(line, { shiftMs, eachAtMs: null, own: null });
      for (const [from, to] of ids) text = text.replaceAll(from, to);
      return JSON.parse(text) as object;
    });
  }
  const projectId = (domainId: string, index: number): string => `${domainId}-p${String(index)}`;

  function expectedCounters(domainId: string): Record<string, [number, number]> {
    const counters: Record<string, [number, number]> = {};
    const count = (counter: string, used: number): void => {
      if (used > 0) counters[counter] = [(counters[counter]?.[0] ?? 0) + used, 0];
    };
    expected.projects.forEach((id, index) => {
      const project = projectId(domainId, index);
      const byUser =
        (expected.organizations_by_project_and_creator as Record<string, Record<string, string[]>>)[id] ?? {};
      for (const [user, names] of Object.entries(byUser)) {
        count(`namespace user/${project}/${user}`, names.length);
        count(`namespace project/${project}`, names.length);
        count('namespace domain', names.length);
      }
    });
    // Both instances lie in the first project.
    for (const [instance, names] of Object.entries(expected.namespaces_by_instance)) {
      const project = projectId(domainId, 0);
      count(`namespace_quota instance/${project}/${instance}`, names.length);
      count(`namespace_quota project/${project}`, names.length);
      count('namespace_quota domain', names.length);
    }
    return counters;
  }

  const prepare = (id: string) =>
    service.tenant(id, { id, projects: [{ id: projectId(id, 0) }, { id: projectId(id, 1), region: 'cn-east-3' }] });

  it('leaves the counters it should, and the same when it is read again', async () => {
    await prepare('as-it-came');
    await service.ingest(week('as-it-came'));
    expect(await service.counters('as-it-came')).toEqual(expectedCounters('as-it-came'));
    await service.ingest(week('as-it-came'));
    expect(await service.counters('as-it-came')).toEqual(expectedCounters('as-it-came'));
  });

  it('does so in reverse', async () => {
    await prepare('reversed');
    await service.ingest(week('reversed').reverse());
    expect(await service.counters('reversed')).toEqual(expectedCounters('reversed'));
  });

  it.each([1, 2])('does so in random order, over three logs (%d)', async (seed) => {
    const id = `random-${String(seed)}`;
    await prepare(id);
    const place = (event: object): string =>
      createHash('sha256')
        .update(`${String(seed)}${JSON.stringify(event)}`)
        .digest('hex');
    const shuffled = week(id).sort((left, right) => (place(left) < place(right) ? -1 : 1));
    for (let start = 0; start < shuffled.length; start += 100)
      await service.ingest(shuffled.slice(start, start + 100), 1 + ((start / 100) % 3));
    expect(await service.counters(id)).toEqual(expectedCounters(id));
  });

  it('closes what was counted in the deleted instance, and says so', async () => {
    const [instance] = expected.deleted_instances;
    const rows = await service.database.query(
      `SELECT quota_key, used, closed_at IS NOT NULL AS closed FROM quota_counters WHERE domain_id = 'reversed' AND scope LIKE $1`,
      [`instance/%/${String(instance)}`],
    );
    expect(rows).toEqual([{ quota_key: 'namespace_quota', used: '0', closed: true }]);
    expect(await service.recorded('reversed')).toContainEqual(
      expect.objectContaining({ trace_name: 'closeInstanceQuotas', resource_id: instance }),
    );
    const scope = { kind: 'instance', project_id: projectId('reversed', 0), id: instance };
    const items = [{ quota_key: 'namespace_quota', scope, resource_name: 'late' }];
    const { body } = await service.post('/v1/quotas/reservations', { domain_id: 'reversed', items }).expect(409);
    expect(body.error_code).toBe('QST.Quota.ScopeClosed');
  });
});

describe('usage from single traces', () => {
  let service: QuotasApp;
  let tenant: Tenant;
  let sequence = 0;
  beforeAll(async () => {
    service = await QuotasApp.start();
    tenant = await service.tenant('acme');
  });
  afterAll(() => service.stop());

  function event(traceName: string, name: string, user: string, over: object = {}): object {
    const at = Date.now();
    return {
      trace_id: uuidV1(at, ++sequence, '8000a1b2c3d4e5f7'),
      trace_name: traceName,
      trace_rating: 'normal',
      trace_type: 'ApiCall',
      service_type: 'SWR',
      resource_type: 'usernamespace',
      resource_name: name,
      domain_id: tenant.domain.id,
      project_id: tenant.project.id,
      user: { id: user, name: user, domain: { id: tenant.domain.id } },
      code: '201',
      time: at,
      record_time: at,
      ...over,
    };
  }
  const created = (name: string, user: string, over: object = {}) => event('createUserNamespace', name, user, over);
  const deleted = (name: string, user: string, over: object = {}) => event('deleteUserNamespace', name, user, over);
  const scopeOf = (user: string) => ({ kind: 'user', project_id: tenant.project.id, id: user });
  const counterOf = async (user: string) =>
    (await service.counters(tenant.domain.id))[`namespace user/${tenant.project.id}/${user}`] ?? [0, 0];
  const reserve = async (user: string, name: string, ttl = 300) =>
    String((await service.reserve(tenant.domain.id, scopeOf(user), name, { ttl }).expect(201)).body.id);
  const commit = (id: string) => service.post(`/v1/quotas/reservations/${id}/commit`);

  it('is not changed by the trace of a committed creation', async () => {
    const id = await reserve('ann', 'ann-1');
    await commit(id).expect(200);
    await service.ingest([created('ann-1', 'ann')]);
    expect(await counterOf('ann')).toEqual([1, 0]);
  });

  it('is not changed by a commit after its trace, nor by a release then', async () => {
    const [first, second] = [await reserve('ben', 'ben-1'), await reserve('ben', 'ben-2')];
    await service.ingest([created('ben-1', 'ben'), created('ben-2', 'ben')]);
    expect(await counterOf('ben')).toEqual([2, 0]);
    await commit(first).expect(200);
    await service.post(`/v1/quotas/reservations/${second}/release`).expect(200);
    expect(await counterOf('ben')).toEqual([2, 0]);
  });

  it('has nothing to commit for a resource that was created after the expiry', async () => {
    const id = await reserve('cat', 'cat-1', 10);
    for (let count = 2; count <= 5; count++) await service.ingest([created(`cat-${String(count)}`, 'cat')]);
    await service.pass(20_000);
    await service.ingest([created('cat-1', 'cat')]);
    expect(await counterOf('cat')).toEqual([5, 0]);
    await commit(id).expect(200);
    expect(await counterOf('cat')).toEqual([5, 0]);
  });

  it('gives the unit back to the creator, whoever deletes', async () => {
    await service.ingest([created('shared-1', 'dan'), created('shared-2', 'dan'), deleted('shared-1', 'eve')]);
    expect([await counterOf('dan'), await counterOf('eve')]).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  it('does not count what failed, nor the same trace twice', async () => {
    const once = created('fay-1', 'fay');
    await service.ingest([once, once, created('fay-2', 'fay', { trace_rating: 'warning', code: '409' })]);
    await service.ingest([once], 1);
    expect(await counterOf('fay')).toEqual([1, 0]);
  });

  it('counts a trace that came after its window', async () => {
    const at = Date.now() - 20 * DAY_MS;
    const late = created('gus-1', 'gus', { trace_id: uuidV1(at, 1, '8000a1b2c3d4e5f8'), time: at, record_time: at });
    await service.ingest([late]);
    expect(await counterOf('gus')).toEqual([1, 0]);
    await service.ingest([late]);
    expect(await counterOf('gus')).toEqual([1, 0]);
  });

  it('may exceed the limit, and then is flagged and recorded once', async () => {
    for (let count = 1; count <= 7; count++) await service.ingest([created(`hal-${String(count)}`, 'hal')]);
    const { body } = await service.get(`/v1/quotas?domain_id=${tenant.domain.id}&scope_kind=user`).expect(200);
    const own = body.quotas.find((quota: { scope: { id: string } }) => quota.scope.id === 'hal');
    expect(own).toMatchObject({ limit: 5, used: 7, remaining: 0, percent: 140, exceeded: true });
    const told = async () =>
      (await service.recorded(tenant.domain.id)).filter(({ trace_name }) => trace_name === 'quotaExceeded');
    expect(await told()).toMatchObject([
      { trace_rating: 'warning', resource_id: `user/${tenant.project.id}/hal`, message: '6 of 5 namespace are used' },
    ]);
    await service.reserve(tenant.domain.id, scopeOf('hal'), 'hal-8').expect(409);
    await service.ingest([deleted('hal-1', 'hal'), deleted('hal-2', 'hal')]);
    await service.ingest([created('hal-9', 'hal')]);
    expect(await told()).toHaveLength(2);
  });

  it('follows a name that changes hands', async () => {
    const at = Date.now();
    const events = [
      created('moved', 'ivy', { record_time: at - 30 }),
      deleted('moved', 'ivy', { record_time: at - 20 }),
      created('moved', 'jon', { record_time: at - 10 }),
    ];
    await service.ingest(events.reverse());
    expect([await counterOf('ivy'), await counterOf('jon')]).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it('forgets what nobody asks for any more, and nothing else', async () => {
    const held = await reserve('kim', 'kim-1');
    await service.ingest([created('kim-2', 'kim'), deleted('kim-3', 'kim')]);
    const ages = { reservationDays: 7, idempotencyDays: 1, tombstoneDays: 14 };
    const purge = service.app.get(QuotaPurgeStore, { strict: false });
    expect(await purge.run(ages)).toEqual({ reservations: 0, idempotencyKeys: 0, tombstones: 0 });
    await service.database.query(`UPDATE quota_ledger SET updated_at = now() - interval '15 days'`);
    await service.pass(8 * DAY_MS);
    const [{ dead } = { dead: 0 }] = await service.database.query<{ dead: number }>(
      'SELECT count(*)::int AS dead FROM quota_ledger WHERE NOT live',
    );
    const purged = await purge.run(ages);
    expect(purged.tombstones).toBe(dead);
    expect(purged.reservations).toBeGreaterThan(0);
    // Its unit is on the counter until somebody sweeps it.
    await service.get(`/v1/quotas/reservations/${held}`).expect(200);
    expect(await counterOf('kim')).toEqual([1, 1]);
  });
});
