/** Tokens as the subject of a request: shown to, and taken back by, their owner and the administrators over them. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { DirectoryStore, type ProjectRecord } from './directory.store.js';
import { type AuthenticatedToken, TokenAuthenticator } from './token-authenticator.service.js';
import { TokenRevocationsStore } from './token-revocations.store.js';

export interface ShownToken extends Pick<AuthenticatedToken, 'claims' | 'user'> {
  readonly project: ProjectRecord | null;
}

@Injectable()
export class TokenSubjects {
  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly store: DirectoryStore,
    private readonly revocations: TokenRevocationsStore,
    private readonly recorder: DirectoryRecorder,
    private readonly database: Database,
  ) {}

  /** For the owner, administrators of the domain, and those of the operator domain. Throws `IAM.0004`. */
  async show(token: string | undefined, principal: Principal): Promise<ShownToken> {
    const { claims, user } = await this.find(token);
    const { isAdministrator, isOperator, domainId } = principal;
    if (!isOwner(principal, user.id) && !(isAdministrator && (isOperator || user.domainId === domainId)))
      throw notFound();
    const { projectId } = claims;
    const project = projectId === null ? null : await this.store.project(user.domainId, { id: projectId });
    return { claims, user, project };
  }

  /** For the owner and administrators of the domain; good for nothing from the next request on. Throws `IAM.0004`. */
  async revoke(token: string | undefined, actor: Actor): Promise<void> {
    const { claims, user } = await this.find(token);
    const { principal } = actor;
    if (!isOwner(principal, user.id) && !(principal.isAdministrator && user.domainId === principal.domainId))
      throw notFound();
    await this.database.transaction(async (transaction) => {
      if (!(await this.revocations.add(claims, transaction))) throw notFound();
      const resource = { type: 'token', id: claims.tokenId, name: user.name };
      await this.recorder.record('revokeToken', resource, actor, transaction);
    });
  }

  /** A token under test that is no good is not found; 401 speaks of the caller's own. */
  private async find(token: string | undefined): Promise<AuthenticatedToken> {
    if (!token) throw new AppError('IAM.0009', 'X-Subject-Token is missing in the request.');
    try {
      return await this.authenticator.resolve(token);
    } catch (cause) {
      if (cause instanceof AppError && cause.code === 'APIGW.0301') throw notFound(cause);
      throw cause;
    }
  }
}

/** A federated caller has no user of ours, whatever its issuer calls it. */
function isOwner({ userId, isFederated }: Principal, ownerId: string): boolean {
  return !isFederated && userId === ownerId;
}

function notFound(cause?: unknown): AppError {
  return new AppError('IAM.0004', 'Could not find token.', { cause });
}
