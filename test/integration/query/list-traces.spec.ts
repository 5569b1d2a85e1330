import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { DAY_MS, HOUR_MS } from '../../../src/kernel/clock.js';
import { shiftUuidV1 } from '../../../src/kernel/ids.js';
import { DayPartitions } from '../../../src/traces/day-partitions.store.js';
import { insertTraces, type TraceRow, traceRow } from '../retention/rows.js';
import { type OpenDatabase, openTestDatabase } from '../retention/test-database.js';
import { startCtsApp } from './app.js';

const NOW = Date.UTC(2026, 2, 10, 12);
const MINUTE_MS = 60_000;

/** The traces of the suite by a name of its own; times are minutes before now, all others as in `traceRow`. */
const ROWS: Record<string, Partial<TraceRow> & { minutes: number }> = {
  create: { minutes: 1, userName: 'ann', resourceName: 'c/a/b', resourceId: 'r-1', accessKeyId: 'AK1' },
  encoded: { minutes: 2, userName: 'Ann', resourceName: 'c/a$b', resourceId: 'r-2', traceRating: 'warning' },
  escaped: { minutes: 3, resourceName: 'c/a%24b', traceName: 'deleteRepo', enterpriseProjectId: 'ep-1' },
  lower: { minutes: 4, serviceType: 'swr', resourceType: 'usernamespace', resourceName: 'c', enterpriseProjectId: '0' },
  mixed: { minutes: 5, serviceType: 'FunctionGraph', resourceType: 'Functions', accessKeyId: 'HST2' },
  data: {
    minutes: 6,
    eventType: 'data',
    trackerName: 'bucket-1',
    serviceType: 'OBS',
    userName: 'ann',
    accessKeyId: 'AK1',
  },
  dataOther: {
    minutes: 7,
    eventType: 'data',
    trackerName: 'bucket-2',
    serviceType: 'OBS',
    enterpriseProjectId: 'ep-1',
  },
  older: { minutes: 61, userName: 'ann' },
  otherProject: { minutes: 1, projectId: 'project-2', userName: 'ann', resourceName: 'c/a/b' },
  otherDomain: { minutes: 1, domainId: 'domain-2', userName: 'ann', resourceName: 'c/a/b' },
  otherDomainProject: { minutes: 1, domainId: 'domain-2', projectId: 'project-9' },
  // Recorded long after the time its id carries.
  foreignLate: { minutes: 40, domainId: 'domain-2', traceId: traceRow({ recordTime: NOW - 1.5 * MINUTE_MS }).traceId },
  beforeWindow: { minutes: 7 * 24 * 60 + 1 },
  startOfWindow: { minutes: 7 * 24 * 60 },
};
const IN_HOUR = ['create', 'encoded', 'escaped', 'lower', 'mixed'];

describe('GET /v3/{project_id}/traces', () => {
  let db: OpenDatabase;
  let app: NestFastifyApplication;
  const rows: Record<string, TraceRow> = Object.fromEntries(
    Object.entries(ROWS).map(([name, { minutes, ...row }]) => [
      name,
      traceRow({ ...row, recordTime: NOW - minutes * MINUTE_MS }),
    ]),
  );
  const nameOf = (id: string) => Object.entries(rows).find(([, row]) => row.traceId === id)?.[0] ?? id;
  const row = (name: string) => rows[name] ?? traceRow({ recordTime: NOW });

  beforeAll(async () => {
    db = await openTestDatabase();
    await new DayPartitions(db.database).ensure(NOW - 9 * DAY_MS, NOW + DAY_MS);
    await insertTraces(db.database, Object.values(rows));
    app = await startCtsApp(db.database, { now: () => NOW });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  const get = (query: Record<string, string | string[]>, project = 'project-1', domain = 'domain-1') =>
    request(app.getHttpServer()).get(`/v3/${project}/traces`).query(query).set('x-domain', domain);
  const names = async (query: Record<string, string>, project?: string, domain?: string): Promise<string[]> => {
    const answer = await get(query, project, domain).expect(200);
    const body = answer.body as { traces: { trace_id: string }[]; meta_data: { count: number; marker: string | null } };
    expect(body.meta_data.count).toBe(body.traces.length);
    return body.traces.map(({ trace_id }) => nameOf(trace_id));
  };
  const whole = { from: String(NOW - 8 * DAY_MS), to: String(NOW + 1), limit: '200' };

  it.each<[string, Record<string, string>, string[]]>([
    ['nothing: system traces of the last hour', {}, IN_HOUR],
    ['trace_type=system', { trace_type: 'system' }, IN_HOUR],
    ['trace_type=data', { trace_type: 'data' }, ['data', 'dataOther']],
    ['limit', { limit: '2' }, ['create', 'encoded']],
    ['from and to', { from: String(NOW - 4 * MINUTE_MS - 1), to: String(NOW - 2 * MINUTE_MS) }, ['escaped', 'lower']],
    ['both bounds are exclusive', { from: String(NOW - 4 * MINUTE_MS), to: String(NOW - 2 * MINUTE_MS) }, ['escaped']],
    ['from alone reaches to now', { from: String(NOW - 62 * MINUTE_MS) }, [...IN_HOUR, 'older']],
    ['to alone begins one hour ago', { to: String(NOW - 4 * MINUTE_MS) }, ['mixed']],
    ['to alone before that leaves nothing', { to: String(NOW - 2 * HOUR_MS) }, []],
    ['from before the window is clamped', whole, [...IN_HOUR, 'older', 'startOfWindow']],
    ['tracker_name=system', { tracker_name: 'system' }, IN_HOUR],
    ['no other tracker has management traces', { tracker_name: 'bucket-1' }, []],
    ['tracker_name with data', { trace_type: 'data', tracker_name: 'bucket-1' }, ['data']],
    ['tracker_name=system with data', { trace_type: 'data', tracker_name: 'system' }, []],
    ['service_type', { service_type: 'FunctionGraph' }, ['mixed']],
    ['service_type in any case', { service_type: 'swr' }, ['create', 'encoded', 'escaped', 'lower']],
    ['service_type in mixed case', { service_type: 'functiongraph' }, ['mixed']],
    ['service_type without traces', { service_type: 'OBS' }, []],
    ['resource_type', { resource_type: 'usernamespace' }, ['lower']],
    ['resource_type is case-sensitive', { resource_type: 'UserNamespace' }, []],
    ['resource_id', { resource_id: 'r-1' }, ['create']],
    ['resource_id is exact', { resource_id: 'r' }, []],
    ['resource_name with /', { resource_name: 'c/a/b' }, ['create', 'encoded', 'escaped']],
    ['resource_name with $', { resource_name: 'c/a$b' }, ['create', 'encoded', 'escaped']],
    ['resource_name with %24', { resource_name: 'c/a%24b' }, ['create', 'encoded', 'escaped']],
    ['resource_name with %2F', { resource_name: 'c%2Fa%2Fb' }, ['create', 'encoded', 'escaped']],
    ['resource_name without /', { resource_name: 'c' }, ['lower']],
    ['resource_name is case-sensitive', { resource_name: 'C/a/b' }, []],
    ['trace_name', { trace_name: 'deleteRepo' }, ['escaped']],
    ['trace_rating', { trace_rating: 'warning' }, ['encoded']],
    ['trace_rating=normal', { trace_rating: 'normal' }, ['create', 'escaped', 'lower', 'mixed']],
    ['user is the name, case-sensitive', { user: 'ann' }, ['create']],
    ['access_key_id', { access_key_id: 'AK1' }, ['create']],
    ['temporary access_key_id', { access_key_id: 'HST2' }, ['mixed']],
    ['enterprise_project_id', { enterprise_project_id: 'ep-1' }, ['escaped']],
    ['the default enterprise_project_id', { enterprise_project_id: '0' }, ['lower']],
    ['access_key_id with data', { trace_type: 'data', access_key_id: 'AK1' }, ['data']],
    ['enterprise_project_id with data', { trace_type: 'data', enterprise_project_id: 'ep-1' }, ['dataOther']],
    ['the other filters are without effect on data', { trace_type: 'data', user: 'nobody', service_type: 'SWR', trace_name: 'x',
      resource_type: 'x', resource_id: 'x', resource_name: 'x', trace_rating: 'warning', trace_id: 'x' }, ['data', 'dataOther']],
    ['all filters together', { service_type: 'swr', resource_type: 'imagerepository', resource_name: 'c/a/b', resource_id: 'r-1',
      user: 'ann', trace_name: 'createRepo', trace_rating: 'normal', access_key_id: 'AK1', tracker_name: 'system',
      trace_type: 'system', limit: '5', from: String(NOW - HOUR_MS), to: String(NOW) }, ['create']],
    ['all filters but one that fails', { service_type: 'swr', resource_name: 'c/a/b', resource_id: 'r-1', user: 'bob' }, []],
    ['service_type and resource_name', { service_type: 'SWR', resource_name: 'c$a$b', trace_rating: 'warning' }, ['encoded']],
    ['an empty value is as good as none', { user: '', next: '', resource_name: '', service_type: '' }, IN_HOUR],
    ['parameters nobody knows are ignored', { sort: 'asc', offset: '7' }, IN_HOUR],
    ['a LIKE pattern is a name like any other', { user: '%' }, []],
  ])('%s', async (_, query, expected) => {
    expect(await names(query)).toEqual(expected);
  }); // prettier-ignore

  describe('trace_id', () => {
    const idOf = (name: string) => row(name).traceId;

    it.each(['create', 'older', 'data', 'startOfWindow'])('finds %s whatever the others say', async (name) => {
      const others = { user: 'x', service_type: 'x', resource_name: 'x/y', tracker_name: 'x', access_key_id: 'x', limit: '1',
        enterprise_project_id: 'x', from: String(NOW - 2), to: String(NOW - 1), next: 'not-a-marker' }; // prettier-ignore
      const answer = await get({ trace_id: idOf(name), ...others }).expect(200);
      const body = answer.body as { traces: { trace_id: string }[]; meta_data: unknown };
      expect(body.traces.map(({ trace_id }) => trace_id)).toEqual([idOf(name)]);
      expect(body.meta_data).toEqual({ count: 1, marker: null });
    });

    it.each(['otherProject', 'otherDomain', 'otherDomainProject', 'beforeWindow'])('does not find %s', async (name) => {
      expect(await names({ trace_id: idOf(name) })).toEqual([]);
    });

    it('answers an unknown one with an empty list', async () => {
      const { body } = await get({ trace_id: 'unknown' }).expect(200);
      expect(body).toEqual({ meta_data: { count: 0, marker: null }, traces: [] });
    });
  });

  describe('tenants', () => {
    it('shows the path’s project only', async () => {
      expect(await names({}, 'project-2')).toEqual(['otherProject']);
    });
    it('shows the caller’s domain only, where two domains have the same project id', async () => {
      expect(await names({}, 'project-1', 'domain-2')).toEqual(['otherDomain', 'foreignLate']);
    });
    it('answers for a project of another domain as for one that does not exist', async () => {
      const foreign = await get({}, 'project-9');
      const missing = await get({}, 'no-such-project');
      expect([foreign.status, foreign.body]).toEqual([missing.status, missing.body]);
      expect(foreign.body).toMatchObject({ traces: [] });
    });
    it('learns nothing of another domain from its markers but the time in the id', async () => {
      const next = row('foreignLate').traceId;
      expect(await names({ next }, 'project-1', 'domain-2')).toEqual([]);
      expect(await names({ next })).toEqual(['encoded', 'escaped', 'lower', 'mixed']);
    });
  });

  describe('bad parameters', () => {
    const problems = async (query: Record<string, string | string[]>): Promise<string[]> => {
      const { body } = await get(query).expect(400);
      expect(body).toMatchObject({ error_code: 'CTS.0300', request_id: expect.any(String) as string });
      return (body as { problems: { path: string }[] }).problems.map(({ path }) => path);
    };

    it.each(['0', '201', '-1', '1.5', 'ten', '', '1e2', ' 5', '0x10', '99999999999999999999'])(
      'limit=%p',
      async (limit) => {
        expect(await problems({ limit })).toEqual(['query.limit']);
      },
    );
    it.each(['1', '200'])('limit=%p is fine', async (limit) => {
      await get({ limit }).expect(200);
    });
    it.each([
      '',
      'yesterday',
      '1700000000',
      '17000000000000',
      '-170000000000',
      '1700000000.00',
      '2026-03-10T12:00:00Z',
    ])('from=%p and to', async (value) => {
      expect(await problems({ from: value })).toEqual(['query.from']);
      expect(await problems({ to: value })).toEqual(['query.to']);
    });
    it.each(['', 'System', 'all'])('trace_type=%p', async (trace_type) => {
      expect(await problems({ trace_type })).toEqual(['query.trace_type']);
    });
    it('lists all that is wrong at once', async () => {
      expect(await problems({ limit: '0', from: 'x', to: 'y', trace_type: 'z', user: 'a\0b' })).toEqual(
        expect.arrayContaining(['query.limit', 'query.from', 'query.to', 'query.trace_type', 'query.user']),
      );
    });
    it('refuses from at or after to', async () => {
      expect(await problems({ from: String(NOW), to: String(NOW) })).toEqual(['query.from']);
    });
    it('refuses a parameter given twice', async () => {
      expect(await problems({ user: ['a', 'b'] })).toEqual(['query.user']);
    });
    it.each(['user', 'next', 'trace_id', 'resource_name', 'service_type', 'tracker_name'])(
      'refuses a NUL in %s',
      async (name) => {
        expect(await problems({ [name]: 'a\0b' })).toEqual([`query.${name}`]);
      },
    );
  });

  describe('next', () => {
    it('goes on page by page with string markers until null', async () => {
      const seen: string[] = [];
      const markers: unknown[] = [];
      let next: string | null = '';
      while (next !== null) {
        const { body } = await get({ ...whole, limit: '3', next }).expect(200);
        const page = body as { traces: { trace_id: string }[]; meta_data: { marker: string | null } };
        seen.push(...page.traces.map(({ trace_id }) => nameOf(trace_id)));
        next = page.meta_data.marker;
        markers.push(next === null ? null : nameOf(next));
        if (markers.length > 9) break;
      }
      expect(seen).toEqual([...IN_HOUR, 'older', 'startOfWindow']);
      expect(markers).toEqual(['escaped', 'older', null]);
    });
    it('is null on a last page that is full', async () => {
      const { body } = await get({ limit: '5' }).expect(200);
      expect(body).toMatchObject({ meta_data: { count: 5, marker: null } });
    });
    it('is intersected with from and to', async () => {
      const bounds = { from: String(NOW - 5 * MINUTE_MS), to: String(NOW - 3 * MINUTE_MS) };
      expect(await names({ ...bounds, next: row('create').traceId })).toEqual(['lower']);
    });
    it('goes on from the time of a version-1 id that is stored no more', async () => {
      const gone = shiftUuidV1(row('escaped').traceId, 1);
      expect(await names({ next: gone })).toEqual(['escaped', 'lower', 'mixed']);
    });
    it('answers a marker that has left the window with an empty last page', async () => {
      const { body } = await get({ ...whole, next: row('beforeWindow').traceId }).expect(200);
      expect(body).toEqual({ meta_data: { count: 0, marker: null }, traces: [] });
    });
    it.each(['not-a-marker', '0', '6fa459ea-ee8a-4ca4-894e-db77e160355e'])('refuses %p', async (next) => {
      const { body } = await get({ next }).expect(400);
      expect(body).toMatchObject({ error_code: 'CTS.0300', problems: [{ path: 'query.next' }] });
    });
  });

  it('answers with the types of the schema', async () => {
    await db.database.query(
      `UPDATE traces SET code = '200', request = '{"a":1}', response = '{"b":2}', content_length = 12, total_time = 1.5,
         read_only = true, "user" = '{"id":"u","name":"ann","domain":{"id":"d","name":"acme"}}'
       WHERE domain_id = $1 AND trace_id = $2`,
      ['domain-1', row('create').traceId],
    );
    const { body } = await get({ trace_id: row('create').traceId }).expect(200);
    const [trace] = (body as { traces: Record<string, unknown>[] }).traces;
    expect(trace).toEqual({
      trace_id: row('create').traceId,
      trace_name: 'createRepo',
      trace_rating: 'normal',
      trace_type: 'ApiCall',
      event_type: 'system',
      service_type: 'SWR',
      resource_type: 'imagerepository',
      resource_name: 'c/a/b',
      resource_id: 'r-1',
      domain_id: 'domain-1',
      project_id: 'project-1',
      tracker_name: 'system',
      user: expect.objectContaining({ id: 'u', name: 'ann', domain: { id: 'd', name: 'acme' } }) as unknown,
      code: '200',
      request: '{"a":1}',
      response: '{"b":2}',
      read_only: true,
      content_length: 12,
      total_time: 1.5,
      time: row('create').recordTime,
      record_time: row('create').recordTime,
    });
  });
});
