/** The service as its users get it: started once, used over HTTP and by its commands, stopped by Ctrl-C, started again. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { endsWithin } from '../../src/embedded/processes.js';
import { DAY_MS } from '../../src/kernel/clock.js';
import type { WireCoverage } from '../../src/traces/coverage.dto.js';
import { newestTime, shiftTo, transformLine } from '../../src/traces/core/replay-transform.js';
import { pageThrough } from '../support/paging.js';
import { descendantsOf, ROOT, Service } from '../support/service.js';

/** Fixed for the whole run, so that the same command sends the same bytes. */
const END_AT = Date.now() - 60_000;
const WINDOW = { from: END_AT - 6.5 * DAY_MS, to: END_AT + 1 };
const WEEK = join(ROOT, 'samples/swr-week.ndjson');
const EVENTS = join(ROOT, 'samples/replay-events.ndjson.gz');
const OPENAPI = join(ROOT, 'openapi.json');
const week = JSON.parse(readFileSync(join(ROOT, 'test/cases/swr-week.expected.json'), 'utf8')) as {
  readonly domain_id: string;
  readonly projects: readonly string[];
  readonly lines: number;
  readonly stored: number;
  readonly duplicate: number;
};

interface SentTrace {
  readonly trace_id: string;
  readonly project_id: string;
}

/** What the replay of a file publishes, as it must be found again. */
function sentFrom(file: string): SentTrace[] {
  const bytes = readFileSync(file);
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n').filter(Boolean);
  const shiftMs = shiftTo(END_AT, newestTime(lines));
  return lines.map((line) => JSON.parse(transformLine(line, { shiftMs, eachAtMs: null, own: null })) as SentTrace);
}

interface Document {
  readonly paths: Readonly<Record<string, unknown>>;
}

/** Each path and each other member of the document by its name: what differs is named, not printed. */
const partsOf = ({ paths, ...others }: Document): Map<string, unknown> =>
  new Map(Object.entries({ ...paths, ...others }));

const unique = (ids: readonly string[]): string[] => [...new Set(ids)].sort();
const count = (coverage: WireCoverage, fate: 'stored' | 'duplicate' | 'filtered'): number =>
  Number(coverage.total[fate]);
const atLeast =
  (fate: 'stored' | 'duplicate' | 'filtered', wanted: number) =>
  (total: WireCoverage['total']): boolean =>
    Number(total[fate]) >= wanted;

describe('the service', () => {
  let dataDir: string;
  let service: Service;
  let token: string;
  let tenantToken: string;
  const tenant = { name: 'acme-1' };
  const tenantUser = { name: 'lin', password: 'correct horse battery' };

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'quaestor e2e '));
    service = await Service.start({ DATA_DIR: dataDir });
    token = await service.signIn();
  }, 300_000);
  afterAll(async () => {
    await service.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  const replayEvents = () => service.replay(EVENTS, '--own', '--end-at', new Date(END_AT).toISOString());
  const ownProject = (): string => service.credentials.project.id;

  it('tells in two files that only their owner can read where it listens and who may sign in', async () => {
    for (const name of ['runtime.json', 'credentials.json'])
      expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(service.runtime).toMatchObject({ topic: 'cts.traces', database: expect.stringMatching(/^postgres:\/\//) });
    expect(service.runtime.kafka).toHaveLength(1);
    const { status, body } = await service.call<{ checks: Record<string, string> }>('GET', '/readyz');
    const checks = { database: 'ok', migrations: 'ok', kafka: 'ok', partitions: 'ok', policies: 'ok' };
    expect([status, body.checks]).toEqual([200, checks]);
    expect(service.output).not.toContain(service.credentials.user.password);
    expect(service.output).not.toContain(new URL(service.runtime.database).password);
  });

  it('lets nobody in without a token, and says so in the documented shape', async () => {
    const refused = await service.call('GET', `/v3/${ownProject()}/traces`);
    expect(refused).toMatchObject({ status: 401, body: { error_code: 'APIGW.0301' } });
    expect(await service.call('GET', '/v1/nothing', { token })).toMatchObject({
      status: 404,
      body: { error_code: 'APIGW.0101' },
    });
  });

  (existsSync(OPENAPI) ? it : it.skip)('serves the OpenAPI document that is committed', async () => {
    const served = partsOf((await service.call<Document>('GET', '/openapi.json')).body);
    const committed = partsOf(JSON.parse(readFileSync(OPENAPI, 'utf8')) as Document);
    const names = [...new Set([...served.keys(), ...committed.keys()])];
    expect(names.filter((name) => !isDeepStrictEqual(served.get(name), committed.get(name)))).toEqual([]);
    expect(served.has('/v3/{project_id}/traces')).toBe(true);
  });

  it('stores what is replayed, and knows it all when it is replayed again', async () => {
    const before = await service.settled(token);
    expect(await replayEvents()).toMatchObject({ published: 2900, failed: 0, end_at: END_AT });
    const once = await service.settled(token, atLeast('stored', count(before, 'stored') + 2900));
    expect(count(once, 'stored')).toBe(count(before, 'stored') + 2900);
    await replayEvents();
    const twice = await service.settled(token, atLeast('duplicate', 2900));
    expect(twice.total).toMatchObject({ stored: once.total.stored, duplicate: '2900', evicted: '0', balanced: true });
  }, 60_000);

  it("shows all of a project's traces, page by page, without gap or repeat", async () => {
    const { ids, pages } = await pageThrough(service, token, ownProject(), { ...WINDOW, limit: 200 });
    expect(pages).toBe(15);
    expect(ids).toHaveLength(2900);
    expect(unique(ids)).toEqual(unique(sentFrom(EVENTS).map((trace) => trace.trace_id)));
  });

  describe('with a second domain', () => {
    beforeAll(async () => {
      const projects = week.projects.map((id, index) => ({
        id,
        name: `cn-north-4_${String(index)}`,
        region: 'cn-north-4',
      }));
      const body = { ...tenant, id: week.domain_id, projects, administrator: tenantUser };
      expect(await service.call('POST', '/v1/domains', { token, body })).toMatchObject({
        status: 201,
        body: { domain: { id: week.domain_id } },
      });
      tenantToken = await service.signIn(tenantUser, tenant);
    });

    it('stores the week of its registry as expected', async () => {
      const before = await service.settled(token);
      expect(await service.replay(WEEK, '--end-at', String(END_AT))).toMatchObject({ published: week.lines });
      const after = await service.settled(token, atLeast('duplicate', count(before, 'duplicate') + week.duplicate));
      // What became more than a quota allows is told by traces of our own, one for each user.
      const told = await service.call<{ page: { count: number } }>(
        'GET',
        `/v1/traces?domain_id=${week.domain_id}&service_type=QUOTA&limit=1000`,
        { token },
      );
      expect(count(after, 'stored') - count(before, 'stored')).toBe(week.stored + told.body.page.count);
      expect(told.body.page.count).toBeGreaterThan(0);
      expect(count(after, 'duplicate') - count(before, 'duplicate')).toBe(week.duplicate);
      expect(after.total.balanced).toBe(true);
    }, 60_000);

    it('shows its administrator each of its projects, whole', async () => {
      const sent = sentFrom(WEEK);
      for (const [index, project] of week.projects.entries()) {
        const { ids } = await pageThrough(service, tenantToken, project, { ...WINDOW, limit: [37, 200][index] ?? 10 });
        expect(ids).toHaveLength(new Set(ids).size);
        expect(unique(ids)).toEqual(
          unique(sent.filter(({ project_id }) => project_id === project).map(({ trace_id }) => trace_id)),
        );
      }
    });

    it("keeps its administrator from everybody else's, which looks as if it did not exist", async () => {
      const list = (project: string, by: string) => service.call('GET', `/v3/${project}/traces`, { token: by });
      const anonymous = ({ status, body }: { status: number; body: unknown }) => ({
        status,
        body: { ...(body as Record<string, unknown>), request_id: 'any' },
      });
      const foreign = await list(ownProject(), tenantToken);
      const missing = await list('f'.repeat(32), tenantToken);
      expect(foreign.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(anonymous(foreign)).replaceAll(ownProject(), 'f'.repeat(32))).toBe(
        JSON.stringify(anonymous(missing)),
      );
      // Nor does the operator see the tenant's through the tenant's path.
      expect((await list(week.projects[0] ?? '', token)).status).toBe(foreign.status);
      // A trace of another domain is not found by its id either.
      const [own] = sentFrom(EVENTS);
      const byId = await service.call('GET', `/v3/${week.projects[0] ?? ''}/traces?trace_id=${own?.trace_id ?? ''}`, {
        token: tenantToken,
      });
      expect(byId).toMatchObject({ status: 200, body: { traces: [], meta_data: { count: 0, marker: null } } });
    });

    it('keeps its administrator from the operator plane', async () => {
      for (const path of ['/v1/ingest/coverage', '/v1/retention', '/v1/domains'])
        expect([path, (await service.call('GET', path, { token: tenantToken })).status]).toEqual([path, 403]);
    });

    it('stores no read-only events of a project that does not want them', async () => {
      const [project = ''] = week.projects;
      const body = { is_sync_global_trace: false, is_support_read_only: false, support_read_only_services: ['OBS'] };
      const path = `/v3/${project}/configuration`;
      expect((await service.call('PUT', path, { token: tenantToken, body })).status).toBe(204);
      expect(await service.call('GET', path, { token: tenantToken })).toMatchObject({ status: 200, body });

      const template = { ...sentFrom(WEEK).find(({ project_id }) => project_id === project), record_time: END_AT };
      const events = ['SWR', 'SWR', 'SWR', 'OBS', 'OBS'].flatMap((service_type, index) =>
        [true, false].map((read_only) => ({
          ...template,
          service_type,
          read_only,
          trace_id: `filtered-${String(index)}-${String(read_only)}`,
        })),
      );
      const file = join(dataDir, 'read-only.ndjson');
      writeFileSync(file, events.map((event) => JSON.stringify(event)).join('\n'));
      const before = await service.settled(token);
      await service.replay(file);
      const after = await service.settled(token, atLeast('filtered', 3));
      expect(count(after, 'filtered') - count(before, 'filtered')).toBe(3);
      expect(count(after, 'stored') - count(before, 'stored')).toBe(7);
      expect(after.total.balanced).toBe(true);
    }, 30_000);
  });

  it('is one for its data directory: another start says who holds it', async () => {
    await expect(Service.start({ DATA_DIR: dataDir })).rejects.toThrow(
      new RegExp(`ended with 1: .*in use by process ${String(service.pid)}`, 's'),
    );
    expect((await service.call('GET', '/readyz')).status).toBe(200);
  });

  describe('stopped by Ctrl-C and started again', () => {
    let before: WireCoverage;

    it('ends with 0, and leaves neither a process nor runtime.json', async () => {
      before = await service.settled(token);
      const children = descendantsOf(service.pid);
      const postmaster = Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
      expect(children).toContain(postmaster);
      const { code, stdout } = await service.interrupt();
      expect(code).toBe(0);
      for (const pid of children) expect([pid, await endsWithin(pid, 5_000)]).toEqual([pid, true]);
      expect(existsSync(join(dataDir, 'runtime.json'))).toBe(false);
      expect(stdout.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    }, 60_000);

    it('keeps its data and its users', async () => {
      const { credentials } = service;
      service = await Service.start({ DATA_DIR: dataDir });
      const { answersMs, readyMs } = service.startedIn;
      process.stderr.write(
        `second start on the same data: answers after ${String(answersMs)} ms, ready after ${String(readyMs)} ms\n`,
      );
      expect(service.credentials).toEqual(credentials);
      token = await service.signIn();
      const { ids } = await pageThrough(service, token, ownProject(), { ...WINDOW, limit: 200 });
      expect(new Set(ids).size).toBe(2900);
    }, 120_000);

    it('knows everything of a third replay again, in a new incarnation of each log', async () => {
      const started = await service.settled(token);
      await replayEvents();
      const after = await service.settled(token, atLeast('duplicate', count(started, 'duplicate') + 2900));
      expect(count(after, 'duplicate') - count(started, 'duplicate')).toBe(2900);
      expect(after.total).toMatchObject({ evicted: '0', balanced: true });
      const earlier = before.logs.map(({ topic, partition }) => [topic, partition, 1]);
      expect(
        after.logs.filter(({ current }) => !current).map((log) => [log.topic, log.partition, log.incarnation]),
      ).toEqual(earlier);
      expect(
        after.logs.filter(({ current }) => current).map((log) => [log.topic, log.partition, log.incarnation]),
      ).toEqual(earlier.map(([topic, partition]) => [topic, partition, 2]));
      const { ids } = await pageThrough(service, token, ownProject(), { ...WINDOW, limit: 200 });
      expect(ids).toHaveLength(2900);
    }, 60_000);
  });
});
