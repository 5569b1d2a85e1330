/** Logs users in by password and second factor, giving away neither whether the user exists nor, by the time taken, why not. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import type { ProjectRecord, UserRecord } from './directory.store.js';
import { noteFailure } from './failed-login.js';
import { LoginIdentity } from './login-identity.service.js';
import { type LoginAttempt, LoginRecorder } from './login-recorder.service.js';
import { lockedOut, type LoginSubjects, LoginThrottleStore } from './login-throttle.store.js';
import { LoginStore } from './login.store.js';
import { credentialsOf, type TokenRequest } from './token.dto.js';
import { type TokenClaims, TokenService } from './token.service.js';

export interface Login {
  readonly token: string;
  readonly claims: TokenClaims;
  readonly user: UserRecord;
  readonly project: ProjectRecord | null;
}

/** A login whose credentials are right. */
interface Proven {
  readonly user: UserRecord;
  readonly project: ProjectRecord | null;
  /** Step of the one-time code; null without a device. */
  readonly step: number | null;
}

@Injectable()
export class LoginService {
  constructor(
    private readonly identity: LoginIdentity,
    private readonly throttle: LoginThrottleStore,
    private readonly store: LoginStore,
    private readonly tokens: TokenService,
    private readonly recorder: LoginRecorder,
    private readonly database: Database,
  ) {}

  /**
   * Throws `IAM.0062` for wrong credentials, `IAM.0061` while user or address is locked, `IAM.0001` for a scope that is
   * not the user's and for a missing one-time code, `IAM.0002` for `assume_role`. Failures and locks are recorded.
   */
  async login({ auth }: TokenRequest, origin: RequestOrigin): Promise<Login> {
    const credentials = credentialsOf(auth.identity);
    if (credentials === null)
      throw new AppError('IAM.0002', 'Agencies are not offered: assume_role is always refused.');
    const { attempt, subjects } = await this.identity.find(credentials.user, origin);
    // Before the expensive hash; and once more with the verdict, for what happens meanwhile.
    if (!(await this.throttle.admits(subjects))) throw lockedOut();
    const factors = await this.identity.check(attempt, credentials);
    if (factors === 'wrong' || attempt.user === null) return this.refuse(attempt, subjects);
    const project = await this.identity.scope(attempt.user, auth.scope);
    if (factors === 'passcode missing' || project === 'foreign') {
      if (!(await this.throttle.admits(subjects))) throw lockedOut();
      const reason = factors === 'passcode missing' ? factors : 'scope not accessible';
      await this.database.transaction((transaction) => this.recorder.failure(attempt, reason, transaction));
      if (factors === 'passcode missing') throw passcodeMissing();
      throw new AppError('IAM.0001', 'The requested scope does not exist or is not accessible to the user.');
    }
    const proven = { user: attempt.user, project, step: factors.step };
    const issuedAt = await this.enter(proven, subjects, origin);
    if (issuedAt === null) return this.refuse(attempt, subjects);
    const { id: userId, domainId } = proven.user;
    // A second factor is shown at the login, nowhere else.
    const mfaAt = proven.step === null ? null : Math.trunc(issuedAt);
    const issued = await this.tokens.issue({ userId, domainId, projectId: project?.id ?? null, issuedAt, mfaAt });
    return { ...issued, user: proven.user, project };
  }

  /** The instant of the login; null where password or code are good no longer. One transaction, which decides. */
  private enter({ user, project, step }: Proven, subjects: LoginSubjects, origin: RequestOrigin) {
    return this.database.transaction(async (transaction) => {
      if (step !== null && !(await this.identity.use(user, step, transaction))) return null;
      const at = await this.store.note(user, transaction);
      if (at === null) return null;
      if (!(await this.throttle.succeeded(subjects, transaction))) throw lockedOut();
      await this.recorder.login(user, project?.id ?? null, origin, transaction);
      return at;
    });
  }

  private async refuse(attempt: LoginAttempt, subjects: LoginSubjects): Promise<never> {
    const { throttle, recorder, database } = this;
    if ((await noteFailure(attempt, subjects, { throttle, recorder, database })) === 'locked') throw lockedOut();
    throw new AppError('IAM.0062', 'The username or password is wrong.');
  }
}

function passcodeMissing(): AppError {
  return new AppError('IAM.0001', 'This user logs in with a one-time code: add the method totp with its passcode.');
}
