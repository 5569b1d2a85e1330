/** Issues and checks tokens: JWTs signed with EdDSA by the installation's own keys. */
import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { HOUR_MS } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Config } from '../platform/config/config.schema.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { ExpiringCache } from './expiring-cache.js';
import { SigningKeys, TOKEN_ALGORITHM } from './signing-keys.service.js';

/** Whom a token stands for. Instants are epoch ms, whole seconds. */
export interface TokenClaims {
  readonly tokenId: string;
  readonly userId: string;
  readonly domainId: string;
  /** Null: scoped to the domain. */
  readonly projectId: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const ISSUER = 'quaestor';
/** A signature stays true; what may change (user, domain) is asked for separately. So this only bounds the memory used. */
const VERIFIED = { ttlMs: 60_000, maxEntries: 2_000 };

@Injectable()
export class TokenService {
  private readonly verified: ExpiringCache<TokenClaims>;

  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.verified = new ExpiringCache(VERIFIED, clock);
  }

  async issue(
    subject: Pick<TokenClaims, 'userId' | 'domainId' | 'projectId'>,
  ): Promise<{ token: string; claims: TokenClaims }> {
    const { kid, privateKey } = await this.keys.current();
    const issuedAt = Math.floor(this.clock.now() / 1_000) * 1_000;
    const tokenId = randomUUID();
    const claims = { ...subject, tokenId, issuedAt, expiresAt: issuedAt + this.config.TOKEN_TTL_HOURS * HOUR_MS };
    const token = await new SignJWT({ did: subject.domainId, ...(subject.projectId && { pid: subject.projectId }) })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(subject.userId)
      .setJti(tokenId)
      .setIssuedAt(issuedAt / 1_000)
      .setExpirationTime(claims.expiresAt / 1_000)
      .sign(privateKey);
    return { token, claims };
  }

  /** Throws `APIGW.0301` for a token that is not ours, was changed, or has expired. */
  async verify(token: string): Promise<TokenClaims> {
    const claims = await this.verified.get(token, () => this.check(token));
    if (claims.expiresAt <= this.clock.now()) throw expired(claims.expiresAt);
    return claims;
  }

  private async check(token: string): Promise<TokenClaims> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.publicKey(header), {
        algorithms: [TOKEN_ALGORITHM],
        issuer: ISSUER,
        currentDate: new Date(this.clock.now()),
        requiredClaims: ['sub', 'jti', 'iat', 'exp', 'did'],
      });
      const { sub = '', jti = '', did, pid, iat = 0, exp = 0 } = payload;
      if (typeof did !== 'string') throw new errors.JWTInvalid('did is no string');
      return {
        tokenId: jti,
        userId: sub,
        domainId: did,
        projectId: typeof pid === 'string' ? pid : null,
        issuedAt: iat * 1_000,
        expiresAt: exp * 1_000,
      };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw expired((error.payload.exp ?? 0) * 1_000);
      if (error instanceof errors.JOSEError)
        throw new AppError('APIGW.0301', 'Incorrect IAM authentication information: decrypt token fail', {
          cause: error,
        });
      throw error;
    }
  }

  private async publicKey({ kid }: JWTHeaderParameters) {
    const key = kid === undefined ? null : await this.keys.find(kid);
    if (key === null) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  }
}

function expired(at: number): AppError {
  const expiresAt = new Date(at).toISOString();
  return new AppError(
    'APIGW.0301',
    `Incorrect IAM authentication information: token expires, expires_at: ${expiresAt}`,
  );
}
