/** Answers, with every request, whether a project is a domain's. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { CLOCK } from '../platform/tokens.js';
import { DirectoryStore } from './directory.store.js';
import { ExpiringCache } from './expiring-cache.js';

const REMEMBERED = { ttlMs: 500, maxEntries: 10_000 };

@Injectable()
export class ProjectDirectory {
  private readonly known: ExpiringCache<boolean>;

  constructor(
    private readonly store: DirectoryStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.known = new ExpiringCache(REMEMBERED, clock);
  }

  belongs(domainId: string, projectId: string): Promise<boolean> {
    // A NUL is no part of an id, and Postgres refuses it in any text.
    if (projectId.includes('\0')) return Promise.resolve(false);
    return this.known.get(
      `${domainId}\0${projectId}`,
      async () => (await this.store.project(domainId, { id: projectId })) !== null,
    );
  }
}
