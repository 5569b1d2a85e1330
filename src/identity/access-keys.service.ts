/** Creates, changes and deletes access keys: one's own, or to administrators those of their domain. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { AccessKey, accessKeyPurpose } from './access-key.entity.js';
import { notFound, requireOwnOrAllowed } from './directory-faults.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { newAccessKey, newSecretKey } from './identifiers.js';
import { SecretBox } from './secret-box.js';
import { User } from './user.entity.js';
import { userOf } from './user-directory.service.js';

const MOST_PER_USER = 2;

export interface AccessKeyChange {
  readonly enabled?: boolean | undefined;
  readonly description?: string | undefined;
}

@Injectable()
export class AccessKeysService {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly recorder: DirectoryRecorder,
  ) {}

  /** The only time the secret is told. Throws `IAM.0004`; `IAM.0011` where the user has as many as it may. */
  async create(userId: string, description: string, actor: Actor): Promise<{ key: AccessKey; secret: string }> {
    requireOwnOrAllowed(actor, userId);
    const { domainId } = actor.principal;
    const accessKey = newAccessKey();
    const secret = newSecretKey();
    const secretSealed = this.box.seal(secret, accessKeyPurpose(accessKey));
    return this.database.transaction(async (transaction) => {
      const { manager } = transaction;
      // Held: two at the same time must not both be the second.
      const where = { domainId, id: userId };
      if (!(await manager.getRepository(User).findOne({ where, lock: { mode: 'for_no_key_update' } })))
        throw notFound('user', userId);
      const present = await manager.getRepository(AccessKey).countBy({ domainId, userId });
      // The documented text of this refusal.
      if (present >= MOST_PER_USER) throw new AppError('IAM.0011', 'akSkNumExceed');
      await manager.insert(AccessKey, { domainId, accessKey, userId, secretSealed, description });
      await this.record('createCredential', { accessKey, userId }, actor, transaction, { description });
      return { key: await keyOf(manager, actor, accessKey), secret };
    });
  }

  /** In the order in which they were made. Throws `IAM.0004`. */
  async list(userId: string, actor: Actor): Promise<AccessKey[]> {
    requireOwnOrAllowed(actor, userId);
    const { principal } = actor;
    const { domainId } = principal;
    const { manager } = this.database.dataSource;
    if (userId !== principal.userId) await userOf(manager, domainId, userId);
    const order = { createdAt: 'ASC', accessKey: 'ASC' } as const;
    return manager.getRepository(AccessKey).find({ where: { domainId, userId }, order });
  }

  /** Throws `IAM.0004`. */
  find(accessKey: string, actor: Actor): Promise<AccessKey> {
    return keyOf(this.database.dataSource.manager, actor, accessKey);
  }

  /** Throws `IAM.0004`. */
  async update(accessKey: string, { enabled, description }: AccessKeyChange, actor: Actor): Promise<AccessKey> {
    return this.database.transaction(async (transaction) => {
      const { manager } = transaction;
      const { domainId, userId } = await keyOf(manager, actor, accessKey);
      const change = { ...(enabled !== undefined && { enabled }), ...(description !== undefined && { description }) };
      const changed = { ...change, updatedAt: () => 'now()' };
      await manager.getRepository(AccessKey).update({ domainId, accessKey }, changed);
      await this.record('updateCredential', { accessKey, userId }, actor, transaction, change);
      return keyOf(manager, actor, accessKey);
    });
  }

  /** Throws `IAM.0004`. */
  async delete(accessKey: string, actor: Actor): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const { manager } = transaction;
      const { domainId, userId } = await keyOf(manager, actor, accessKey);
      await manager.getRepository(AccessKey).delete({ domainId, accessKey });
      await this.record('deleteCredential', { accessKey, userId }, actor, transaction);
    });
  }

  private async record(
    traceName: string,
    { accessKey, userId }: Pick<AccessKey, 'accessKey' | 'userId'>,
    actor: Actor,
    transaction: Transaction,
    change: object = {},
  ): Promise<void> {
    const { name } = await userOf(transaction.manager, actor.principal.domainId, userId);
    const resource = { type: 'user', id: userId, name };
    await this.recorder.record(traceName, resource, actor, transaction, { ...change, accessKey });
  }
}

/** Another's, to one who may not ask for it, is like none. */
async function keyOf(manager: EntityManager, { principal, beyondSelf }: Actor, accessKey: string): Promise<AccessKey> {
  const { domainId, userId } = principal;
  const where = { domainId, accessKey, ...(!beyondSelf() && { userId }) };
  const key = await manager.getRepository(AccessKey).findOneBy(where);
  if (!key) throw notFound('credential', accessKey);
  return key;
}
