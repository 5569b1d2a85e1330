import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { KeyRotation } from '../../../src/identity/key-rotation.service.js';
import { IdentityApp, openApp } from './harness.js';

describe('the keys that sign tokens', () => {
  let service: IdentityApp;
  let replica: NestFastifyApplication;
  beforeEach(async () => {
    service = await IdentityApp.start();
    // On the same database, with the same clock.
    const [row] = await service.database.query<{ name: string }>('SELECT current_database() AS name');
    const url = Object.assign(new URL(process.env.TEST_DATABASE_URL ?? ''), { pathname: `/${row?.name ?? ''}` });
    replica = (await openApp(url.toString(), { DATA_DIR: service.dataDir }, service.clock)).app;
    await replica.getHttpAdapter().getInstance().ready();
  });
  afterEach(async () => {
    await replica.close();
    await service.stop();
  });

  const onReplica = () => request(replica.getHttpServer());
  const jwks = async (): Promise<JSONWebKeySet> =>
    (await onReplica().get('/.well-known/jwks.json').expect(200)).body as JSONWebKeySet;
  const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';
  const uses = async (token: string) => (await onReplica().get('/v1/operator-probe').set('X-Auth-Token', token)).status;
  const rotate = async (token: string, body: object = {}) =>
    (await service.http().post('/v1/signing-keys/rotate').set('X-Auth-Token', token).send(body).expect(200)).body
      .signing_keys as { kid: string; state: string }[];
  const tend = () => service.app.get(KeyRotation, { strict: false }).tend();
  /** Lets time pass for the keys, as the database tells it. */
  const ago = (interval: string) =>
    service.database.query(
      `UPDATE signing_keys SET created_at = created_at - $1::interval, retired_at = retired_at - $1::interval`,
      [interval],
    );

  it('are published for everybody, and verify our tokens anywhere', async () => {
    const token = await service.operatorToken();
    const { body, headers } = await onReplica().get('/.well-known/jwks.json').expect(200);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(body).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: kidOf(token), alg: 'EdDSA', use: 'sig' }],
    });
    const keys = createLocalJWKSet(await jwks());
    await expect(jwtVerify(token, keys, { issuer: 'quaestor' })).resolves.toMatchObject({
      payload: { sub: service.credentials.user.id },
    });
  });

  it('are replaced without a token being lost: published, signing, retired, gone', async () => {
    const first = await service.operatorToken();
    await tend();
    expect((await jwks()).keys).toHaveLength(1);
    await ago('31 days');
    await tend();
    service.clock.advance(1_000);
    const published = (await jwks()).keys.map(({ kid }) => kid ?? '');
    expect(published).toHaveLength(2);
    expect(published[1]).toBe(kidOf(first));
    // Published, but not yet signing: a reader of the JWKS may have a copy from before.
    expect(kidOf(await service.operatorToken())).toBe(kidOf(first));
    await tend();
    expect(await service.database.query('SELECT 1 FROM signing_keys WHERE retired_at IS NOT NULL')).toEqual([]);

    await ago('16 minutes');
    const second = await service.operatorToken();
    expect(kidOf(second)).toBe(published[0]);
    expect([await uses(first), await uses(second)]).toEqual([200, 200]);
    await tend();
    await ago('24 hours');
    await tend();
    expect(await uses(first)).toBe(200);
    await ago('2 hours');
    await tend();
    service.clock.advance(10_000);
    expect([await uses(first), await uses(second)]).toEqual([401, 200]);
    const steps = (await service.recorded()).filter(({ resource_type: type }) => type === 'signingKey');
    expect(steps.map(({ trace_name: name, resource_id: kid }) => [name, kid])).toEqual([
      ['createSigningKey', kidOf(second)],
      ['retireSigningKey', kidOf(first)],
      ['deleteSigningKey', kidOf(first)],
    ]);
  });

  it('are replaced at an operator’s word, once until the new one signs', async () => {
    const token = await service.operatorToken();
    const keys = await rotate(token);
    expect(keys.map(({ state }) => state)).toEqual(['published', 'signing']);
    expect(await rotate(token)).toEqual(keys);
    const tenant = await service.createTenant();
    const refused = service.http().post('/v1/signing-keys/rotate').set('X-Auth-Token', tenant.token).send({});
    await refused.expect(403);
  });

  it('can be thrown away at once, and every token with them', async () => {
    const token = await service.operatorToken();
    expect(await uses(token)).toBe(200);
    const keys = await rotate(token, { discard_others: true });
    expect(keys).toEqual([expect.objectContaining({ state: 'signing' })]);
    service.clock.advance(10_000);
    expect(await uses(token)).toBe(401);
    const fresh = await service.operatorToken();
    expect([kidOf(fresh), await uses(fresh)]).toEqual([keys[0]?.kid, 200]);
  });
});
