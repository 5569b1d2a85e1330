/** Lets a caller prove once more who it is, by a secret: whoever only holds its token cannot guess on. */
import { Injectable } from '@nestjs/common';
import type { AppError } from '../kernel/errors.js';
import { Database } from '../platform/database/database.js';
import type { Actor } from './directory-recorder.service.js';
import { noteFailure } from './failed-login.js';
import { LoginRecorder } from './login-recorder.service.js';
import { lockedOut, LoginThrottleStore, subjectOfAddress, subjectOfUser } from './login-throttle.store.js';

@Injectable()
export class Reauthentication {
  constructor(
    private readonly throttle: LoginThrottleStore,
    private readonly recorder: LoginRecorder,
    private readonly database: Database,
  ) {}

  /**
   * What `check` makes of the secret. Null counts as a failed login, is recorded, and `wrong` is thrown; `IAM.0061` while
   * user or address is locked.
   */
  async prove<T>({ principal, origin }: Actor, check: () => T | null | Promise<T | null>, wrong: AppError): Promise<T> {
    const { domainId, domainName, userId: id, userName: name } = principal;
    const subjects = { user: subjectOfUser({ domainId, id }), address: subjectOfAddress(origin.sourceIp) };
    if (!(await this.throttle.admits(subjects))) throw lockedOut();
    const proof = await check();
    if (proof !== null) return proof;
    const attempt = { given: { id, name }, user: { id, name, domainId, domainName }, domainId, origin };
    const { throttle, recorder, database } = this;
    throw (await noteFailure(attempt, subjects, { throttle, recorder, database })) === 'locked' ? lockedOut() : wrong;
  }
}
