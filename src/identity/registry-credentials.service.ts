/** Gives out, shows, disables and deletes the login credentials of the registry (domain/quota.md §1.1, §1.2). */
import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { HOUR_MS } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { Config } from '../platform/config/config.schema.js';
import { sqlState } from '../platform/database/database-error.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { operationUser, TraceRecorder } from '../traces/index.js';
import type { Actor } from './directory-recorder.service.js';
import { newId, newTemporaryAccessKey } from './identifiers.js';
import { type CredentialScope, type ListedCredential, RegistryCredentialsStore } from './registry-credentials.store.js';

/** Where a credential is good: a project, and an instance of it or (empty) the shared edition. */
export interface LoginPlace {
  readonly projectId: string;
  readonly instanceId: string;
}

/** The secret is shown this once. Times are epoch ms. */
export interface IssuedCredential {
  readonly id: string;
  readonly secret: string;
  readonly createdAt: number;
  /** Null: long-term. */
  readonly expiresAt: number | null;
}

interface Told {
  readonly traceName: string;
  readonly resourceType: 'dockerlogincmd' | 'credential';
}

const UNIQUE_VIOLATION = '23505';
const SECRET_BYTES = 32;

@Injectable()
export class RegistryCredentials {
  constructor(
    private readonly store: RegistryCredentialsStore,
    private readonly database: Database,
    private readonly recorder: TraceRecorder,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Good for `durationSeconds`, by default and at most `REGISTRY_LOGIN_TTL_HOURS`. */
  async createTemporary(place: LoginPlace, durationSeconds: number | null, actor: Actor): Promise<IssuedCredential> {
    const longest = this.config.REGISTRY_LOGIN_TTL_HOURS * HOUR_MS;
    const lifetime = durationSeconds === null ? longest : Math.min(longest, durationSeconds * 1_000);
    const told: Told =
      place.instanceId === ''
        ? { traceName: 'createDockerConfig', resourceType: 'dockerlogincmd' }
        : { traceName: 'createTempCredential', resourceType: 'credential' };
    const now = this.clock.now();
    await this.store.forgetExpired(now);
    return this.create(place, { id: newTemporaryAccessKey(), name: '', expiresAt: now + lifetime }, told, actor);
  }

  /** Until it is deleted. Throws `QST.Conflict` where the instance has one of that name. Their number is not limited yet. */
  async createLongTerm(place: LoginPlace, name: string, actor: Actor): Promise<IssuedCredential> {
    const told: Told = { traceName: 'createLongTermCredential', resourceType: 'credential' };
    try {
      return await this.create(place, { id: newId(), name, expiresAt: null }, told, actor);
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      throw new AppError('QST.Conflict', 'The instance has a credential of that name already.', { cause: error });
    }
  }

  /** Throws `QST.Forbidden` for those of others, without a policy that allows it. */
  list(
    place: LoginPlace,
    page: { readonly offset: number; readonly limit: number },
    selfOnly: boolean,
    { principal, beyondSelf }: Actor,
  ): Promise<{ total: number; credentials: ListedCredential[] }> {
    if (!selfOnly && !beyondSelf())
      throw new AppError('QST.Forbidden', 'No policy allows listing the credentials of others: set self_only=true.');
    return this.store.list(scopeOf(place, principal, selfOnly), page);
  }

  /** Throws `QST.NotFound` for what is not there or, without a policy that allows it, not one's own. */
  async setEnabled(place: LoginPlace, id: string, enabled: boolean, actor: Actor): Promise<void> {
    await this.change('updateLongTermCredential', place, id, actor, { enable: enabled }, (scope, transaction) =>
      this.store.setEnabled(scope, id, enabled, transaction),
    );
  }

  /** Throws `QST.NotFound` for what is not there or, without a policy that allows it, not one's own. */
  async delete(place: LoginPlace, id: string, actor: Actor): Promise<void> {
    await this.change('deleteLongTermCredential', place, id, actor, undefined, (scope, transaction) =>
      this.store.delete(scope, id, transaction),
    );
  }

  private async create(
    place: LoginPlace,
    { id, name, expiresAt }: { readonly id: string; readonly name: string; readonly expiresAt: number | null },
    told: Told,
    actor: Actor,
  ): Promise<IssuedCredential> {
    const { principal } = actor;
    // There is no user of ours whose disabling would end it.
    if (principal.isFederated)
      throw new AppError('QST.Forbidden', 'Federated users cannot have login credentials of the registry.');
    const { domainId, userId } = principal;
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    const createdAt = this.clock.now();
    await this.database.transaction(async (transaction) => {
      await this.store.insert(
        { domainId, id, ...place, userId, name, secretHash: hashOfSecret(secret), createdAt, expiresAt },
        transaction,
      );
      await this.record(told, place, { id, name: name === '' ? id : name }, actor, { expiresAt }, transaction);
    });
    return { id, secret, createdAt, expiresAt };
  }

  private async change(
    traceName: string,
    place: LoginPlace,
    id: string,
    actor: Actor,
    request: unknown,
    apply: (scope: CredentialScope, transaction: Transaction) => Promise<string | null>,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const name = await apply(scopeOf(place, actor.principal, !actor.beyondSelf()), transaction);
      if (name === null) throw new AppError('QST.NotFound', 'There is no such credential.');
      await this.record({ traceName, resourceType: 'credential' }, place, { id, name }, actor, request, transaction);
    });
  }

  private record(
    { traceName, resourceType }: Told,
    { projectId, instanceId }: LoginPlace,
    resource: { readonly id: string; readonly name: string },
    { principal, origin }: Actor,
    request: unknown,
    transaction: Transaction,
  ): Promise<void> {
    return this.recorder.record(
      {
        serviceType: 'SWR',
        resourceType,
        traceName,
        rating: 'normal',
        domainId: principal.domainId,
        projectId,
        resourceId: resource.id,
        resourceName: resource.name,
        user: operationUser(principal),
        request: { ...(instanceId !== '' && { instanceId }), ...(request as object | undefined) },
        ...origin,
      },
      transaction,
    );
  }
}

/** The secret is random and long: one round of a fast hash leaves nothing to guess. */
export function hashOfSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function scopeOf(place: LoginPlace, { domainId, userId }: Principal, own: boolean): CredentialScope {
  return { domainId, ...place, userId: own ? userId : null };
}
