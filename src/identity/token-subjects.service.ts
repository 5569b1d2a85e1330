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

  /** For the owner, and whoever policies let look at those of the domain. Throws `IAM.0004`. */
  async show(token: string | undefined, { principal, beyondSelf }: Actor): Promise<ShownToken> {
    const { claims, user } = await this.find(token);
    if (!isOwner(principal, user.id) && !reaches({ principal, beyondSelf }, user.domainId)) throw notFound();
    const { projectId } = claims;
    const project = projectId === null ? null : await this.store.project(user.domainId, { id: projectId });
    return { claims, user, project };
  }

  /** For the owner, and whoever policies let; good for nothing from the next request on. Throws `IAM.0004`. */
  async revoke(token: string | undefined, actor: Actor): Promise<void> {
    const { claims, user } = await this.find(token);
    if (!isOwner(actor.principal, user.id) && !reaches(actor, user.domainId)) throw notFound();
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

/** Only principals of the operator domain reach others, where their policies name them. */
function reaches({ principal, beyondSelf }: Omit<Actor, 'origin'>, domainId: string): boolean {
  return (domainId === principal.domainId || principal.isOperator) && beyondSelf(domainId);
}

function notFound(cause?: unknown): AppError {
  return new AppError('IAM.0004', 'Could not find token.', { cause });
}
