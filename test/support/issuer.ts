/** An OpenID Connect issuer on loopback, for as long as a suite runs. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export class TestIssuer {
  readonly asked: string[] = [];
  /** What it does when asked. */
  mode: 'answers' | 'hangs' | 'fails' | 'babbles' = 'answers';
  /** What its discovery document says besides. */
  discovery: Record<string, unknown> = {};
  private keys: { readonly jwk: JWK; readonly privateKey: CryptoKey; readonly alg: string }[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<TestIssuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new TestIssuer(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    server.on('request', ({ url = '' }, response) => {
      issuer.asked.push(url);
      if (issuer.mode === 'hangs') return;
      if (issuer.mode === 'fails') response.statusCode = 503;
      const body = url.includes('openid-configuration')
        ? { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks`, ...issuer.discovery }
        : { keys: issuer.keys.map(({ jwk }) => jwk) };
      response.end(issuer.mode === 'babbles' ? 'x'.repeat(400_000) : JSON.stringify(body));
    });
    await issuer.rotate();
    return issuer;
  }

  /** A new key instead of those before. */
  async rotate(alg = 'RS256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${String(Math.random())}`;
    this.keys = [{ jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey, alg }];
  }

  get jwk(): JWK {
    return this.current.jwk;
  }

  sign(payload: JWTPayload): Promise<string> {
    const { jwk, privateKey, alg } = this.current;
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: this.url, aud: 'quaestor', iat: now, exp: now + 300, ...payload })
      .setProtectedHeader({ alg, kid: jwk.kid ?? '' })
      .sign(privateKey);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private get current() {
    const [key] = this.keys;
    if (!key) throw new Error('the issuer has no key');
    return key;
  }
}
