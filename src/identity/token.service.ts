/** Issues and checks tokens: JWTs signed with EdDSA by the installation's own keys. */
import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { HOUR_MS } from '../kernel/clock.js';
import type { Config } from '../platform/config/config.schema.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { refusedCredentials } from './authentication.js';
import { ExpiringCache } from './expiring-cache.js';
import { SigningKeys, TOKEN_ALGORITHM } from './signing-keys.service.js';

/** Whom a token stands for. Instants are epoch ms. */
export interface TokenClaims {
  readonly tokenId: string;
  readonly userId: string;
  readonly domainId: string;
  /** Null: scoped to the domain. */
  readonly projectId: string | null;
  /** With fractions, by the database's clock, as {@link UserRecord.tokensValidFrom} is, with which it is compared. */
  readonly issuedAt: number;
  /** Whole seconds. */
  readonly expiresAt: number;
  /** When a second factor was shown; null without one. */
  readonly mfaAt: number | null;
}

interface VerifiedToken {
  readonly claims: TokenClaims;
  readonly kid: string;
}

const ISSUER = 'quaestor';
/** Claims of our own: `did` domain, `pid` project, `ims` issued at and `mfa` second factor at, both epoch ms. */
const REQUIRED_CLAIMS = ['sub', 'jti', 'iat', 'exp', 'did'];
/** A signature stays true; what may change (user, domain, key) is asked for separately. So this only bounds the memory used. */
const VERIFIED = { ttlMs: 60_000, maxEntries: 2_000 };

@Injectable()
export class TokenService {
  private readonly verified: ExpiringCache<VerifiedToken>;

  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.verified = new ExpiringCache(VERIFIED, clock);
  }

  async issue(
    subject: Pick<TokenClaims, 'userId' | 'domainId' | 'projectId' | 'issuedAt' | 'mfaAt'>,
  ): Promise<{ token: string; claims: TokenClaims }> {
    const { kid, privateKey } = await this.keys.current();
    const { domainId, projectId, issuedAt, mfaAt } = subject;
    const issuedSecond = Math.floor(issuedAt / 1_000);
    const tokenId = randomUUID();
    const expiresAt = issuedSecond * 1_000 + this.config.TOKEN_TTL_HOURS * HOUR_MS;
    const own = {
      did: domainId,
      ims: issuedAt,
      ...(projectId !== null && { pid: projectId }),
      ...(mfaAt !== null && { mfa: mfaAt }),
    };
    const token = await new SignJWT(own)
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(subject.userId)
      .setJti(tokenId)
      .setIssuedAt(issuedSecond)
      .setExpirationTime(expiresAt / 1_000)
      .sign(privateKey);
    return { token, claims: { ...subject, tokenId, expiresAt } };
  }

  /** Throws `APIGW.0301` for a token that is not ours, was changed, or has expired, and where its key was discarded. */
  async verify(token: string): Promise<TokenClaims> {
    const { claims, kid } = await this.verified.get(token, () => this.check(token));
    if (claims.expiresAt <= this.clock.now()) throw expired(claims.expiresAt);
    if ((await this.keys.find(kid)) === null) throw refusedCredentials('decrypt token fail');
    return claims;
  }

  private async check(token: string): Promise<VerifiedToken> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header) => this.publicKey(header), {
        algorithms: [TOKEN_ALGORITHM],
        issuer: ISSUER,
        currentDate: new Date(this.clock.now()),
        requiredClaims: REQUIRED_CLAIMS,
      });
      return { claims: toClaims(payload), kid: protectedHeader.kid ?? '' };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw expired((error.payload.exp ?? 0) * 1_000);
      if (error instanceof errors.JOSEError) throw refusedCredentials('decrypt token fail', error);
      throw error;
    }
  }

  private async publicKey({ kid }: JWTHeaderParameters) {
    const key = kid === undefined ? null : await this.keys.find(kid);
    if (key === null) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  }
}

function toClaims({ sub = '', jti = '', did, pid, ims, mfa, iat = 0, exp = 0 }: JWTPayload): TokenClaims {
  if (typeof did !== 'string') throw new errors.JWTInvalid('did is no string');
  return {
    tokenId: jti,
    userId: sub,
    domainId: did,
    projectId: typeof pid === 'string' ? pid : null,
    // Tokens of an earlier release tell whole seconds only.
    issuedAt: typeof ims === 'number' ? ims : iat * 1_000,
    expiresAt: exp * 1_000,
    mfaAt: typeof mfa === 'number' ? mfa : null,
  };
}

function expired(at: number) {
  return refusedCredentials(`token expires, expires_at: ${new Date(at).toISOString()}`);
}
