/** Who somebody who logs in says to be, whether the credentials show it, and what scope was asked for. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import type { Sql } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { CLOCK } from '../platform/tokens.js';
import { DirectoryStore, type ProjectRecord, type UserRecord } from './directory.store.js';
import type { LoginAttempt } from './login-recorder.service.js';
import { type LoginSubjects, subjectOfAddress, subjectOfUnknown, subjectOfUser } from './login-throttle.store.js';
import { MfaSeeds } from './mfa-seeds.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import type { Credentials, GivenScope, GivenUser } from './token.dto.js';
import { matchingStep } from './totp.js';

/** Right, with the step of the one-time code where the user has a device; else what is amiss. */
export type Factors = { readonly step: number | null } | 'wrong' | 'passcode missing';

@Injectable()
export class LoginIdentity {
  constructor(
    private readonly store: DirectoryStore,
    private readonly passwords: PasswordHasher,
    private readonly seeds: MfaSeeds,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The same questions whether there is such a user or not. */
  async find(given: GivenUser, origin: RequestOrigin): Promise<{ attempt: LoginAttempt; subjects: LoginSubjects }> {
    const domainId = given.domain === undefined ? null : await this.store.domainIdOf(given.domain);
    const user =
      given.id === undefined
        ? await this.store.userByName(given.domain ?? {}, given.name ?? '')
        : await this.store.userById(given.id);
    return {
      attempt: { given, user, domainId, origin },
      subjects: {
        user: user ? subjectOfUser(user) : subjectOfUnknown(typed(given, domainId)),
        address: subjectOfAddress(origin.sourceIp),
      },
    };
  }

  /** Takes the time of one hash, whoever it is. That a code is missing is told to those who know the password. */
  async check({ user }: LoginAttempt, { user: given, totp }: Credentials): Promise<Factors> {
    const matches = await this.passwords.verify(given.password, user?.passwordHash ?? null);
    if (!user?.enabled || !matches) return 'wrong';
    const device = await this.seeds.of(user);
    if (device === null) return totp === null ? { step: null } : 'wrong';
    if (totp === null) return 'passcode missing';
    const meansAnother = totp.id === undefined ? (totp.name ?? user.name) !== user.name : totp.id !== user.id;
    const step = matchingStep(device.seed, totp.passcode, this.clock.now(), device.lastStep);
    return meansAnother || step === null ? 'wrong' : { step };
  }

  /** A code is good once; false where it, or a later one, was used meanwhile. */
  use(user: UserRecord, step: number, sql: Sql): Promise<boolean> {
    return this.seeds.use(user, step, sql);
  }

  /** The project, null for the user's domain. */
  async scope(user: UserRecord, scope: GivenScope): Promise<ProjectRecord | null | 'foreign'> {
    if (scope?.project !== undefined) return (await this.store.project(user.domainId, scope.project)) ?? 'foreign';
    if (scope?.domain === undefined) return null;
    const { id, name } = scope.domain;
    return (id === undefined ? name === user.domainName : id === user.domainId) ? null : 'foreign';
  }
}

/** By name in an existing domain it is the same user, whether the domain is given by id or by name. */
function typed({ id, name, domain }: GivenUser, domainId: string | null): (string | undefined)[] {
  if (id !== undefined) return ['id', id];
  return domainId === null ? ['name', domain?.id, domain?.name, name] : ['domain', domainId, name];
}
