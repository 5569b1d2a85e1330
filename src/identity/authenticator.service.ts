/** Turns the credentials of a request into the principal, or refuses it with 401. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import { type PresentedRequest, refusedCredentials } from './authentication.js';
import { readAuthorization } from './core/signature-header.js';
import { SignatureAuthenticator } from './signature-authenticator.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';

@Injectable()
export class Authenticator {
  constructor(
    private readonly tokens: TokenAuthenticator,
    private readonly signatures: SignatureAuthenticator,
  ) {}

  /** Throws `APIGW.0301` where the request proves nobody, or two at once. */
  async authenticate(request: PresentedRequest): Promise<Principal> {
    const token = request.headers['x-auth-token'];
    const hasToken = typeof token === 'string' && token !== '';
    const { authorization = '' } = request.headers;
    const read = readAuthorization(typeof authorization === 'string' ? authorization : '');
    if (read.kind === 'absent') {
      if (hasToken) return this.tokens.authenticate(token);
      throw refusedCredentials('x-auth-token not found');
    }
    // They may name two callers, and a trace tells of one.
    if (hasToken) throw refusedCredentials('x-auth-token and a signature are both present; send one of them');
    if (read.kind === 'unsupported')
      throw refusedCredentials(
        `signature algorithm ${read.algorithm} is not supported; use SDK-HMAC-SHA256 or V11-HMAC-SHA256`,
      );
    if (read.kind === 'malformed')
      throw refusedCredentials(`verify aksk signature fail: Authorization cannot be read: ${read.detail}`);
    return this.signatures.authenticate(request, read.signature);
  }
}
