/**
 * The certification scenario that the OpenID AuthZEN working group publishes (openid/authzen, certification/authorization-api-1_0-scenario.md):
 * its fixture as policies, its requests word for word.
 */
import { IdentityApp } from '../integration/identity/harness.js';
import { document, PolicyFixtures, statement } from '../integration/policies/fixtures.js';
import { until } from '../support/until.js';

const ALICE = { type: 'user', id: 'alice' };
const BOB = { type: 'user', id: 'bob' };
const ADMIN = { ...BOB, properties: { role: 'admin' } };
const [READ, WRITE] = [{ name: 'read' }, { name: 'write' }];
const RECORD = { type: 'record', id: 'record-1' };
const ARCHIVED = { type: 'record', id: 'record-2', properties: { status: 'archived' } };
const OPEN = { subject: ALICE, action: READ, resource: RECORD };
const RECORDS = ['app:*:*:record:record-1', 'app:*:*:record:record-2'];

describe('AuthZEN 1.0 certification scenario', () => {
  let service: IdentityApp;
  let token: string;
  beforeAll(async () => {
    service = await IdentityApp.start();
    const tenant = await service.createTenant();
    token = tenant.token;
    const fixtures = new PolicyFixtures(service.database, tenant.domain.id);
    const on = (key: string, value: string, operator = 'StringEquals') => ({
      Condition: { [operator]: { [key]: [value] } },
    });
    await fixtures.user('alice');
    await fixtures.user('bob');
    const alice = document(
      statement('Allow', 'app:record:read', RECORDS),
      statement('Allow', 'app:record:write', RECORDS, on('resource:status', 'archived', 'StringNotEquals')),
      statement('Allow', 'app:record:delete', RECORDS, on('action:soft', 'true', 'Bool')),
    );
    const bob = document(
      statement('Allow', 'app:record:read', RECORDS),
      statement('Allow', 'app:record:write', RECORDS, on('subject:role', 'admin')),
      statement('Allow', 'app:record:write', RECORDS, on('resource:status', 'archived')),
    );
    await fixtures.attach(await fixtures.policy('alice', alice), { user: 'alice' });
    await fixtures.attach(await fixtures.policy('bob', bob), { user: 'bob' });
    await until(
      () => post('evaluation', { subject: BOB, action: READ, resource: RECORD }),
      ({ body }) => body.decision === true,
    );
  });
  afterAll(() => service.stop());

  const post = (path: string, body: object) =>
    service.http().post(`/access/v1/${path}`).set('X-Auth-Token', token).send(body);
  const decisions = async (body: object) =>
    ((await post('evaluations', body).expect(200)).body.evaluations as { decision: unknown }[]).map(
      ({ decision }) => decision,
    );

  it.each([
    ['1', OPEN, true],
    ['2', { ...OPEN, action: WRITE }, true],
    ['3', { ...OPEN, subject: BOB }, true],
    ['4', { subject: BOB, action: WRITE, resource: RECORD }, false],
    ['5', { subject: ALICE, action: WRITE, resource: ARCHIVED }, false],
    ['6', { subject: ADMIN, action: WRITE, resource: ARCHIVED }, true],
    ['7', { ...OPEN, action: { name: 'delete', properties: { soft: true } } }, true],
    ['8', { ...OPEN, action: { name: 'delete', properties: { soft: false } } }, false],
    ['1 with context', { ...OPEN, context: { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' } }, true],
    ['1 with unknown fields', { ...OPEN, foo: 'bar', futureField: { nested: true } }, true],
    [
      '1 with further properties',
      {
        subject: { ...ALICE, properties: { department: 'Sales', role: 'manager' } },
        action: { ...READ, properties: { method: 'GET' } },
        resource: { ...RECORD, properties: { status: 'active', owner: 'bob' } },
      },
      true,
    ],
  ])('decides rule %s, every time alike', async (_, body, decision) => {
    for (let time = 0; time < 2; time++) {
      const answer = await post('evaluation', body)
        .expect(200)
        .expect('Content-Type', /^application\/json/);
      expect(answer.body.decision).toBe(decision);
      expect(Object.keys(answer.body.context)).toEqual(
        expect.arrayContaining(['decision', 'determining', 'near_misses', 'missing_context', 'policy_set_version']),
      );
    }
    const { body: batch } = await post('evaluations', { ...body, evaluations: [] }).expect(200);
    expect(batch.decision).toBe(decision);
  });

  it.each([
    ['no subject', { action: READ, resource: RECORD }],
    ['no action', { subject: ALICE, resource: RECORD }],
    ['no resource', { subject: ALICE, action: READ }],
    ['no subject.type', { ...OPEN, subject: { id: 'alice' } }],
    ['no subject.id', { ...OPEN, subject: { type: 'user' } }],
    ['no action.name', { ...OPEN, action: {} }],
    ['no resource.type', { ...OPEN, resource: { id: 'record-1' } }],
    ['no resource.id', { ...OPEN, resource: { type: 'record' } }],
    ['a subject of text', { ...OPEN, subject: 'alice' }],
    ['a name of number', { ...OPEN, action: { name: 123 } }],
  ])('refuses %s', async (_, body) => {
    await post('evaluation', body).expect(400);
    await post('evaluations', body).expect(400);
  });

  it.each([
    ['another type', 'text/plain', JSON.stringify(OPEN)],
    ['a type beside JSON', 'application/ld+json', JSON.stringify(OPEN)],
    ['malformed JSON', 'application/json', '{"subject":'],
    ['an empty body', 'application/json', ''],
  ])('refuses %s', async (_, type, body) => {
    const sent = service.http().post('/access/v1/evaluation').set({ 'X-Auth-Token': token, 'Content-Type': type });
    await sent.send(body).expect(400);
  });

  it('repeats the X-Request-ID, of refusals as well', async () => {
    const id = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716';
    for (const body of [OPEN, {}]) {
      const { headers } = await post('evaluation', body).set('X-Request-ID', id);
      expect(headers['x-request-id']).toBe(id);
    }
  });

  it('decides batches in their order, with defaults', async () => {
    const records = [RECORD, { type: 'record', id: 'record-2' }].map((resource) => ({ resource }));
    expect(await decisions({ subject: ALICE, action: READ, evaluations: records })).toEqual([true, true]);
    const actions = [{ action: READ }, { action: WRITE }];
    expect(await decisions({ subject: BOB, resource: RECORD, evaluations: actions })).toEqual([true, false]);
    const status = [{ resource: { ...RECORD, properties: { status: 'active' } } }, { resource: ARCHIVED }];
    expect(await decisions({ subject: ALICE, action: WRITE, evaluations: status })).toEqual([true, false]);
    const subjects = [{ subject: ALICE }, { subject: ADMIN }];
    expect(await decisions({ action: WRITE, resource: ARCHIVED, evaluations: subjects })).toEqual([false, true]);
    expect(await decisions({ evaluations: [OPEN, { subject: BOB, action: WRITE, resource: RECORD }] })).toEqual([
      true,
      false,
    ]);
    const merged = [{ resource: { id: 'record-1', properties: { status: 'active' } } }, { resource: ARCHIVED }];
    expect(
      await decisions({ subject: ALICE, action: WRITE, resource: { type: 'record' }, evaluations: merged }),
    ).toEqual([true, false]);
  });

  it('replaces a default whole: the properties of one are none of the other', async () => {
    const replaced = [{ subject: { type: 'user', id: 'bob' } }, {}];
    expect(await decisions({ subject: ADMIN, action: WRITE, resource: RECORD, evaluations: replaced })).toEqual([
      false,
      true,
    ]);
  });

  it('answers a bad item in its place', async () => {
    const { body } = await post('evaluations', {
      subject: ALICE,
      action: READ,
      evaluations: [{ resource: RECORD }, {}, 7],
    });
    expect(body.evaluations).toMatchObject([
      { decision: true },
      { decision: false, context: { error: { status: 400, message: expect.stringContaining('resource') } } },
      { decision: false, context: { error: { status: 400 } } },
    ]);
  });

  it.each([
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('knows the semantic %s', async (semantic, expected) => {
    const evaluations = [READ, { name: 'burn' }, WRITE].map((action) => ({ action }));
    const options = { evaluations_semantic: semantic };
    expect(await decisions({ subject: ALICE, resource: RECORD, evaluations, options })).toEqual(expected);
    await post('evaluations', { ...OPEN, evaluations, options: { evaluations_semantic: 'at_random' } }).expect(400);
  });

  it.each<[string, object, object[]]>([
    ['subject', { subject: { type: 'user' }, action: READ, resource: RECORD }, [ALICE, BOB]],
    ['subject', { subject: { type: 'user' }, action: WRITE, resource: ARCHIVED, context: {} }, [BOB]],
    ['resource', { subject: ALICE, action: READ, resource: { type: 'record' } }, [RECORD]],
    ['resource', { subject: ADMIN, action: WRITE, resource: { type: 'record' } }, [{ type: 'record', id: 'record-2' }]],
    ['action', { subject: ALICE, resource: RECORD }, [READ, WRITE]],
    ['action', { subject: ADMIN, resource: ARCHIVED }, [WRITE]],
  ])('finds by %s search', async (kind, body, expected) => {
    const { body: answer } = await post(`search/${kind}`, body).expect(200);
    expect(answer.results).toEqual(expect.arrayContaining(expected));
    expect(answer.page.next_token).toBe('');
  });

  it('pages through what it finds', async () => {
    const search = { subject: { type: 'user' }, action: READ, resource: RECORD };
    const ids: string[] = [];
    let page: object = { limit: 1 };
    for (let next = 'first'; next !== ''; page = { limit: 1, token: next }) {
      const { body } = await post('search/subject', { ...search, page }).expect(200);
      expect(body.results.length).toBeLessThanOrEqual(1);
      ids.push(...(body.results as { id: string }[]).map(({ id }) => id));
      next = body.page.next_token as string;
    }
    expect(ids).toEqual(expect.arrayContaining(['alice', 'bob']));
    expect(new Set(ids).size).toBe(ids.length);
    await post('search/subject', { ...search, page: { token: 'made up' } }).expect(400);
  });

  it('finds nothing for what is unknown, and refuses what is incomplete', async () => {
    const nobody = { subject: { type: 'user', id: 'nonexistent-user' }, resource: RECORD };
    expect((await post('search/action', nobody).expect(200)).body.results).toEqual([]);
    const ships = { subject: { type: 'spaceship' }, action: READ, resource: RECORD };
    expect((await post('search/subject', ships).expect(200)).body.results).toEqual([]);
    await post('search/subject', { subject: { type: 'user' }, resource: RECORD }).expect(400);
    await post('search/resource', { action: READ, resource: { type: 'record' } }).expect(400);
    await post('search/action', { subject: ALICE }).expect(400);
    await post('search/subject', { subject: { type: 'user' }, action: READ, resource: { type: 'record' } }).expect(400);
    await post('search/resource', { subject: { type: 'user' }, action: READ, resource: { type: 'record' } }).expect(
      400,
    );
  });

  it('tells where its endpoints are', async () => {
    const { body } = await service
      .http()
      .get('/.well-known/authzen-configuration')
      .set('Host', 'pdp.example.com')
      .expect(200);
    expect(body).toMatchObject({
      policy_decision_point: 'http://pdp.example.com',
      access_evaluation_endpoint: 'http://pdp.example.com/access/v1/evaluation',
    });
  });
});
