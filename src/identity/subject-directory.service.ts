/** Tells of users other than the caller what decides on their requests: whether they may act, for which domain, in which groups. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { CLOCK } from '../platform/tokens.js';
import { CallersStore } from './callers.store.js';
import { DirectoryStore } from './directory.store.js';
import { ExpiringCache } from './expiring-cache.js';

const REMEMBERED = { ttlMs: 10_000, maxEntries: 50_000 };

/** A user as of now, whoever asks. */
export interface DirectoryUser {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** User and domain both. */
  readonly enabled: boolean;
  readonly isOperator: boolean;
  readonly isFederated: false;
  /** Ids, sorted. */
  readonly groups: readonly string[];
}

@Injectable()
export class SubjectDirectory {
  private readonly known: ExpiringCache<DirectoryUser | null>;

  constructor(
    private readonly callers: CallersStore,
    private readonly store: DirectoryStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.known = new ExpiringCache(REMEMBERED, clock);
  }

  /** Null where the domain has no user of that id. */
  async find(domainId: string, userId: string): Promise<DirectoryUser | null> {
    if (domainId.includes('\0') || userId.includes('\0')) return null;
    const caller = await this.callers.byToken({ domainId, userId, tokenId: '' });
    if (caller === null) return null;
    const { user, groups } = caller;
    const { id, name, domainName, enabled, isOperator } = user;
    return { userId: id, userName: name, domainId, domainName, enabled, isOperator, isFederated: false, groups };
  }

  /** As {@link find}, but up to ten seconds old: for questions that come by the thousand. */
  recent(domainId: string, userId: string): Promise<DirectoryUser | null> {
    return this.known.get(`${domainId}\0${userId}`, () => this.find(domainId, userId));
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
