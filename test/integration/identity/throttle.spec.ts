import { IdentityJobs } from '../../../src/identity/identity.jobs.js';
import { PasswordHasher } from '../../../src/identity/password-hasher.service.js';
import { IdentityApp, passwordLogin } from './harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;

describe('failed logins', () => {
  let service: IdentityApp;
  let tenant: Tenant;
  let hashes: jest.SpyInstance;
  beforeAll(async () => {
    service = await IdentityApp.start({
      LOGIN_LOCK_FAILURES: '3',
      LOGIN_ADDRESS_FAILURES: '8',
      TRUST_PROXY: '127.0.0.1',
    });
    hashes = jest.spyOn(service.app.get(PasswordHasher, { strict: false }), 'verify');
  });
  afterAll(() => service.stop());
  let address: string;
  let addresses = 0;
  beforeEach(async () => {
    tenant = await service.createTenant();
    address = `192.0.2.${String(++addresses)}`;
    await service.database.query('DELETE FROM trace_outbox');
  });

  const attempt = (user: Record<string, unknown>, from = address) =>
    service
      .http()
      .post('/v3/auth/tokens')
      .set('X-Forwarded-For', from)
      .send(passwordLogin(user))
      .then(({ status, body }) => ({ status, ...body, request_id: null }));
  const named = (name: string, password: string) => ({ name, password, domain: { name: tenant.domain.name } });
  const codes = async (attempts: Promise<{ status: number; error_code?: string }>[]) =>
    (await Promise.all(attempts)).map(({ status, error_code: code }) => code ?? status);
  /** One after the other. */
  async function series(user: Record<string, unknown>, times: number) {
    const answers = [];
    for (let round = 0; round < times; round++) answers.push(await attempt(user));
    return answers;
  }

  it('lock a user, for right and wrong passwords alike, and so a name that nobody has', async () => {
    const known = await series(named('root', 'wrong-password'), 5);
    const unknown = await series(named('ghost', 'wrong-password'), 5);
    expect(known.map(({ error_code: code }) => code)).toEqual([
      'IAM.0062',
      'IAM.0062',
      'IAM.0062',
      'IAM.0061',
      'IAM.0061',
    ]);
    expect(unknown).toEqual(known);
    expect(known[3]).toMatchObject({ status: 401, error: { code: 401, title: 'Unauthorized' } });
    hashes.mockClear();
    address = '192.0.2.201';
    expect(await attempt(named('root', tenant.password))).toEqual(known[4]);
    // Refused before the expensive hash.
    expect(hashes).not.toHaveBeenCalled();
    // Whichever way the same user is named.
    expect(await attempt({ id: tenant.administrator.id, password: tenant.password })).toEqual(known[4]);
    expect(await attempt({ ...named('ghost', 'x'), domain: { id: tenant.domain.id } })).toEqual(known[4]);
  });

  it('cost a hash each, whether there is such a user or not', async () => {
    hashes.mockClear();
    await attempt(named('root', 'wrong-password'));
    await attempt(named('ghost', 'wrong-password'));
    await attempt({ id: 'f'.repeat(32), password: 'wrong-password' });
    expect(hashes).toHaveBeenCalledTimes(3);
  });

  it('tell no more than the limit says, however many come at once', async () => {
    const answers = await codes(Array.from({ length: 8 }, () => attempt(named('root', 'wrong-password'))));
    expect(answers.sort()).toEqual([...Array<string>(5).fill('IAM.0061'), ...Array<string>(3).fill('IAM.0062')]);
  });

  it.each([true, false])(
    'are judged after the hash: locked meanwhile is locked (password right: %p)',
    async (right) => {
      hashes.mockImplementationOnce(async () => {
        await series(named('root', 'wrong-password'), 3);
        return right;
      });
      expect(await attempt(named('root', tenant.password))).toMatchObject({ status: 401, error_code: 'IAM.0061' });
      const logins = (await service.recorded()).filter(({ trace_name: name }) => name === 'login');
      expect(logins).toEqual([]);
    },
  );

  it('are forgotten by a success, and right passwords at once never lock', async () => {
    await series(named('root', 'wrong-password'), 2);
    expect(await attempt(named('root', tenant.password))).toMatchObject({ status: 201 });
    await series(named('root', 'wrong-password'), 2);
    const right = Array.from({ length: 6 }, () => attempt(named('root', tenant.password)));
    expect(await codes(right)).toEqual(Array(6).fill(201));
  });

  it('count only within the window, and a lock ends by itself', async () => {
    const pass = (minutes: number) =>
      service.database.query(
        `UPDATE login_throttle SET first_failure_at = first_failure_at - $1 * interval '1 minute',
         last_failure_at = last_failure_at - $1 * interval '1 minute', locked_until = locked_until - $1 * interval '1 minute'`,
        [minutes],
      );
    await series(named('root', 'wrong-password'), 2);
    await pass(16);
    await series(named('root', 'wrong-password'), 3);
    expect(await attempt(named('root', tenant.password))).toMatchObject({ error_code: 'IAM.0061' });
    await pass(14);
    expect(await attempt(named('root', tenant.password))).toMatchObject({ error_code: 'IAM.0061' });
    await pass(2);
    expect((await series(named('root', 'wrong-password'), 2)).map(({ error_code: code }) => code)).toEqual([
      'IAM.0062',
      'IAM.0062',
    ]);
    expect(await attempt(named('root', tenant.password))).toMatchObject({ status: 201 });
  });

  it('lock an address that tries many users, as the proxy tells it, and no other', async () => {
    for (let round = 0; round < 8; round++) await attempt(named(`ghost-${String(round)}`, 'wrong-password'));
    expect(await attempt(named('root', tenant.password))).toMatchObject({ error_code: 'IAM.0061' });
    expect(await attempt(named('root', tenant.password), '192.0.2.202')).toMatchObject({ status: 201 });
  });

  it('are told in traces, each lock once', async () => {
    await series(named('root', 'not-this-secret'), 5);
    for (let round = 0; round < 5; round++) await attempt(named(`ghost-${String(round)}`, 'not-this-secret'));
    const traces = await service.recorded();
    const count = (name: string) => traces.filter(({ trace_name: traceName }) => traceName === name).length;
    expect([count('loginFailed'), count('lockUser'), count('lockAddress')]).toEqual([8, 1, 1]);
    expect(traces).toContainEqual(
      expect.objectContaining({
        trace_name: 'lockUser',
        domain_id: tenant.domain.id,
        resource_id: tenant.administrator.id,
        source_ip: address,
        trace_rating: 'warning',
      }),
    );
    expect(traces).toContainEqual(
      expect.objectContaining({
        trace_name: 'lockAddress',
        domain_id: service.credentials.domain.id,
        resource_name: address,
      }),
    );
    expect(JSON.stringify(traces)).not.toContain('not-this-secret');
    // What was typed where a name belongs may be a password.
    const rows = await service.database.query<{ subject: string }>('SELECT subject FROM login_throttle');
    expect(rows.filter(({ subject }) => subject.includes('ghost'))).toEqual([]);
  });

  it('are forgotten after a day, locks that last excepted', async () => {
    const forget = () => service.app.get(IdentityJobs, { strict: false }).forget(new AbortController().signal);
    const left = async () => (await service.database.query('SELECT 1 FROM login_throttle')).length;
    await service.database.query('DELETE FROM login_throttle');
    await series(named('root', 'wrong-password'), 1);
    await forget();
    expect(await left()).toBe(2);
    await service.database.query("UPDATE login_throttle SET last_failure_at = now() - interval '25 hours'");
    await service.database.query(
      "UPDATE login_throttle SET locked_until = now() + interval '1 minute' WHERE subject LIKE 'user:%'",
    );
    await forget();
    expect(await left()).toBe(1);
  });
});

describe('new passwords', () => {
  let service: IdentityApp;
  afterEach(() => service.stop());

  it('follow the rules, where the first administrator’s is only warned of', async () => {
    service = await IdentityApp.start({ BOOTSTRAP_PASSWORD: 'password1' });
    expect(service.logLines.join('')).toMatch(/BOOTSTRAP_PASSWORD is one of the commonest passwords/);
    service.credentials.user.password = 'password1';
    const token = await service.operatorToken();
    const create = (password: string) =>
      service
        .http()
        .post('/v1/domains')
        .set('X-Auth-Token', token)
        .send({
          name: 'acme',
          projects: [{ name: 'cn-north-4', region: 'cn-north-4' }],
          administrator: { name: 'root-admin', password },
        });
    for (const [password, problem] of [
      ['short', /at least 8/],
      ['iloveyou', /commonest/],
      ['nimda-toor', /reverse/],
    ] as const) {
      const { body } = await create(password).expect(400);
      expect(body.problems).toEqual([{ path: 'body.administrator.password', message: expect.stringMatching(problem) }]);
      expect(JSON.stringify(body)).not.toContain(password);
    }
    await create('correct horse battery').expect(201);
  });
});
