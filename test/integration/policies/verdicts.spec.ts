/** What is said of traces where policies ask for more than traces tell, and while policies cannot be read. */
import { IdentityApp } from '../identity/harness.js';
import { PolicySnapshots } from '../../../src/policies/policy-snapshots.service.js';
import { attach, insertSampleDirectory, sampleWeek, store } from './sample-week.js';

describe('traces whose policies cannot be read', () => {
  let service: IdentityApp;

  beforeAll(async () => {
    service = await IdentityApp.start();
  }, 60_000);
  afterAll(() => service.stop());

  it('are stored all the same, without a verdict', async () => {
    const tenant = await service.createTenant();
    await insertSampleDirectory(service, tenant.domain.id);
    const snapshots = service.app.get(PolicySnapshots, { strict: false });
    const broken = jest.spyOn(snapshots, 'learn').mockRejectedValue(new Error('no connection'));
    const traces = sampleWeek(tenant.domain.id).slice(0, 50);
    await store(service, traces);
    broken.mockRestore();
    const rows = await service.database.query<{ stored: number; judged: number }>(
      'SELECT count(*)::int AS stored, count(verdict)::int AS judged FROM traces WHERE domain_id = $1',
      [tenant.domain.id],
    );
    expect(rows).toEqual([{ stored: 50, judged: 0 }]);
    const { text } = await service.http().get('/metrics');
    expect(text).toContain('quaestor_trace_verdicts_missing_total{reason="unavailable"} 50');
  });
});

describe('traces of users whose policies ask for what no trace tells', () => {
  const ALL = { Effect: 'Allow', Action: ['swr:*:*'], Resource: ['*'] };
  const withoutFactor = { BoolIfExists: { 'g:MFAPresent': ['false'] } };
  const cases: [string, object[], string | null][] = [
    ['an Allow by a tag of the caller, in a resource', [{ ...ALL, Resource: ['swr:*:*:repo:${g:PrincipalTag/team}/*'] }], null],
    ['an Allow by a tag of the caller, with a default', [{ ...ALL, Resource: ["swr:*:*:repo:${g:PrincipalTag/team, 'none'}/*"] }], null],
    ['an Allow by a tag, on another kind of resource', [{ ...ALL, Resource: ['swr:*:*:namespace:${g:PrincipalTag/team}'] }], 'denied'],
    ['an Allow by a variable that traces tell', [{ ...ALL, Resource: ['swr:*:*:repo:${g:UserName}/*'] }], 'denied'],
    ['an Allow by a tag compared with the name', [{ ...ALL, Condition: { StringEquals: { 'g:UserName': ['${g:PrincipalTag/name}'] } } }], null],
    ['a Deny without the second factor', [ALL, { ...ALL, Effect: 'Deny', Condition: withoutFactor }], null],
    ['a Deny without the second factor, of another action', [ALL, { ...ALL, Effect: 'Deny', Action: ['swr:instance:*'], Condition: withoutFactor }], 'allowed'],
    ['a Deny without the second factor, and one for everybody', [ALL, { ...ALL, Effect: 'Deny' }, { ...ALL, Effect: 'Deny', Condition: withoutFactor }], 'denied'],
    ['a Deny by a tag where nothing allows', [{ ...ALL, Effect: 'Deny', Condition: { StringEquals: { 'g:PrincipalTag/team': ['a'] } } }], 'denied'],
    ['an Allow with the second factor beside one without', [ALL, { ...ALL, Condition: { Bool: { 'g:MFAPresent': ['true'] } } }], 'allowed'],
    ['an Allow by the address', [{ ...ALL, Condition: { IpAddress: { 'g:SourceIp': ['0.0.0.0/0'] } } }], 'allowed'],
  ]; // prettier-ignore
  let service: IdentityApp;
  let verdicts: ReadonlyMap<string, string | null>;

  beforeAll(async () => {
    service = await IdentityApp.start();
    const tenant = await service.createTenant();
    const domainId = tenant.domain.id;
    await insertSampleDirectory(service, domainId);
    const uploads = sampleWeek(domainId).filter(({ trace_name: name }) => name === 'uploadManifest');
    const traces: object[] = [];
    for (const [name, statements] of cases) {
      const id = `user-${String(traces.length)}`;
      await service.database.query('INSERT INTO users (domain_id, id, name) VALUES ($1, $2, $2)', [domainId, id]);
      await attach(service, domainId, { user: id }, { Version: '5.0', Statement: statements });
      const user = { id, name: id, domain: { id: domainId } };
      traces.push({ ...uploads[traces.length], source_ip: '10.1.2.3', request_id: name, user });
    }
    await store(service, traces);
    const rows = await service.database.query<{ request_id: string; verdict: string | null }>(
      'SELECT request_id, verdict FROM traces WHERE domain_id = $1 AND user_name LIKE $2',
      [domainId, 'user-%'],
    );
    verdicts = new Map(rows.map((row) => [row.request_id, row.verdict]));
  }, 60_000);
  afterAll(() => service.stop());

  it.each(cases)('%s', (name, _, verdict) => {
    expect(verdicts.get(name)).toBe(verdict);
  });
});
