/** Creates, changes and deletes groups of the caller's domain, and their memberships. */
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../platform/database/database.js';
import { conflict, namingConflicts, notFound } from './directory-faults.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { Group } from './group.entity.js';
import { GroupMember } from './group-member.entity.js';
import { newId } from './identifiers.js';
import { groupOf, userOf } from './user-directory.service.js';

const TYPE = 'userGroup';

@Injectable()
export class GroupsService {
  constructor(
    private readonly database: Database,
    private readonly recorder: DirectoryRecorder,
  ) {}

  /** Throws `IAM.0005`. */
  create({ name, description = '' }: { name: string; description?: string | undefined }, actor: Actor): Promise<Group> {
    const { domainId } = actor.principal;
    const id = newId();
    return this.changing(name, async (transaction) => {
      await transaction.manager.insert(Group, { domainId, id, name, description });
      await this.recorder.record('createGroup', { type: TYPE, id, name }, actor, transaction, { name, description });
      return groupOf(transaction.manager, domainId, id);
    });
  }

  /** Throws `IAM.0004` and `IAM.0005`. */
  update(
    id: string,
    { name, description }: { name?: string | undefined; description?: string | undefined },
    actor: Actor,
  ): Promise<Group> {
    const { domainId } = actor.principal;
    return this.changing(name ?? '', async (transaction) => {
      const { manager } = transaction;
      const group = await groupOf(manager, domainId, id);
      const change = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
      await manager.getRepository(Group).update({ domainId, id }, { ...change, updatedAt: () => 'now()' });
      await this.recorder.record('updateGroup', { type: TYPE, id, name: group.name }, actor, transaction, change);
      return groupOf(manager, domainId, id);
    });
  }

  /** Its members stay as users. Throws `IAM.0004`. */
  async delete(id: string, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    await this.database.transaction(async (transaction) => {
      const group = await groupOf(transaction.manager, domainId, id);
      await transaction.manager.getRepository(Group).delete({ domainId, id });
      await this.recorder.record('deleteGroup', { type: TYPE, id, name: group.name }, actor, transaction);
    });
  }

  /** Being one already is no fault, and no change. Throws `IAM.0004`. */
  async addMember(groupId: string, userId: string, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    await this.database.transaction(async (transaction) => {
      const { manager } = transaction;
      const group = await groupOf(manager, domainId, groupId, true);
      await userOf(manager, domainId, userId, true);
      if (await manager.getRepository(GroupMember).existsBy({ domainId, groupId, userId })) return;
      await manager.getRepository(GroupMember).upsert({ domainId, groupId, userId }, ['domainId', 'userId', 'groupId']);
      await this.recordMember('addUserToGroup', group, userId, actor, transaction);
    });
  }

  /** Throws `IAM.0004`, also for a user that is no member. */
  async removeMember(groupId: string, userId: string, actor: Actor): Promise<void> {
    const { domainId } = actor.principal;
    await this.database.transaction(async (transaction) => {
      const group = await groupOf(transaction.manager, domainId, groupId);
      const { affected } = await transaction.manager.getRepository(GroupMember).delete({ domainId, groupId, userId });
      if (affected === 0) throw notFound('user', userId);
      await this.recordMember('removeUserFromGroup', group, userId, actor, transaction);
    });
  }

  private recordMember(
    traceName: string,
    { id, name }: Group,
    userId: string,
    actor: Actor,
    transaction: Transaction,
  ): Promise<void> {
    return this.recorder.record(traceName, { type: TYPE, id, name }, actor, transaction, { userId });
  }

  private changing<T>(name: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return namingConflicts(
      () => this.database.transaction(work),
      (_, cause) => conflict('group', `Duplicate entry found with name ${name}`, cause),
    );
  }
}
