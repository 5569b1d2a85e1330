import { decodeJwt } from 'jose';
import { IdentityJobs } from '../../../src/identity/identity.jobs.js';
import { reaches } from '../../support/reaches.js';
import { IdentityApp, passwordLogin } from './harness.js';

describe('DELETE /v3/auth/tokens', () => {
  let service: IdentityApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());
  const login = () => service.login({ name: 'root', password: tenant.password, domain: { name: tenant.domain.name } });
  const revoke = (own: string, subject?: string) => {
    const sent = service.http().delete('/v3/auth/tokens').set('X-Auth-Token', own);
    return subject === undefined ? sent : sent.set('X-Subject-Token', subject);
  };
  const use = (token: string) => service.http().get(`/v3/${tenant.project.id}/probe`).set('X-Auth-Token', token);

  it('makes a token good for nothing from the next request on, and leaves others alone', async () => {
    const [one, two] = [await login(), await login()];
    await use(one).expect(200);
    await revoke(two, one).expect(204);
    expect((await use(one).expect(401)).body.error_code).toBe('APIGW.0301');
    await service.http().get('/v3/auth/tokens').set('X-Auth-Token', two).set('X-Subject-Token', one).expect(404);
    await revoke(two, one).expect(404);
    await use(two).expect(200);
    await revoke(two, two).expect(204);
    await use(two).expect(401);
  });

  it('is told in a trace, once', async () => {
    const token = await login();
    await service.database.query('DELETE FROM trace_outbox');
    const both = await Promise.all([revoke(tenant.token, token), revoke(tenant.token, token)]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 404]);
    expect(await service.recorded()).toMatchObject([
      {
        trace_name: 'revokeToken',
        resource_type: 'token',
        resource_id: decodeJwt(token).jti,
        domain_id: tenant.domain.id,
      },
    ]);
    expect(JSON.stringify(await service.recorded())).not.toContain(token);
  });

  it('is for the owner and administrators of the domain; all else is not found', async () => {
    const operator = await service.operatorToken();
    const foreign = await service.createTenant();
    for (const stranger of [operator, foreign.token]) await revoke(stranger, tenant.token).expect(404);
    await revoke(tenant.token, 'garbage').expect(404);
    expect((await revoke(tenant.token).expect(400)).body.error_code).toBe('IAM.0009');
    await use(tenant.token).expect(200);
  });

  it('forgets revocations of tokens that expired by themselves', async () => {
    const token = await login();
    await revoke(tenant.token, token).expect(204);
    const left = () => service.database.query('SELECT 1 FROM token_revocations');
    const before = (await left()).length;
    const forget = () => service.app.get(IdentityJobs, { strict: false }).forget(new AbortController().signal);
    await forget();
    expect(await left()).toHaveLength(before);
    await service.database.query("UPDATE token_revocations SET expires_at = now() - interval '2 hours'");
    await forget();
    expect(await left()).toHaveLength(0);
  });
});

describe('a change of the password', () => {
  let service: IdentityApp;
  beforeAll(async () => {
    service = await IdentityApp.start();
  });
  afterAll(() => service.stop());

  it('voids the tokens of just before it, and none of just after it', async () => {
    const tenant = await service.createTenant();
    const login = () =>
      service.login({ name: 'root', password: tenant.password, domain: { name: tenant.domain.name } });
    const use = (token: string) => service.http().get(`/v3/${tenant.project.id}/probe`).set('X-Auth-Token', token);
    const before = await login();
    await service.database.query('UPDATE users SET tokens_valid_from = clock_timestamp() WHERE id = $1', [
      tenant.administrator.id,
    ]);
    const after = await login();
    await use(before).expect(401);
    await use(after).expect(200);
    const claims = decodeJwt(after);
    expect(Math.floor(Number(claims.ims) / 1_000)).toBe(claims.iat);
  });

  it('is never overtaken by a login that began with the former password', async () => {
    const tenant = await service.createTenant();
    const body = passwordLogin({ name: 'root', password: tenant.password, domain: { name: tenant.domain.name } });
    // Meanwhile: the row is held, the login has checked its password and waits for it.
    let login: Promise<{ status: number; body: { error_code?: string } }> = Promise.reject(new Error('not sent'));
    login.catch(() => undefined);
    await service.database.transaction(async (transaction) => {
      await transaction.query(
        "UPDATE users SET password_hash = password_hash || 'x', tokens_valid_from = clock_timestamp() WHERE id = $1",
        [tenant.administrator.id],
      );
      login = service.http().post('/v3/auth/tokens').send(body).then();
      const waits = () =>
        service.database.query(
          "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE users%'",
        );
      await reaches('the login waits for the row', waits, (rows) => rows.length > 0);
    });
    const answer = await login;
    expect([answer.status, answer.body.error_code]).toEqual([401, 'IAM.0062']);
  });
});
