/** Replays of drafts over the samples, recomputed by hand; and the verdicts that ingest gave the same traces. */
import { IdentityApp } from '../identity/harness.js';
import { attach, insertSampleDirectory, type SampleTrace, sampleWeek, store, userName, USERS } from './sample-week.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;

const statement = (effect: string, action: string, resource: string) => ({
  Effect: effect,
  Action: [action],
  Resource: [resource],
});
const policy = (...statements: object[]) => ({ Version: '5.0', Statement: statements });

/** Lin may all of the registry, okafor all but deletion, ci-robot only push, svensson nothing. */
const IN_FORCE = {
  lin: policy(statement('Allow', 'swr:*:*', '*')),
  okafor: policy(statement('Allow', 'swr:*:*', '*'), statement('Deny', 'swr:repo:deleteRepo', '*')),
  'ci-robot': policy(statement('Allow', 'swr:repo:upload', 'swr:*:*:repo:*')),
};
/** Nobody deletes repositories of team-0, and everybody may make organizations. */
const DRAFTS = [
  policy(statement('Deny', 'swr:repo:deleteRepo', 'swr:*:*:repo:team-0/*')),
  policy(statement('Allow', 'swr:namespace:createNamespace', 'swr:*:*:namespace:team-*')),
];

describe('POST /v1/policies/replay', () => {
  let service: IdentityApp;
  let tenant: Tenant;
  let traces: SampleTrace[];

  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
    const domainId = tenant.domain.id;
    await insertSampleDirectory(service, domainId);
    for (const [name, document] of Object.entries(IN_FORCE))
      await attach(service, domainId, { user: USERS[name as keyof typeof USERS] }, document);
    traces = sampleWeek(domainId);
    await store(service, traces);
  }, 60_000);
  afterAll(() => service.stop());

  const replay = async (body: object, token = tenant.token) => {
    const response = await service.call('POST', '/v1/policies/replay', token, body);
    const lines = response.text.split('\n').filter((line) => line !== '');
    return { response, lines: lines.map((line) => JSON.parse(line)), summary: JSON.parse(lines.at(-1) ?? 'null') };
  };

  const deletions = (who: (name: string) => boolean) =>
    traces.filter(
      (trace) =>
        trace.trace_name === 'deleteImageRepository' &&
        trace.resource_name.startsWith('team-0/') &&
        who(userName(trace)),
    );
  const creations = (who: (name: string) => boolean) =>
    traces.filter(
      (trace) =>
        trace.trace_name === 'createUserNamespace' && trace.resource_name.startsWith('team-') && who(userName(trace)),
    );

  it('names the changed decisions, as a count by hand over the samples does', async () => {
    const { response, lines, summary } = await replay({ policies: DRAFTS });
    expect(response.headers['content-type']).toContain('application/x-ndjson');
    // Only lin could delete; ci-robot and svensson could not make organizations.
    const denied = deletions((name) => name === 'lin');
    const allowed = creations((name) => name === 'ci-robot' || name === 'svensson');
    expect(denied.length).toBeGreaterThan(0);
    expect(allowed.length).toBeGreaterThan(10);
    expect(summary.changed).toEqual({ newly_denied: denied.length, newly_allowed: allowed.length });
    expect(summary.by_action).toEqual([
      { action: 'swr:namespace:createNamespace', newly_denied: 0, newly_allowed: allowed.length },
      { action: 'swr:repo:deleteRepo', newly_denied: denied.length, newly_allowed: 0 },
    ]);
    const changed = new Set([...denied, ...allowed].map(({ trace_id: id }) => id));
    const told = summary.examples.map((example: { trace_id: string }) => example.trace_id);
    expect(told.length).toBe(Math.min(5, denied.length) + 5);
    expect(told.filter((id: string) => !changed.has(id))).toEqual([]);
    const unmapped = traces.filter(({ trace_name: name }) => name === 'createImageFavorite');
    expect(summary.unmapped).toBe(unmapped.length);
    const { evaluated, undecided } = summary as { evaluated: number; undecided: number };
    expect(evaluated + unmapped.length + undecided).toBe(traces.length);
    expect(lines.slice(0, -1).every((line) => Object.keys(line).join() === 'evaluated')).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('looks at one user, at the users of a group, and within a window', async () => {
    const { database } = service;
    await database.query("INSERT INTO groups (domain_id, id, name) VALUES ($1, 'robots', 'robots')", [
      tenant.domain.id,
    ]);
    await database.query("INSERT INTO group_members (domain_id, user_id, group_id) VALUES ($1, $2, 'robots')", [
      tenant.domain.id,
      USERS['ci-robot'],
    ]);
    const byRobots = creations((name) => name === 'ci-robot');
    for (const body of [{ group_id: 'robots' }, { user_id: USERS['ci-robot'] }]) {
      const { summary } = await replay({ policies: DRAFTS, ...body });
      expect(summary.changed).toEqual({ newly_denied: 0, newly_allowed: byRobots.length });
    }
    const middle = byRobots.map(({ record_time: time }) => time).sort((a, b) => a - b)[5] ?? 0;
    const { summary } = await replay({
      policies: DRAFTS,
      user_id: USERS['ci-robot'],
      to: new Date(middle).toISOString(),
    });
    expect(summary.changed).toEqual({ newly_denied: 0, newly_allowed: 5 });
  });

  it('refuses drafts with errors, strangers, and those whom no policy allows it', async () => {
    const other = await service.createTenant();
    const wrong = await replay({ policies: [{ Version: '5.0', Statement: [{ Effect: 'Maybe' }] }], from: 'yesterday' });
    expect(wrong.response.status).toBe(400);
    const foreign = await replay({ policies: DRAFTS, user_id: other.administrator.id });
    const absent = await replay({ policies: DRAFTS, user_id: 'f'.repeat(32) });
    expect([foreign.response.status, foreign.summary.error_msg]).toEqual([400, absent.summary.error_msg]);
    expect(absent.summary.error_msg).toContain('is no user of the domain');
    const another = await replay({ policies: DRAFTS, domain_id: other.domain.id });
    expect(another.response.status).toBe(403);
    const powerless = await service.createUser(tenant.token);
    expect((await replay({ policies: DRAFTS }, powerless.token)).response.status).toBe(403);
    const operator = await replay({ policies: DRAFTS, domain_id: tenant.domain.id }, await service.operatorToken());
    expect(operator.summary.evaluated).toBeGreaterThan(500);
  });

  it('gave each trace the verdict of the policies in force when it was stored', async () => {
    const { body } = await service.call('GET', '/v1/traces?verdict=denied&limit=1000', tenant.token);
    const denied = new Set((body.traces as { trace_id: string }[]).map(({ trace_id: id }) => id));
    const deletes = traces.filter(({ trace_name: name }) => name === 'deleteImageRepository');
    for (const trace of deletes) expect([trace.trace_id, denied.has(trace.trace_id)]).toEqual([trace.trace_id, userName(trace) !== 'lin']); // prettier-ignore
    const favorites = await service.call('GET', '/v1/traces?trace_name=createImageFavorite&limit=1', tenant.token);
    expect(favorites.body.traces[0]).not.toHaveProperty('verdict');
    const uploads = await service.call(
      'GET',
      '/v1/traces?trace_name=uploadManifest&verdict=allowed&limit=1000',
      tenant.token,
    );
    expect(uploads.body.traces).toHaveLength(
      traces.filter((trace) => trace.trace_name === 'uploadManifest' && userName(trace) !== 'svensson').length,
    );
  });

  it('tells in metrics what succeeded though denied, and operations that have no action', async () => {
    const { text } = await service.http().get('/metrics');
    expect(text).toMatch(/quaestor_traces_done_though_denied_total\{kind="implicit"\} [1-9]/);
    expect(text).toMatch(/quaestor_traces_done_though_denied_total\{kind="explicit"\} [1-9]/);
    expect(text).toMatch(
      /quaestor_trace_operations_unmapped_total\{operation="SWR\/favorite\/createImageFavorite"\} [1-9]/,
    );
  });
});
