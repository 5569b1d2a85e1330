/** Turns a token into the principal it stands for at this instant. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import { refusedCredentials } from './authentication.js';
import { CallersStore } from './callers.store.js';
import type { UserRecord } from './directory.store.js';
import { ExternalIssuer } from './external-issuer.service.js';
import { type TokenClaims, TokenService } from './token.service.js';

export interface AuthenticatedToken {
  readonly claims: TokenClaims;
  readonly user: UserRecord;
  readonly groups: readonly string[];
}

const LONGEST_TOKEN = 8_192;

@Injectable()
export class TokenAuthenticator {
  constructor(
    private readonly tokens: TokenService,
    private readonly callers: CallersStore,
    private readonly external: ExternalIssuer,
  ) {}

  /** Throws `APIGW.0301`; `QST.Unavailable` where an external issuer cannot be asked for its keys. */
  async authenticate(token: string): Promise<Principal> {
    if (token.length <= LONGEST_TOKEN && this.external.claims(token)) return this.external.authenticate(token);
    const { claims, user, groups } = await this.resolve(token);
    return {
      userId: user.id,
      userName: user.name,
      domainId: user.domainId,
      domainName: user.domainName,
      projectId: claims.projectId,
      groups,
      isOperator: user.isOperator,
      isAdministrator: user.isAdministrator,
      accessKeyId: null,
      mfaAt: claims.mfaAt,
      isFederated: false,
    };
  }

  /** A valid token with its user as it is now. Throws `APIGW.0301`. */
  async resolve(token: string): Promise<AuthenticatedToken> {
    if (token.length > LONGEST_TOKEN) throw refusedCredentials('decrypt token fail');
    const claims = await this.tokens.verify(token);
    const caller = await this.callers.byToken(claims);
    if (!caller?.user.enabled || caller.tokenRevoked || claims.issuedAt < caller.user.tokensValidFrom)
      throw refusedCredentials('the token is no longer valid');
    return { claims, user: caller.user, groups: caller.groups };
  }
}
