/** Gives a user temporary access keys in exchange for a token. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { SignersStore } from './signers.store.js';
import { type TemporaryKey, TemporaryKeys } from './temporary-keys.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';

@Injectable()
export class SecurityTokens {
  constructor(
    private readonly tokens: TokenAuthenticator,
    private readonly keys: TemporaryKeys,
    private readonly signers: SignersStore,
    private readonly recorder: DirectoryRecorder,
    private readonly database: Database,
  ) {}

  /**
   * @param token absent: the one the caller came with
   *
   * Throws `APIGW.0301` for a token that is no good, `IAM.0001` for that of another user or none at all (an access key buys no
   * other, or a temporary one would live for ever), and `IAM.0002` for users who sign nothing.
   */
  async create(
    token: string | undefined,
    durationSeconds: number,
    actor: Actor,
  ): Promise<{ key: TemporaryKey; securityToken: string }> {
    const { principal } = actor;
    const projectId = await this.scopeOf(token, principal);
    const { domainId, userId } = principal;
    const signer = await this.signers.bySession({ accessKey: '', domainId, userId, projectId });
    if (!signer?.isProgrammatic || principal.isFederated)
      throw new AppError('IAM.0002', 'The user is not allowed to sign requests with access keys.');
    if (signer.projectId !== projectId)
      throw new AppError('IAM.0001', 'The project of the token does not exist any more, or is disabled.');
    const issued = this.keys.issue({ domainId, userId, projectId }, durationSeconds);
    await this.database.transaction((transaction) =>
      this.recorder.record(
        'createTemporaryCredential',
        { type: 'user', id: userId, name: principal.userName },
        actor,
        transaction,
        { access: issued.key.accessKey, durationSeconds },
      ),
    );
    return issued;
  }

  private async scopeOf(token: string | undefined, principal: Principal): Promise<string | null> {
    if (token !== undefined) {
      const { claims, user } = await this.tokens.resolve(token);
      if (user.id === principal.userId) return claims.projectId;
      throw new AppError('IAM.0001', 'The token is not one of the caller.');
    }
    if (principal.accessKeyId === null) return principal.projectId;
    throw new AppError('IAM.0001', 'A token is needed: X-Auth-Token, or auth.identity.token.id.');
  }
}
