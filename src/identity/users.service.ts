/** Creates, changes and deletes users of the caller's domain. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { conflict, forbidden, namingConflicts, notFound } from './directory-faults.js';
import { DirectoryExtensions } from './directory-extensions.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { Domain } from './domain.entity.js';
import { newId } from './identifiers.js';
import { PasswordHasher } from './password-hasher.service.js';
import { passwordProblems } from './password-rules.js';
import { Reauthentication } from './reauthentication.service.js';
import { User } from './user.entity.js';
import { userOf } from './user-directory.service.js';

/** What can be said of a user; `undefined` leaves it as it is, or as it is by default. */
export interface UserChange {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly description?: string | undefined;
  readonly email?: string | undefined;
  readonly areacode?: string | undefined;
  readonly phone?: string | undefined;
  readonly accessMode?: User['accessMode'] | undefined;
  readonly isAdministrator?: boolean | undefined;
  readonly password?: string | undefined;
}

export type NewUser = UserChange & { readonly name: string };

@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly passwords: PasswordHasher,
    private readonly recorder: DirectoryRecorder,
    private readonly reauthentication: Reauthentication,
    private readonly extensions: DirectoryExtensions,
  ) {}

  /** Without a password the user cannot log in by one. Throws `IAM.0005` and, for a weak password, `1118`. */
  async create({ password, ...wanted }: NewUser, actor: Actor): Promise<User> {
    requireAdministrator(actor, wanted.isAdministrator === true);
    if (password !== undefined) refuseWeak(password, wanted.name);
    const passwordHash = password === undefined ? null : await this.passwords.hash(password);
    const { domainId } = actor.principal;
    const id = newId();
    return this.changing(wanted.name, async (transaction) => {
      const { manager } = transaction;
      await manager.insert(User, { ...defined(wanted), domainId, id, passwordHash });
      if (wanted.isAdministrator === true)
        await this.extensions.administratorChanged({ domainId, userId: id, isAdministrator: true }, transaction);
      const resource = { type: 'user', id, name: wanted.name };
      await this.recorder.record('createUser', resource, actor, transaction, wanted);
      return userOf(manager, domainId, id);
    });
  }

  /**
   * A new password, and being disabled, end all tokens of the user. Throws `IAM.0004`, `IAM.0005`, `IAM.0002` for taking
   * away the domain's last administrator, `1118` for a weak password and `1108` for the old one.
   */
  async update(id: string, { password, ...change }: UserChange, actor: Actor): Promise<User> {
    const { domainId } = actor.principal;
    const before = await userOf(this.database.dataSource.manager, domainId, id);
    const passwordHash = password === undefined ? undefined : await this.hashNew(password, change.name, before);
    return this.changing(change.name ?? before.name, async (transaction) => {
      const { manager } = transaction;
      await lockDomain(domainId, transaction);
      const user = await userOf(manager, domainId, id);
      requireAdministrator(actor, user.isAdministrator || change.isAdministrator === true);
      if (change.enabled === false || change.isAdministrator === false)
        await refuseLast(user, transaction, new AppError('IAM.0002', LAST_ADMINISTRATOR));
      const endsTokens = passwordHash !== undefined || (change.enabled === false && user.enabled);
      await manager.getRepository(User).update(
        { domainId, id },
        {
          ...defined(change),
          ...(passwordHash !== undefined && { passwordHash, passwordChangedAt: atOnce }),
          ...(endsTokens && { tokensValidFrom: atOnce }),
          updatedAt: () => 'now()',
        },
      );
      const { isAdministrator = user.isAdministrator } = change;
      if (isAdministrator !== user.isAdministrator)
        await this.extensions.administratorChanged({ domainId, userId: id, isAdministrator }, transaction);
      const told = { ...change, ...(passwordHash !== undefined && { password: 'changed' }) };
      await this.recorder.record('updateUser', { type: 'user', id, name: user.name }, actor, transaction, told);
      return userOf(manager, domainId, id);
    });
  }

  /** Keys, memberships and tokens end with the user. Throws `IAM.0004`, `IAM.0002` for oneself, `1107` for the last administrator. */
  async delete(id: string, actor: Actor): Promise<void> {
    const { domainId, userId } = actor.principal;
    if (id === userId) throw new AppError('IAM.0002', 'You cannot delete yourself.');
    await this.database.transaction(async (transaction) => {
      await lockDomain(domainId, transaction);
      const user = await userOf(transaction.manager, domainId, id);
      requireAdministrator(actor, user.isAdministrator);
      await refuseLast(user, transaction, new AppError('1107', 'The account administrator cannot be deleted.'));
      await transaction.manager.getRepository(User).delete({ domainId, id });
      await this.recorder.record('deleteUser', { type: 'user', id, name: user.name }, actor, transaction);
    });
  }

  /**
   * One's own. Ends all tokens, also the one that asks. Throws `1103` for a wrong present password, which counts as a failed
   * login; `IAM.0061` while locked; `1108`, `1118`.
   */
  async changePassword(present: string, next: string, actor: Actor): Promise<void> {
    const { domainId, userId: id } = actor.principal;
    const user = await this.database.dataSource.getRepository(User).findOneBy({ domainId, id });
    if (!user) throw notFound('user', id);
    const check = async () => ((await this.passwords.verify(present, user.passwordHash)) ? user : null);
    await this.reauthentication.prove(actor, check, new AppError('1103', 'Incorrect password.'));
    const passwordHash = await this.hashNew(next, undefined, user);
    await this.database.transaction(async (transaction) => {
      // The password that was proved must still be the present one.
      const { affected } = await transaction.manager
        .getRepository(User)
        .update(
          { domainId, id, passwordHash: user.passwordHash ?? '' },
          { passwordHash, passwordChangedAt: atOnce, tokensValidFrom: atOnce, updatedAt: () => 'now()' },
        );
      if (affected === 0) throw new AppError('1103', 'Incorrect password.');
      await this.recorder.record('updateUserPwd', { type: 'user', id, name: user.name }, actor, transaction);
    });
  }

  private async hashNew(password: string, newName: string | undefined, user: User): Promise<string> {
    refuseWeak(password, newName ?? user.name);
    if (await this.passwords.verify(password, user.passwordHash))
      throw new AppError('1108', 'The new password must be different from the old password.');
    return this.passwords.hash(password);
  }

  private changing<T>(name: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return namingConflicts(
      () => this.database.transaction(work),
      (_, cause) => conflict('user', `Duplicate entry found with name ${name}`, cause),
    );
  }
}

/** Tokens are dated by the database. `now()` would be the start of the transaction, and too early. */
const atOnce = () => 'clock_timestamp()';
const LAST_ADMINISTRATOR = 'The last administrator of a domain stays one, and enabled.';

function refuseWeak(password: string, userName: string): void {
  const problems = passwordProblems(password, { userName }).map((message) => ({ path: 'body.user.password', message }));
  if (problems.length > 0) throw new AppError('1118', 'The password is weak', { problems });
}

/** Those who take an administrator away from a domain do so one after the other. */
async function lockDomain(id: string, { manager }: Transaction): Promise<void> {
  await manager.getRepository(Domain).findOneOrFail({ where: { id }, lock: { mode: 'for_no_key_update' } });
}

/** Or whoever may change users could make itself an administrator, or sign in as one. */
function requireAdministrator({ principal }: Actor, needed: boolean): void {
  if (needed && !principal.isAdministrator)
    throw forbidden('only administrators change administrators, or make others such');
}

async function refuseLast({ domainId, isAdministrator, enabled }: User, { manager }: Transaction, refusal: AppError) {
  if (!isAdministrator || !enabled) return;
  const administrators = await manager.getRepository(User).countBy({ domainId, isAdministrator: true, enabled: true });
  if (administrators <= 1) throw refusal;
}

/** TypeORM takes a member that is undefined for a null. */
function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
