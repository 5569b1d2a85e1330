/** Logs users in by password, giving away neither whether the user exists nor, by the time taken, why it failed. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { type OwnOperation, TraceRecorder } from '../traces/index.js';
import { DirectoryStore, type ProjectRecord, type UserRecord } from './directory.store.js';
import { OperatorDirectory } from './operator-directory.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import type { TokenRequest } from './token.dto.js';
import { type TokenClaims, TokenService } from './token.service.js';

export interface Login {
  readonly token: string;
  readonly claims: TokenClaims;
  readonly user: UserRecord;
  readonly project: ProjectRecord | null;
}

type GivenUser = TokenRequest['auth']['identity']['password']['user'];
type GivenScope = TokenRequest['auth']['scope'];

@Injectable()
export class LoginService {
  constructor(
    private readonly store: DirectoryStore,
    private readonly passwords: PasswordHasher,
    private readonly tokens: TokenService,
    private readonly operator: OperatorDirectory,
    private readonly recorder: TraceRecorder,
    private readonly database: Database,
  ) {}

  /** Throws `IAM.0062` for wrong credentials and `IAM.0001` for a scope that is not the user's; both are recorded. */
  async login({ auth }: TokenRequest, origin: RequestOrigin): Promise<Login> {
    const given = auth.identity.password.user;
    const user = await this.findUser(given);
    const matches = await this.passwords.verify(given.password, user?.passwordHash ?? null);
    if (!user?.enabled || !matches) {
      await this.record(await this.failure(given, user, 'wrong credentials', origin));
      throw new AppError('IAM.0062', 'The username or password is wrong.');
    }
    const scope = await this.resolveScope(user, auth.scope);
    if (scope === 'foreign') {
      await this.record(await this.failure(given, user, 'scope not accessible', origin));
      throw new AppError('IAM.0001', 'The requested scope does not exist or is not accessible to the user.');
    }
    const issued = await this.tokens.issue({ userId: user.id, domainId: user.domainId, projectId: scope?.id ?? null });
    await this.record({
      ...described(user, origin),
      traceName: 'login',
      rating: 'normal',
      domainId: user.domainId,
      projectId: scope?.id ?? '',
      code: '201',
    });
    return { ...issued, user, project: scope };
  }

  private findUser(given: GivenUser): Promise<UserRecord | null> {
    if (given.id !== undefined) return this.store.userById(given.id);
    return this.store.userByName(given.domain ?? {}, given.name ?? '');
  }

  /** The project, null for the user's domain. */
  private async resolveScope(user: UserRecord, scope: GivenScope): Promise<ProjectRecord | null | 'foreign'> {
    if (scope?.project !== undefined) return (await this.store.project(user.domainId, scope.project)) ?? 'foreign';
    if (scope?.domain === undefined) return null;
    const { id, name } = scope.domain;
    return id === undefined ? ownOr(name === user.domainName) : ownOr(id === user.domainId);
  }

  /** Told to the domain that was named, if there is one, else to the operator. */
  private async failure(
    given: GivenUser,
    user: UserRecord | null,
    reason: string,
    origin: RequestOrigin,
  ): Promise<OwnOperation | null> {
    const domainId =
      user?.domainId ??
      (given.domain === undefined ? null : await this.store.domainIdOf(given.domain)) ??
      (await this.operator.find())?.domainId;
    if (domainId === undefined) return null;
    const name = given.name ?? given.id ?? '';
    return {
      serviceType: 'IAM',
      resourceType: 'user',
      resourceName: name,
      ...origin,
      ...(user ? described(user, origin) : { user: null }),
      traceName: 'loginFailed',
      rating: 'warning',
      domainId,
      projectId: '',
      code: '401',
      message: reason,
    };
  }

  private async record(operation: OwnOperation | null): Promise<void> {
    if (operation === null) return;
    await this.database.transaction((transaction) => this.recorder.record(operation, transaction));
  }
}

function ownOr(own: boolean): null | 'foreign' {
  return own ? null : 'foreign';
}

function described(
  user: UserRecord,
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
