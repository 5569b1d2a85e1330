/** Finds users and groups of one domain. */
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { notFound } from './directory-faults.js';
import { Group } from './group.entity.js';
import { GroupMember } from './group-member.entity.js';
import { User } from './user.entity.js';

export interface UserFilter {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
}

@Injectable()
export class UserDirectory {
  constructor(private readonly dataSource: DataSource) {}

  /** In the order of their names. */
  users(domainId: string, { name, enabled }: UserFilter): Promise<User[]> {
    const where = { domainId, ...(name && { name }), ...(enabled !== undefined && { enabled }) };
    return this.dataSource.getRepository(User).find({ where, order: { name: 'ASC' } });
  }

  /** Throws `IAM.0004`. */
  user(domainId: string, id: string): Promise<User> {
    return userOf(this.dataSource.manager, domainId, id);
  }

  groups(domainId: string, { name }: { readonly name?: string | undefined }): Promise<Group[]> {
    const where = { domainId, ...(name && { name }) };
    return this.dataSource.getRepository(Group).find({ where, order: { name: 'ASC' } });
  }

  /** Throws `IAM.0004`. */
  group(domainId: string, id: string): Promise<Group> {
    return groupOf(this.dataSource.manager, domainId, id);
  }

  /** Throws `IAM.0004`. */
  async membersOf(domainId: string, groupId: string): Promise<User[]> {
    await this.group(domainId, groupId);
    const members = await this.dataSource.getRepository(GroupMember).findBy({ domainId, groupId });
    const where = { domainId, id: In(members.map(({ userId }) => userId)) };
    return this.dataSource.getRepository(User).find({ where, order: { name: 'ASC' } });
  }

  /** Throws `IAM.0004`. */
  async groupsOf(domainId: string, userId: string): Promise<Group[]> {
    await this.user(domainId, userId);
    const memberships = await this.dataSource.getRepository(GroupMember).findBy({ domainId, userId });
    const where = { domainId, id: In(memberships.map(({ groupId }) => groupId)) };
    return this.dataSource.getRepository(Group).find({ where, order: { name: 'ASC' } });
  }

  /** Throws `IAM.0004` for no such user, no such group, and a user that is no member. */
  async requireMember(domainId: string, groupId: string, userId: string): Promise<void> {
    await this.group(domainId, groupId);
    if (!(await this.dataSource.getRepository(GroupMember).existsBy({ domainId, groupId, userId })))
      throw notFound('user', userId);
  }
}

/**
 * Throws `IAM.0004`.
 *
 * @param held that nobody deletes it before the transaction ends
 */
export async function userOf(manager: EntityManager, domainId: string, id: string, held = false): Promise<User> {
  const user = await manager.getRepository(User).findOne({ where: { domainId, id }, ...(held && KEPT) });
  if (!user) throw notFound('user', id);
  return user;
}

/** As {@link userOf}. */
export async function groupOf(manager: EntityManager, domainId: string, id: string, held = false): Promise<Group> {
  const group = await manager.getRepository(Group).findOne({ where: { domainId, id }, ...(held && KEPT) });
  if (!group) throw notFound('group', id);
  return group;
}

const KEPT = { lock: { mode: 'for_key_share' } } as const;
