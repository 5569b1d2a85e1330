import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { RecordingStore } from '../../../src/traces/recording.store.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';
import { startCtsApp } from './app.js';

const NOW = Date.UTC(2026, 2, 10, 12, 30);
const P = '/v3/project-1';

describe('look-ups of CTS', () => {
  let db: OpenDatabase;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    db = await openTestDatabase();
    await new DayPartitions(db.database).ensure(NOW - 9 * DAY_MS, NOW + DAY_MS);
    app = await startCtsApp(db.database, { now: () => NOW });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  const get = (path: string, query: Record<string, string> = {}) => request(app.getHttpServer()).get(path).query(query);

  describe('operations', () => {
    const groups = async (query: Record<string, string>) =>
      (
        (await get(`${P}/operations`, query).expect(200)).body as {
          operations: { service_type: string; resource_type: string; operation_list: string[] }[];
        }
      ).operations;

    it('lists the catalogue', async () => {
      const services = new Set((await groups({})).map(({ service_type }) => service_type));
      expect([...services]).toEqual(expect.arrayContaining(['SWR', 'IAM', 'CTS']));
    });
    it('of a service, in any case of letters', async () => {
      const found = await groups({ service_type: 'cts' });
      expect(new Set(found.map(({ service_type }) => service_type))).toEqual(new Set(['CTS']));
      expect(await groups({ service_type: 'CTS' })).toEqual(found);
    });
    it('of a resource type', async () => {
      expect(await groups({ service_type: 'CTS', resource_type: 'tracker' })).toEqual([
        expect.objectContaining({
          operation_list: expect.arrayContaining(['createTracker', 'updateTracker']) as string[],
        }),
      ]);
    });
    it('knows nothing of a service that is not there', async () => {
      expect(await groups({ service_type: 'nope' })).toEqual([]);
    });
    it('refuses a resource type alone', async () => {
      const { body } = await get(`${P}/operations`, { resource_type: 'tracker' }).expect(400);
      expect(body).toMatchObject({ error_code: 'CTS.0300', problems: [{ path: 'query.resource_type' }] });
    });
  });

  it('resources: services and resource types of the domain’s kept hours', async () => {
    const hour = (hours: number) => new Date(Math.floor(NOW / HOUR_MS) * HOUR_MS - hours * HOUR_MS);
    for (const [domain, hours, log, project, service, type] of [
      ['domain-1', 1, 1, 'p1', 'SWR', 'imagerepository'],
      ['domain-1', 1, 2, 'p1', 'SWR', 'imagerepository'],
      ['domain-1', 2, 1, 'p2', 'SWR', 'blob'],
      ['domain-1', 7 * 24, 1, 'p1', 'IAM', 'user'],
      ['domain-1', 7 * 24 + 1, 1, 'p1', 'OLD', 'x'],
      ['domain-2', 1, 1, 'p1', 'ECS', 'server'],
    ] as const)
      await db.database.query(`INSERT INTO trace_rollups VALUES ($1, $2, $3, $4, 'system', $5, $6, 'n', 'normal', 1)`, [
        domain, hour(hours), log, project, service, type,
      ]); // prettier-ignore
    const { body } = await get('/v3/domain-1/resources').expect(200);
    expect(body).toEqual({
      resources: [
        { service_type: 'IAM', resource: ['user'] },
        { service_type: 'SWR', resource: ['blob', 'imagerepository'] },
      ],
    });
  });

  it.each(['user-resources', 'user-resource'])('%s: users of the domain in the last 30 days', async (path) => {
    await db.database.query(
      `INSERT INTO actors VALUES ('domain-1', 'bob', now() - interval '29 days'), ('domain-1', 'ann', now()),
         ('domain-1', 'gone', now() - interval '31 days'), ('domain-2', 'eve', now()) ON CONFLICT DO NOTHING`,
    );
    const { body } = await get(`${P}/${path}`).expect(200);
    expect(body).toEqual({ users: [{ name: 'ann' }, { name: 'bob' }] });
  });

  it('quotas', async () => {
    const { body } = await get(`${P}/quotas`).expect(200);
    expect(body).toEqual({
      resources: [
        { type: 'system_tracker', used: 1, quota: 1 },
        { type: 'data_tracker', used: 0, quota: 100 },
        { type: 'smn_notification', used: 0, quota: 100 },
      ],
    });
  });

  describe('configuration', () => {
    const put = (body: object, project = 'project-1') =>
      request(app.getHttpServer()).put(`/v3/${project}/configuration`).set('user-agent', 'test').send(body);
    const valid = {
      is_sync_global_trace: true,
      is_support_read_only: false,
      support_read_only_services: ['IAM', 'ECS'],
    };

    it('stores read-only traces where nothing was set', async () => {
      const { body } = await get('/v3/project-7/configuration').expect(200);
      expect(body).toEqual({ is_sync_global_trace: false, is_support_read_only: true, support_read_only_services: [] });
    });

    it('is what was put last, of this project only, for ingest as well, and leaves a trace each time', async () => {
      await db.database.query('DELETE FROM trace_outbox');
      await put({ ...valid, support_read_only_services: [] }).expect(204);
      const { text } = await put(valid).expect(204);
      expect(text).toBe('');
      expect((await get(`${P}/configuration`).expect(200)).body).toEqual(valid);
      expect((await get('/v3/project-2/configuration').expect(200)).body).toMatchObject({ is_support_read_only: true });
      const settings = await new RecordingStore().settingsFor(['domain-1'], db.database);
      expect(settings.of('domain-1', 'project-1')).toEqual({
        recording: true,
        supportReadOnly: false,
        readOnlyServices: ['IAM', 'ECS'],
      });
      const traces = await db.database.query<{ payload: string }>(
        'SELECT payload FROM trace_outbox ORDER BY created_at',
      );
      expect(traces).toHaveLength(2);
      const trace = JSON.parse(traces[1]?.payload ?? '') as Record<string, unknown>;
      expect(trace).toMatchObject({
        trace_name: 'updateConfiguration',
        service_type: 'CTS',
        domain_id: 'domain-1',
        project_id: 'project-1',
        user: { id: 'user-1', name: 'ann' },
        code: '204',
      });
      expect(JSON.parse(String(trace.request))).toEqual(valid);
    });

    it('reports all that is wrong with a body, and changes nothing', async () => {
      const before = (await get(`${P}/configuration`).expect(200)).body as object;
      const { body } = await put({
        is_support_read_only: 'yes',
        support_read_only_services: ['IAM', 'no such', 7],
      }).expect(400);
      expect(body).toMatchObject({ error_code: 'CTS.0003' });
      expect((body as { problems: { path: string }[] }).problems.map(({ path }) => path)).toEqual([
        'body.is_sync_global_trace',
        'body.is_support_read_only',
        'body.support_read_only_services[1]',
        'body.support_read_only_services[2]',
      ]);
      expect((await get(`${P}/configuration`).expect(200)).body).toEqual(before);
    });
  });

  describe('GET /v1/retention', () => {
    it('tells what is kept, where, and what the last runs did', async () => {
      await db.database.query(
        `INSERT INTO retention_runs (started_at, finished_at, trigger, retention_days, dropped)
         VALUES (now() - interval '1 minute', now(), 'schedule', 7, '[{"partition":"traces_20260101","from":1,"to":2,"rows":3}]')`,
      );
      const { body } = await get('/v1/retention').set('x-operator', 'yes').expect(200);
      expect(body).toMatchObject({
        retention_days: 7,
        window_from: expect.any(Number) as number,
        runs: [
          {
            trigger: 'schedule',
            retention_days: 7,
            dropped: [{ partition: 'traces_20260101', from: 1, to: 2, rows: 3 }],
            created: [],
            error: null,
            started_at: expect.any(Number) as number,
            finished_at: expect.any(Number) as number,
          },
        ],
      });
      const { partitions } = body as { partitions: { name: string }[] };
      expect(partitions.find(({ name }) => name === 'traces_20260310')).toEqual({
        name: 'traces_20260310',
        from: Date.UTC(2026, 2, 10),
        to: Date.UTC(2026, 2, 11),
        rows_estimate: 0,
        bytes: expect.any(Number) as number,
        state: 'attached',
      });
    });

    it('is of the operator plane', async () => {
      await get('/v1/retention').expect(403);
      await get('/v1/retention/dry-run').expect(403);
    });

    it('tells what a run would drop, and drops nothing', async () => {
      const dryRun = (at: string) => get(`/v1/retention/dry-run?at=${at}`).set('x-operator', 'yes');
      const { body } = await dryRun('2026-03-18T12:00:00Z').expect(200);
      expect(body).toMatchObject({ at: Date.UTC(2026, 2, 18, 12), window_from: Date.UTC(2026, 2, 11, 12) });
      const { dropped } = body as { dropped: { partition: string }[] };
      expect(dropped).toContainEqual({
        partition: 'traces_20260310',
        from: Date.UTC(2026, 2, 10),
        to: Date.UTC(2026, 2, 11),
        rows: expect.any(Number) as number,
      });
      expect(dropped.map(({ partition }) => partition)).not.toContain('traces_20260311');
      const kept = (await get('/v1/retention').set('x-operator', 'yes').expect(200)).body as {
        partitions: { name: string }[];
      };
      expect(kept.partitions.map(({ name }) => name)).toContain('traces_20260310');
      for (const at of ['0', '253402300799999']) await dryRun(at).expect(200);
      for (const at of ['tomorrow', '253402300800000', ''])
        expect((await dryRun(at).expect(400)).body).toMatchObject({ problems: [{ path: 'query.at' }] });
    });
  });
});
