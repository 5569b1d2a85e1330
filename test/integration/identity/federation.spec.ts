import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ExternalIssuer } from '../../../src/identity/external-issuer.service.js';
import { TestIssuer } from '../../support/issuer.js';
import { IdentityApp } from './harness.js';

describe('tokens of an external issuer', () => {
  let issuer: TestIssuer;
  let service: IdentityApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  beforeAll(async () => {
    issuer = await TestIssuer.start();
    service = await IdentityApp.start({ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: 'quaestor' });
    tenant = await service.createTenant();
    await service.database.query(
      "INSERT INTO groups (domain_id, id, name) VALUES ($1, 'g1', 'auditors'), ($2, 'g2', 'x')",
      [tenant.domain.id, service.credentials.domain.id],
    );
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });
  const claims = () => ({
    sub: 'u-1',
    preferred_username: 'lin',
    domain: tenant.domain.name,
    project: tenant.project.name,
    groups: ['auditors', 'x', 'unknown'],
  });
  /** Shown to its bearer: what the token makes of them. `self` routes let everyone in. */
  const see = (token: string) => service.http().get('/v3/auth/tokens').set('X-Auth-Token', token);
  const principalOf = async (token: string) => {
    return service.app.get(ExternalIssuer, { strict: false }).authenticate(token);
  };

  it('make a federated principal of the domain, in its project and groups', async () => {
    const expected = {
      userId: 'oidc:u-1',
      userName: 'lin',
      domainId: tenant.domain.id,
      domainName: tenant.domain.name,
      projectId: tenant.project.id,
      groups: ['g1'],
      isOperator: false,
      isAdministrator: false,
      accessKeyId: null,
      mfaAt: null,
      isFederated: true,
    };
    expect(await principalOf(await issuer.sign(claims()))).toEqual(expected);
    const byId = { ...claims(), domain: tenant.domain.id, project: tenant.project.id };
    expect(await principalOf(await issuer.sign(byId))).toEqual(expected);
    const bare = { sub: 'u-2', domain: tenant.domain.name };
    expect(await principalOf(await issuer.sign(bare))).toMatchObject({ userName: 'u-2', projectId: null, groups: [] });
  });

  it('are never of the operator plane, nor anybody’s administrator', async () => {
    const token = await issuer.sign({ ...claims(), domain: service.credentials.domain.name, project: undefined });
    expect(await principalOf(token)).toMatchObject({ isOperator: false, isAdministrator: false });
    const asOperator = service.http().get('/v1/operator-probe').set('X-Auth-Token', token);
    await asOperator.expect(403);
    const asAdministrator = service.http().get(`/v3/${tenant.project.id}/probe`);
    await asAdministrator.set('X-Auth-Token', await issuer.sign(claims())).expect(403);
  });

  it('own no token of ours, also where the issuer calls them by the id of a user', async () => {
    const token = await issuer.sign({ ...claims(), sub: tenant.administrator.id });
    await see(token).set('X-Subject-Token', tenant.token).expect(404);
    await see(token).set('X-Subject-Token', token).expect(404);
    const revoke = service.http().delete('/v3/auth/tokens').set('X-Auth-Token', token);
    await revoke.set('X-Subject-Token', tenant.token).expect(404);
  });

  it.each<[string, () => Promise<string>]>([
    ['expired', () => issuer.sign({ ...claims(), exp: seconds(-60) })],
    ['issued in the future', () => issuer.sign({ ...claims(), iat: seconds(300), exp: seconds(600) })],
    ['not yet valid', () => issuer.sign({ ...claims(), nbf: seconds(300) })],
    ['issued long ago', () => issuer.sign({ ...claims(), iat: seconds(-90_000) })],
    ['without an end', () => issuer.sign({ ...claims(), exp: undefined })],
    ['of another audience', () => issuer.sign({ ...claims(), aud: 'another' })],
    ['of a foreign issuer', () => issuer.sign({ ...claims(), iss: 'https://elsewhere.example.org' })],
    ['of an unknown domain', () => issuer.sign({ ...claims(), domain: 'nowhere' })],
    ['without a domain', () => issuer.sign({ ...claims(), domain: undefined })],
    ['of a foreign project', () => issuer.sign({ ...claims(), project: service.credentials.project.id })],
    ['of a project that is none', () => issuer.sign({ ...claims(), project: 7 })],
    ['without a user', () => issuer.sign({ ...claims(), sub: undefined })],
    ['with a NUL', () => issuer.sign({ ...claims(), sub: 'a\0b' })],
    ['signed by nobody', () => Promise.resolve(unsigned({ alg: 'none' }, ''))],
    ['signed with its public key as a secret', () => Promise.resolve(hmacWithPublicKey())],
    ['signed with a key it brings along', () => selfSigned()],
    ['that was changed', async () => (await issuer.sign(claims())).replace(/\.[^.]+$/, '.AAAA')],
  ])('are refused when %s, always in the same words', async (_, make) => {
    const { body } = await see(await make()).expect(401);
    expect(body).toMatchObject({
      error_code: 'APIGW.0301',
      error_msg: 'Incorrect IAM authentication information: decrypt token fail',
    });
  });

  it('end with their domain', async () => {
    const other = await service.createTenant();
    const token = await issuer.sign({ sub: 'u-1', domain: other.domain.id });
    expect(await principalOf(token)).toMatchObject({ domainId: other.domain.id });
    await service.database.query('UPDATE domains SET enabled = false WHERE id = $1', [other.domain.id]);
    await see(token).expect(401);
  });

  const seconds = (from: number): number => Math.floor(Date.now() / 1_000) + from;
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = (header: object, signature: string): string =>
    `${encode(header)}.${encode({ iss: issuer.url, aud: 'quaestor', iat: seconds(0), exp: seconds(60), ...claims() })}.${signature}`;
  function hmacWithPublicKey(): string {
    const signed = unsigned({ alg: 'HS256', kid: issuer.jwk.kid }, '').slice(0, -1);
    const mac = createHmac('sha256', JSON.stringify(issuer.jwk)).update(signed).digest('base64url');
    return `${signed}.${mac}`;
  }
  async function selfSigned(): Promise<string> {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const header = { alg: 'ES256', kid: issuer.jwk.kid ?? '', jwk: await exportJWK(pair.publicKey) };
    return new SignJWT({ iss: issuer.url, aud: 'quaestor', iat: seconds(0), exp: seconds(60), ...claims() })
      .setProtectedHeader(header)
      .sign(pair.privateKey);
  }
});
