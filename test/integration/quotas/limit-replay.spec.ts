/** Draft limits over the samples, recomputed by hand from the file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../../src/kernel/clock.js';
import { uuidV1 } from '../../../src/kernel/ids.js';
import { newestTime, transformLine } from '../../../src/traces/core/replay-transform.js';
import expected from '../../cases/swr-week.expected.json' with { type: 'json' };
import { QuotasApp } from './harness.js';

const LINES = readFileSync(join(__dirname, '../../../samples/swr-week.ndjson'), 'utf8').trim().split('\n');
const DOMAIN = 'week';
const PROJECTS = ['week-p0', 'week-p1'] as const;

interface Told {
  readonly trace_id: string;
  readonly trace_name: string;
  readonly trace_rating: string;
  readonly code?: string;
  readonly service_type: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly project_id: string;
  readonly record_time: number;
  readonly user: string | { id: string };
}

describe('POST /v1/quotas/replay', () => {
  let service: QuotasApp;
  let token: string;
  let traces: Told[];
  beforeAll(async () => {
    service = await QuotasApp.start();
    const tenant = await service.tenant(DOMAIN, {
      id: DOMAIN,
      projects: PROJECTS.map((id, index) => ({ id, region: ['cn-north-4', 'cn-east-3'][index] ?? '' })),
    });
    token = tenant.token;
    const shiftMs = Date.now() - (newestTime(LINES) ?? 0);
    traces = LINES.map((line) => {
      let text = transformLine(line, { shiftMs, eachAtMs: null, own: null }).replaceAll(expected.domain_id, DOMAIN);
      for (const [index, id] of expected.projects.entries()) text = text.replaceAll(id, PROJECTS[index] ?? '');
      return JSON.parse(text) as Told;
    });
    await service.ingest(traces);
  }, 60_000);
  afterAll(() => service.stop());

  const replay = async (body: object) => {
    const response = await service.post('/v1/quotas/replay', { domain_id: DOMAIN, ...body }).expect(200);
    const lines = response.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { lines, summary: lines.at(-1), type: response.headers['content-type'] };
  };
  const ownerOf = ({ user }: Told): string =>
    ((typeof user === 'string' ? JSON.parse(user) : user) as { id: string }).id;

  /** Organizations that come and go in the window, in the order of their traces, each trace once. */
  function changes(from: number, to: number): Told[] {
    const once = new Map(traces.map((trace) => [trace.trace_id, trace]));
    return [...once.values()]
      .filter((trace) => trace.service_type === 'SWR' && trace.resource_type === 'usernamespace')
      .filter(({ trace_rating: rating, code = '200' }) => rating === 'normal' && Number(code) < 400)
      .filter(({ record_time: at }) => at >= from && at < to)
      .sort((left, right) => left.record_time - right.record_time || (left.trace_id < right.trace_id ? -1 : 1));
  }
  const isCreation = ({ trace_name: name }: Told): boolean => name === 'createUserNamespace';
  const isDeletion = ({ trace_name: name }: Told): boolean =>
    ['deleteUserNamespace', 'deleteUserNamesapce'].includes(name);

  /** By plain sets: who has which names in which project. */
  function refusedByHand(limit: number, from = 0, to = Infinity): { refused: Told[]; over: number } {
    const owned = new Map<string, string>();
    const count = (owner: string): number => [...owned.values()].filter((one) => one === owner).length;
    const refused: Told[] = [];
    const judge = (trace: Told, isJudged: boolean): void => {
      const name = `${trace.project_id} ${trace.resource_name}`;
      const owner = `${trace.project_id} ${ownerOf(trace)}`;
      if (isDeletion(trace)) owned.delete(name);
      else if (isCreation(trace) && owned.get(name) !== owner) {
        owned.delete(name);
        if (isJudged && count(owner) + 1 > limit) refused.push(trace);
        else owned.set(name, owner);
      }
    };
    for (const trace of changes(0, from)) judge(trace, false);
    const over = new Set([...owned.values()].filter((owner) => count(owner) > limit)).size;
    for (const trace of changes(from, to)) judge(trace, true);
    return { refused, over };
  }

  it.each([0, 1, 2, 3, 5, 100])(
    'names whom a limit of %d for each user would have refused, and when',
    async (limit) => {
      const { refused } = refusedByHand(limit);
      const { lines, summary, type } = await replay({ limits: [{ quota_key: 'namespace', limit }] });
      expect(type).toContain('application/x-ndjson');
      expect(lines.slice(0, -1).every((line) => Object.keys(line as object).join() === 'evaluated')).toBe(true);
      expect(summary).toMatchObject({ refused: refused.length, over_at_start: 0, elsewhere: 0 });
      const byUser = new Map<string, number[]>();
      for (const trace of refused) {
        const who = `${trace.project_id} ${ownerOf(trace)}`;
        byUser.set(who, [...(byUser.get(who) ?? []), trace.record_time]);
      }
      const told = summary.by_scope.map(
        (one: { scope: { project_id: string; id: string }; refused: number; first_at: number; last_at: number }) => [
          `${one.scope.project_id} ${one.scope.id}`,
          [one.refused, one.first_at, one.last_at],
        ],
      );
      const hand = [...byUser].map(([who, times]) => [who, [times.length, Math.min(...times), Math.max(...times)]]);
      expect(new Map(told)).toEqual(new Map(hand as [string, number[]][]));
      const ids = new Set(refused.map(({ trace_id: id }) => id));
      expect(summary.examples.every(({ trace_id: id }: { trace_id: string }) => ids.has(id))).toBe(true);
      expect(summary.examples.length > 0).toBe(refused.length > 0);
    },
  );

  it('has something to refuse and something to let through', () => {
    expect(refusedByHand(2).refused.length).toBeGreaterThan(5);
    expect(refusedByHand(100).refused).toEqual([]);
  });

  it.each([1, 2, 3])('begins with what was there at the start of the window (limit %d)', async (limit) => {
    const times = changes(0, Infinity).map(({ record_time: at }) => at);
    const from = times[Math.floor(times.length / 2)] ?? 0;
    const to = times[Math.floor((times.length * 9) / 10)] ?? 0;
    const { refused, over } = refusedByHand(limit, from, to);
    const { summary } = await replay({
      limits: [{ quota_key: 'namespace', limit }],
      from,
      to: new Date(to).toISOString(),
    });
    expect([summary.refused, summary.over_at_start]).toEqual([refused.length, over]);
  });

  it('limits a project together, and each instance', async () => {
    const scope = { kind: 'project', id: PROJECTS[0] };
    const { summary } = await replay({
      limits: [
        { quota_key: 'namespace', scope, limit: 0 },
        { quota_key: 'namespace_quota', limit: 0 },
      ],
    });
    const created = changes(0, Infinity).filter((trace) => isCreation(trace) && trace.project_id === PROJECTS[0]);
    const ofProject = summary.by_scope.find((one: { quota_key: string }) => one.quota_key === 'namespace');
    expect(ofProject).toMatchObject({ scope, limit: 0, refused: created.length });
    const kinds = summary.by_scope.map((one: { scope: { kind: string } }) => one.scope.kind);
    expect(kinds.filter((kind: string) => kind === 'instance').length).toBeGreaterThan(1);
  });

  it('begins with a baseline, and with what is older than any stored trace', async () => {
    const tenant = await service.tenant('moved');
    const scope = { kind: 'user', project_id: tenant.project.id, id: 'ann' };
    const item = { quota_key: 'namespace', scope, resource_names: ['old-1', 'old-2'] };
    await service
      .post('/v1/quotas/baseline', { domain_id: tenant.domain.id, items: [item], reason: 'moved' })
      .expect(200);
    const now = Date.now();
    const told = (traceName: string, name: string, at: number) => ({
      ...(traces[0] as object),
      trace_id: uuidV1(at, 1, '8000a1b2c3d4e5f7'),
      trace_name: traceName,
      trace_rating: 'normal',
      service_type: 'SWR',
      resource_type: 'usernamespace',
      resource_name: name,
      resource_id: name,
      domain_id: tenant.domain.id,
      project_id: tenant.project.id,
      user: { id: 'ann', name: 'ann', domain: { id: tenant.domain.id } },
      code: '201',
      time: at,
      record_time: at,
    });
    await service.ingest([told('createUserNamespace', 'ancient', now - 20 * DAY_MS)]);
    await service.ingest([
      told('createUserNamespace', 'new-1', now - 50_000),
      told('deleteUserNamespace', 'ancient', now - 40_000),
      told('createUserNamespace', 'new-2', now - 30_000),
    ]);
    const { summary } = await replay({ domain_id: tenant.domain.id, limits: [{ quota_key: 'namespace', limit: 3 }] });
    expect(summary).toMatchObject({
      evaluated: 3,
      refused: 1,
      examples: [{ resource_name: 'new-1', used: 3, limit: 3, record_time: now - 50_000 }],
    });
  });

  it('changes nothing, and is refused to tenants, for unknown keys and wrong scopes', async () => {
    const before = await service.counters(DOMAIN);
    await replay({ limits: [{ quota_key: 'namespace', limit: 0 }], from: Date.now() - DAY_MS });
    expect(await service.counters(DOMAIN)).toEqual(before);
    const ask = (limits: object[], more: object = {}, as?: string) =>
      service.post('/v1/quotas/replay', { domain_id: DOMAIN, limits, ...more }, as);
    await ask([{ quota_key: 'namespace', limit: 1 }], {}, token).expect(403);
    expect((await ask([{ quota_key: 'cows', limit: 1 }]).expect(400)).body.problems).toMatchObject([
      { path: 'body.limits[0].quota_key' },
    ]);
    const instance = { kind: 'instance', project_id: PROJECTS[0], id: 'i' };
    await ask([{ quota_key: 'namespace', scope: instance, limit: 1 }]).expect(400);
    await ask([{ quota_key: 'namespace', limit: 1 }], { domain_id: 'nobody' }).expect(404);
    await ask([], { from: 'yesterday' }).expect(400);
  });
});
