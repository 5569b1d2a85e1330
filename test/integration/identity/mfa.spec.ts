import { codeAt, stepAt } from '../../../src/identity/totp.js';
import { IdentityApp, passwordLogin } from './harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;
const DEVICES = '/v3.0/OS-MFA/virtual-mfa-devices';

describe('virtual MFA devices', () => {
  let service: IdentityApp;
  let tenant: Tenant;
  let member: { id: string; token: string };
  beforeAll(async () => {
    service = await IdentityApp.start({ LOGIN_LOCK_FAILURES: '4' });
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    tenant = await service.createTenant();
    member = { id: `member-${tenant.domain.id.slice(0, 8)}`, token: '' };
    await service.database.query(
      `INSERT INTO users (domain_id, id, name, password_hash)
       SELECT domain_id, $2, 'lin', password_hash FROM users WHERE id = $1`,
      [tenant.administrator.id, member.id],
    );
    member.token = await service.login(lin());
  });

  const lin = (over: object = {}) => ({
    name: 'lin',
    password: tenant.password,
    domain: { name: tenant.domain.name },
    ...over,
  });
  const send = (method: 'get' | 'post' | 'put' | 'delete', path: string, token: string, body?: object) => {
    const sent = service.http()[method](path).set('X-Auth-Token', token);
    return body === undefined ? sent : sent.send(body);
  };
  const create = (token: string, userId: string) =>
    send('post', DEVICES, token, { virtual_mfa_device: { name: 'phone', user_id: userId } });
  const now = () => stepAt(service.clock.now());
  const codes = (seed: string) => ({
    authentication_code_first: codeAt(seed, now() - 1),
    authentication_code_second: codeAt(seed, now()),
  });
  /** A bound device of the member's. */
  async function bound(): Promise<{ seed: string; serial: string }> {
    const device = (await create(member.token, member.id).expect(201)).body.virtual_mfa_device;
    const { base32_string_seed: seed, serial_number: serial } = device as Record<string, string>;
    const body = { user_id: member.id, serial_number: serial, ...codes(seed ?? '') };
    await send('put', '/v3.0/OS-MFA/mfa-devices/bind', member.token, body).expect(204);
    return { seed: seed ?? '', serial: serial ?? '' };
  }
  const withCode = (passcode: string, user: object = { id: member.id }) => {
    const { auth } = passwordLogin(lin());
    const identity = {
      ...(auth.identity as object),
      methods: ['password', 'totp'],
      totp: { user: { ...user, passcode } },
    };
    return service.http().post('/v3/auth/tokens').send({ auth: { identity } });
  };

  it('are enrolled by their owner, and asked for at each login from then on', async () => {
    await create(member.token, member.id).expect(201);
    // Not bound yet, so not asked for; a second one replaces it.
    await service.login(lin());
    const { seed, serial } = await bound();
    expect(serial).toBe(`iam:${tenant.domain.id}:mfa:phone`);
    const shown = await send('get', `/v3.0/OS-MFA/users/${member.id}/virtual-mfa-device`, member.token).expect(200);
    expect(shown.body).toEqual({ virtual_mfa_device: { serial_number: serial, user_id: member.id } });
    const listed = await send('get', DEVICES, tenant.token).expect(200);
    expect(listed.body).toEqual({ virtual_mfa_devices: [{ serial_number: serial, user_id: member.id }] });

    const missing = await service.http().post('/v3/auth/tokens').send(passwordLogin(lin())).expect(401);
    expect(missing.body).toMatchObject({ error_code: 'IAM.0001', error_msg: expect.stringMatching(/totp/) });
    expect((await service.recorded()).at(-1)).toMatchObject({ trace_name: 'loginFailed', message: 'passcode missing' });
    const wrong = await service
      .http()
      .post('/v3/auth/tokens')
      .send(passwordLogin(lin({ password: 'wrong-one' })));
    expect([wrong.status, wrong.body.error_code]).toEqual([401, 'IAM.0062']);

    const { body, headers } = await withCode(codeAt(seed, now() + 1)).expect(201);
    expect(body.token).toMatchObject({ methods: ['password', 'totp'] });
    expect(body.token.mfa_authn_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const token = String(headers['x-subject-token']);
    const again = await send('get', '/v3/auth/tokens', token).set('X-Subject-Token', token).expect(200);
    expect(again.body.token).toMatchObject({ mfa_authn_at: body.token.mfa_authn_at });
  });

  it('have codes that are good once, whoever comes first', async () => {
    const { seed } = await bound();
    service.clock.advance(60_000);
    const code = codeAt(seed, now());
    const both = await Promise.all([withCode(code), withCode(code, { name: 'lin' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 401]);
    // Nor is the one of the step before it.
    expect((await withCode(codeAt(seed, now() - 1)).expect(401)).body.error_code).toBe('IAM.0062');
  });

  it.each<[string, (seed: string) => [string, object]]>([
    ['a wrong code', () => ['000000', {}]],
    ['a code that is too old', (seed) => [codeAt(seed, now() - 3), {}]],
    ['no code at all', () => ['x', {}]],
    ['the code as another user’s', (seed) => [codeAt(seed, now()), { id: 'somebody' }]],
  ])('refuse %s in the words for a wrong password, and count it', async (_, make) => {
    const { seed } = await bound();
    service.clock.advance(60_000);
    for (let round = 0; round < 4; round++) {
      const [code, user] = make(seed);
      expect((await withCode(code, user).expect(401)).body.error_code).toBe('IAM.0062');
    }
    expect((await withCode(codeAt(seed, now())).expect(401)).body.error_code).toBe('IAM.0061');
  });

  it('say what is wrong with a request that announces a code and brings none', async () => {
    const { auth } = passwordLogin(lin());
    const identity = { ...(auth.identity as object), methods: ['password', 'totp'] };
    const { body } = await service.http().post('/v3/auth/tokens').send({ auth: { identity } }).expect(400);
    expect(body.problems).toEqual([{ path: 'body.auth.identity.totp', message: 'is required by methods' }]);
    const agency = { methods: ['assume_role'], assume_role: { domain_name: 'x', agency_name: 'y' } };
    const refused = await service
      .http()
      .post('/v3/auth/tokens')
      .send({ auth: { identity: agency } })
      .expect(403);
    expect(refused.body).toMatchObject({ error_code: 'IAM.0002', error_msg: expect.stringMatching(/^Agencies/) });
  });

  it('are bound by two codes in a row only', async () => {
    const device = (await create(member.token, member.id).expect(201)).body.virtual_mfa_device;
    const seed = String(device.base32_string_seed);
    const good = { user_id: member.id, serial_number: device.serial_number, ...codes(seed) };
    const bind = (over: object) => send('put', '/v3.0/OS-MFA/mfa-devices/bind', member.token, { ...good, ...over });
    for (const over of [
      { authentication_code_first: good.authentication_code_second },
      { authentication_code_first: codeAt(seed, now() - 2) },
      { authentication_code_first: codeAt(seed, now() - 5), authentication_code_second: codeAt(seed, now() - 4) },
    ])
      expect((await bind(over).expect(400)).body.error_code).toBe('IAM.0011');
    expect((await bind({ serial_number: 'iam:x:mfa:phone' }).expect(404)).body.error_code).toBe('IAM.0004');
    await service.login(lin());
    await bind(codes(seed)).expect(204);
    await create(member.token, member.id).expect(409);
  });

  it('are unbound by their owner with a code, which nobody can guess, and by administrators without', async () => {
    const { seed, serial } = await bound();
    const device = { user_id: member.id, serial_number: serial };
    const unbind = (token: string, code?: string) =>
      send('put', '/v3.0/OS-MFA/mfa-devices/unbind', token, { ...device, authentication_code: code });
    const remove = (token: string) =>
      send('delete', `${DEVICES}?user_id=${member.id}&serial_number=${encodeURIComponent(serial)}`, token);
    await remove(member.token).expect(409);
    for (let round = 0; round < 4; round++) await unbind(member.token, '000000').expect(400);
    expect((await unbind(member.token, codeAt(seed, now() + 1)).expect(401)).body.error_code).toBe('IAM.0061');
    await unbind(tenant.token).expect(204);
    await service.database.query('DELETE FROM login_throttle');
    await service.login(lin());
    await remove(member.token).expect(204);
    await send('get', `/v3.0/OS-MFA/users/${member.id}/virtual-mfa-device`, member.token).expect(404);

    const second = await bound();
    service.clock.advance(60_000);
    await unbind(member.token, codeAt(second.seed, now())).expect(204);
    await service.login(lin());
  });

  it('are nobody else’s business', async () => {
    const { serial } = await bound();
    const foreign = await service.createTenant();
    const operator = await service.operatorToken();
    const bodies = {
      create: { virtual_mfa_device: { name: 'p', user_id: member.id } },
      unbind: { user_id: member.id, serial_number: serial },
    };
    for (const token of [foreign.token, operator]) {
      await send('get', `/v3.0/OS-MFA/users/${member.id}/virtual-mfa-device`, token).expect(404);
      await send('post', DEVICES, token, bodies.create).expect(404);
      await send('put', '/v3.0/OS-MFA/mfa-devices/unbind', token, bodies.unbind).expect(404);
    }
    // Who is no administrator is not even told who exists.
    for (const userId of [tenant.administrator.id, 'nobody'])
      await send('get', `/v3.0/OS-MFA/users/${userId}/virtual-mfa-device`, member.token).expect(403);
    await send('get', DEVICES, member.token).expect(403);
    await send('post', DEVICES, tenant.token, { virtual_mfa_device: { name: 'p', user_id: 'nobody' } }).expect(404);
  });

  it('leave traces without secrets', async () => {
    await service.database.query('DELETE FROM trace_outbox');
    const { seed } = await bound();
    const traces = await service.recorded();
    expect(traces.map(({ trace_name: name, resource_type: type }) => [name, type])).toEqual([
      ['createVirtualMFADevice', 'mfa'],
      ['bindMFADevice', 'mfa'],
    ]);
    expect(JSON.stringify(traces)).not.toContain(seed);
    expect(service.logLines.join('')).not.toContain(seed);
    const rows = await service.database.query<{ seed_sealed: Buffer }>('SELECT seed_sealed FROM mfa_devices');
    expect(rows.some(({ seed_sealed: sealed }) => sealed.includes(seed))).toBe(false);
  });
});
