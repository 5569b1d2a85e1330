/** Turns the credentials of a request into the principal, or refuses it with 401. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import { type PresentedRequest, refusedCredentials, type RequestHeaders } from './authentication.js';
import { TokenAuthenticator } from './token-authenticator.service.js';

@Injectable()
export class Authenticator {
  constructor(private readonly tokens: TokenAuthenticator) {}

  /** Throws `APIGW.0301` where the request proves nobody. */
  async authenticate({ headers }: PresentedRequest): Promise<Principal> {
    const token = headers['x-auth-token'];
    if (typeof token !== 'string' || token === '') throw refusedCredentials(missingCredentials(headers));
    return this.tokens.authenticate(token);
  }
}

function missingCredentials({ authorization }: RequestHeaders): string {
  if (typeof authorization === 'string' && /^(?:SDK-|V11-|SM)/.test(authorization))
    return 'signatures with an access key are not supported yet; use X-Auth-Token';
  return 'x-auth-token not found';
}
