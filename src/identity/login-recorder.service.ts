/** Records what happens at the door: logins, failures, and locks. */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { type OwnOperation, TraceRecorder } from '../traces/index.js';
import type { UserRecord } from './directory.store.js';
import type { LoginSubjects } from './login-throttle.store.js';
import { OperatorDirectory } from './operator-directory.service.js';
import type { GivenUser } from './token.dto.js';

type KnownUser = Pick<UserRecord, 'id' | 'name' | 'domainId' | 'domainName'>;

/** Who tried, as far as it is known. */
export interface FailedAttempt {
  readonly given: Pick<GivenUser, 'id' | 'name'>;
  readonly user: KnownUser | null;
  /** The domain that was named; null where there is none such. */
  readonly domainId: string | null;
  readonly origin: RequestOrigin;
}

export interface LoginAttempt extends FailedAttempt {
  readonly given: GivenUser;
  readonly user: UserRecord | null;
}

@Injectable()
export class LoginRecorder {
  constructor(
    private readonly recorder: TraceRecorder,
    private readonly operator: OperatorDirectory,
  ) {}

  async login(user: UserRecord, projectId: string | null, origin: RequestOrigin, transaction: Transaction) {
    await this.recorder.record(
      {
        ...described(user, origin),
        traceName: 'login',
        rating: 'normal',
        domainId: user.domainId,
        projectId: projectId ?? '',
        code: '201',
      },
      transaction,
    );
  }

  /** Told to the domain of the user, or that was named, else to the operator. */
  async failure(attempt: FailedAttempt, reason: string, transaction: Transaction): Promise<void> {
    const domainId = await this.told(attempt);
    if (domainId === null) return;
    await this.recorder.record(
      { ...failed(attempt), traceName: 'loginFailed', domainId, message: reason },
      transaction,
    );
  }

  /** Once, by the failure that locks: a user's to its domain, an address's to the operator. */
  async locked(
    attempt: FailedAttempt,
    kinds: readonly (keyof LoginSubjects)[],
    transaction: Transaction,
  ): Promise<void> {
    const message = 'too many failed logins';
    const userDomain = kinds.includes('user') ? await this.told(attempt) : null;
    if (userDomain !== null)
      await this.recorder.record(
        { ...failed(attempt), traceName: 'lockUser', domainId: userDomain, message },
        transaction,
      );
    const operator = kinds.includes('address') ? await this.operator.find() : null;
    if (operator !== null)
      await this.recorder.record(
        {
          ...attempt.origin,
          ...operator,
          serviceType: 'IAM',
          resourceType: 'address',
          resourceName: attempt.origin.sourceIp,
          traceName: 'lockAddress',
          rating: 'warning',
          user: null,
          message,
        },
        transaction,
      );
  }

  private async told({ user, domainId }: FailedAttempt): Promise<string | null> {
    return user?.domainId ?? domainId ?? (await this.operator.find())?.domainId ?? null;
  }
}

function failed({ given, user, origin }: FailedAttempt) {
  return {
    serviceType: 'IAM',
    resourceType: 'user',
    resourceName: given.name ?? given.id ?? '',
    ...origin,
    ...(user ? described(user, origin) : { user: null }),
    rating: 'warning',
    projectId: '',
    code: '401',
  } as const;
}

function described(
  user: KnownUser,
  origin: RequestOrigin,
): Pick<OwnOperation, 'serviceType' | 'resourceType' | 'resourceName' | 'resourceId' | 'user' | keyof RequestOrigin> {
  return {
    serviceType: 'IAM',
    resourceType: 'user',
    resourceName: user.name,
    resourceId: user.id,
    user: { id: user.id, name: user.name, domainId: user.domainId, domainName: user.domainName },
    ...origin,
  };
}
