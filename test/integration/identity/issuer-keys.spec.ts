import { decodeProtectedHeader, jwtVerify } from 'jose';
import { IssuerKeys, IssuerUnavailable } from '../../../src/identity/issuer-keys.js';
import { TestIssuer } from '../../support/issuer.js';

describe('keys of an external issuer', () => {
  let issuer: TestIssuer;
  let now: number;
  beforeEach(async () => {
    issuer = await TestIssuer.start();
    now = Date.now();
  });
  afterEach(() => issuer.stop());
  const keysOf = (settings: { cooldownMs?: number; jwksUri?: string | null; issuer?: string } = {}) =>
    new IssuerKeys(
      { issuer: issuer.url, jwksUri: null, timeoutMs: 300, cooldownMs: 0, ...settings },
      { now: () => now },
    );
  const verify = async (keys: IssuerKeys) => jwtVerify(await issuer.sign({ sub: 'x' }), keys.get);

  it('are found by discovery, and asked for once', async () => {
    const keys = keysOf({ cooldownMs: 10_000 });
    for (let round = 0; round < 3; round++) await verify(keys);
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('are where the configuration says they are', async () => {
    await verify(keysOf({ jwksUri: `${issuer.url}/elsewhere` }));
    expect(issuer.asked).toEqual(['/elsewhere']);
  });

  it('are fetched again when a token names one that is not known', async () => {
    const keys = keysOf();
    await verify(keys);
    const old = await issuer.sign({ sub: 'x' });
    await issuer.rotate('ES256');
    await expect(verify(keys)).resolves.toMatchObject({ protectedHeader: { alg: 'ES256' } });
    expect(decodeProtectedHeader(old).alg).toBe('RS256');
    await expect(jwtVerify(old, keys.get)).rejects.toThrow(/no applicable key/);
  });

  it('are not fetched for every unknown name', async () => {
    const keys = keysOf({ cooldownMs: 60_000 });
    await verify(keys);
    await issuer.rotate();
    for (let round = 0; round < 3; round++) await expect(verify(keys)).rejects.toThrow(/no applicable key/);
    expect(issuer.asked).toHaveLength(2);
  });

  it.each(['hangs', 'fails', 'babbles'] as const)(
    'are not waited for from an issuer that %s, and it is left alone for a while',
    async (mode) => {
      const keys = keysOf({ cooldownMs: 60_000 });
      issuer.mode = mode;
      const startedAt = Date.now();
      await expect(verify(keys)).rejects.toThrow(IssuerUnavailable);
      expect(Date.now() - startedAt).toBeLessThan(3_000);
      for (let round = 0; round < 3; round++) await expect(verify(keys)).rejects.toThrow(IssuerUnavailable);
      expect(issuer.asked).toHaveLength(1);
      issuer.mode = 'answers';
      now += 61_000;
      await expect(verify(keys)).resolves.toMatchObject({ payload: { sub: 'x' } });
    },
  );

  it.each([
    ['another issuer', { issuer: 'https://elsewhere.example.org' }],
    ['keys that anybody could exchange on the way', { jwks_uri: 'http://elsewhere.example.org/jwks' }],
    ['no keys', { jwks_uri: undefined }],
  ])('are not taken from a discovery document that names %s', async (_, discovery) => {
    issuer.discovery = discovery;
    await expect(verify(keysOf())).rejects.toThrow(IssuerUnavailable);
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration']);
  });
});
