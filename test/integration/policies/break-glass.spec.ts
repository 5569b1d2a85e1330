import { randomBytes } from 'node:crypto';
import { breakGlassCommand } from '../../../src/policies/index.js';
import { BreakGlass } from '../../../src/policies/index.js';
import { bumpPolicies } from '../../../src/policies/policy-state.store.js';
import { until } from '../../support/until.js';
import { IdentityApp } from '../identity/harness.js';

const DENY_ALL = { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['*'], Resource: ['*'] }] };

describe('break-glass', () => {
  let service: IdentityApp;
  beforeAll(async () => {
    service = await IdentityApp.start();
  });
  afterAll(() => service.stop());

  const run = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    const note = (line: string) => void err.push(line);
    const restore = (name: string) => service.app.get(BreakGlass, { strict: false }).restore(name);
    const open = () => Promise.resolve({ restore, stdout: (line: string) => void out.push(line), stderr: note });
    return { code: await breakGlassCommand(args, open, note), out, err };
  };

  async function denyingPolicy(domainId: string): Promise<string> {
    const id = randomBytes(16).toString('hex');
    await service.database.query(
      "INSERT INTO policies (domain_id, id, kind, name, display_name) VALUES ($1, $2, 'identity', $2, $2)",
      [domainId, id],
    );
    await service.database.query(
      'INSERT INTO policy_versions (domain_id, policy_id, version, document) VALUES ($1, $2, 1, $3)',
      [domainId, id, JSON.stringify(DENY_ALL)],
    );
    return id;
  }

  it('lets an administrator in again who lost its policy and is denied everything, and says so in a trace', async () => {
    const { domain, user } = service.credentials;
    const { database } = service;
    const token = await service.operatorToken();
    const list = () => service.http().get('/v1/domains').set('X-Auth-Token', token);
    await list().expect(200);

    const [own, ofGroup] = [await denyingPolicy(domain.id), await denyingPolicy(domain.id)];
    await database.query('INSERT INTO groups (domain_id, id, name) VALUES ($1, $2, $2), ($1, $3, $3)', [
      domain.id,
      'denied',
      'harmless',
    ]);
    await database.query('INSERT INTO group_members (domain_id, user_id, group_id) VALUES ($1, $2, $3), ($1, $2, $4)', [
      domain.id,
      user.id,
      'denied',
      'harmless',
    ]);
    await service.withoutPolicies(domain.id);
    await database.query(
      'INSERT INTO policy_attachments (domain_id, policy_id, user_id, group_id) VALUES ($1, $2, $3, NULL), ($1, $4, NULL, $5)',
      [domain.id, own, user.id, ofGroup, 'denied'],
    );
    await bumpPolicies(domain.id, database);
    // Refused already when the policies are gone; what is waited for is that the Deny is known, too.
    const denied = await until(list, ({ body }) => String(body.error_msg).includes('a policy denies'));
    expect(denied).toMatchObject({ status: 403, body: { error_msg: expect.stringContaining('iam:domains:list') } });

    expect(await run('--user', user.name)).toEqual({
      code: 0,
      out: [JSON.stringify({ restored: user.name })],
      err: [expect.stringContaining(own), expect.stringContaining('denied')],
    });
    await until(list, ({ status }) => status === 200);
    const kept = await database.query('SELECT group_id FROM group_members WHERE user_id = $1', [user.id]);
    expect(kept).toEqual([{ group_id: 'harmless' }]);
    expect(await database.query('SELECT group_id FROM policy_attachments WHERE policy_id = $1', [ofGroup])).toEqual([
      { group_id: 'denied' },
    ]);
    expect((await service.recorded()).at(-1)).toMatchObject({
      trace_name: 'breakGlass',
      trace_type: 'SystemAction',
      resource_id: user.id,
      request: expect.stringContaining(own),
    });
  });

  it('refuses wrong usage, users of tenants and disabled ones', async () => {
    await service.createTenant();
    for (const args of [[], ['--user'], ['--user='], ['admin'], ['--user', 'admin', 'more']])
      expect((await run(...args)).code).toBe(2);
    await expect(run('--user', 'root')).rejects.toThrow('no user named root');
    const { domain } = service.credentials;
    await service.database.query(
      "INSERT INTO users (domain_id, id, name, enabled) VALUES ($1, 'gone', 'gone', false)",
      [domain.id],
    );
    await expect(run('--user=gone')).rejects.toThrow('gone is disabled');
  });
});
