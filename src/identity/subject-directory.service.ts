/** Tells of users other than the caller what decides on their requests: whether they may act, for which domain, in which groups. */
import { Injectable } from '@nestjs/common';
import { CallersStore } from './callers.store.js';
import { type DirectoryUser, DirectoryStore, inChunks } from './directory.store.js';

export type { DirectoryUser };

@Injectable()
export class SubjectDirectory {
  constructor(
    private readonly callers: CallersStore,
    private readonly store: DirectoryStore,
  ) {}

  /** Null where the domain has no user of that id. */
  async find(domainId: string, userId: string): Promise<DirectoryUser | null> {
    if (domainId.includes('\0') || userId.includes('\0')) return null;
    const caller = await this.callers.byToken({ domainId, userId, tokenId: '' });
    if (caller === null) return null;
    const { user, groups } = caller;
    const { id, name, domainName, enabled, isOperator } = user;
    return { userId: id, userName: name, domainId, domainName, enabled, isOperator, isFederated: false, groups };
  }

  /** As {@link find}, of many in their order, read beside the writers: for questions that come by the thousand. No id holds a NUL. */
  findMany(
    users: readonly { readonly domainId: string; readonly userId: string }[],
  ): Promise<(DirectoryUser | null)[]> {
    return inChunks(users, (chunk) => this.store.subjects(chunk));
  }

  /** Whether the domain has a group of that id. */
  async hasGroup(domainId: string, groupId: string): Promise<boolean> {
    return !groupId.includes('\0') && !domainId.includes('\0') && (await this.store.hasGroup(domainId, groupId));
  }

  /** The domain of a user of any domain: ids are unique over all of them (ADR 9). Not for the eyes of tenants. */
  async domainOf(userId: string): Promise<string | null> {
    if (userId.includes('\0')) return null;
    return (await this.store.userById(userId))?.domainId ?? null;
  }

  /** The domain's enabled users by id, after `after`; at most `limit` ids. */
  idsOf(domainId: string, after: string, limit: number): Promise<readonly string[]> {
    return this.store.userIds(domainId, after, limit);
  }
}
