/** Turns the credentials of a request into the principal, or refuses it with 401. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { CLOCK } from '../platform/tokens.js';
import { DirectoryStore, type UserRecord } from './directory.store.js';
import { ExpiringCache } from './expiring-cache.js';
import { type TokenClaims, TokenService } from './token.service.js';

/** Header names in lower case, as Node has them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface AuthenticatedToken {
  readonly claims: TokenClaims;
  readonly user: UserRecord;
}

/** A user or domain that was disabled is turned away after this time at the latest. */
const REMEMBERED = { ttlMs: 500, maxEntries: 10_000 };
const LONGEST_TOKEN = 8_192;

@Injectable()
export class Authenticator {
  private readonly users: ExpiringCache<UserRecord | null>;

  constructor(
    private readonly tokens: TokenService,
    private readonly store: DirectoryStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.users = new ExpiringCache(REMEMBERED, clock);
  }

  /** Throws `APIGW.0301` where the headers prove nobody. */
  async authenticate(headers: RequestHeaders): Promise<Principal> {
    const token = headers['x-auth-token'];
    if (typeof token !== 'string' || token === '') throw refused(missingCredentials(headers));
    const { claims, user } = await this.resolve(token);
    return {
      userId: user.id,
      userName: user.name,
      domainId: user.domainId,
      domainName: user.domainName,
      projectId: claims.projectId,
      groups: [],
      isOperator: user.isOperator,
      isAdministrator: user.isAdministrator,
      accessKeyId: null,
    };
  }

  /** A valid token with its user as it is now. Throws `APIGW.0301`. */
  async resolve(token: string): Promise<AuthenticatedToken> {
    if (token.length > LONGEST_TOKEN) throw refused('decrypt token fail');
    const claims = await this.tokens.verify(token);
    const user = await this.users.get(`${claims.domainId}\0${claims.userId}`, () =>
      this.store.userOfDomain(claims.domainId, claims.userId),
    );
    // Tokens tell whole seconds: one issued in the second of the change is taken for older.
    if (!user?.enabled || claims.issuedAt < user.tokensValidFrom) throw refused('the token is no longer valid');
    return { claims, user };
  }
}

function missingCredentials(headers: RequestHeaders): string {
  const { authorization } = headers;
  if (typeof authorization === 'string' && /^(?:SDK-|V11-|SM)/.test(authorization))
    return 'signatures with an access key are not supported yet; use X-Auth-Token';
  return 'x-auth-token not found';
}

function refused(reason: string): AppError {
  return new AppError('APIGW.0301', `Incorrect IAM authentication information: ${reason}`);
}
