/** Answers, with every request, which project of a domain is meant. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import type { Principal } from '../kernel/principal.js';
import { CLOCK } from '../platform/tokens.js';
import { BatchedLookup } from './batched-lookup.js';
import { DirectoryStore, inChunks, type ProjectRecord } from './directory.store.js';
import { ExpiringCache } from './expiring-cache.js';

const REMEMBERED = { ttlMs: 500, maxEntries: 10_000 };

@Injectable()
export class ProjectDirectory {
  private readonly known: ExpiringCache<ProjectRecord | null>;
  private readonly lookup: BatchedLookup<{ domainId: string; projectId: string }, ProjectRecord | null>;
  private readonly ofRegions: ExpiringCache<ProjectRecord | null>;

  constructor(
    private readonly store: DirectoryStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.known = new ExpiringCache(REMEMBERED, clock);
    this.lookup = new BatchedLookup((places) => this.store.projects(places, 'query'));
    this.ofRegions = new ExpiringCache(REMEMBERED, clock);
  }

  async belongs(domainId: string, projectId: string): Promise<boolean> {
    return (await this.find(domainId, projectId)) !== null;
  }

  /** The domain's enabled project; null where there is none of that id. */
  find(domainId: string, projectId: string): Promise<ProjectRecord | null> {
    // A NUL is no part of an id, and Postgres refuses it in any text.
    if (projectId.includes('\0') || domainId.includes('\0')) return Promise.resolve(null);
    return this.known.get(`${domainId}\0${projectId}`, () => this.lookup.get({ domainId, projectId }));
  }

  /** As {@link find}, of many in their order, read beside the writers: for questions that come by the thousand. No id holds a NUL. */
  findMany(
    places: readonly { readonly domainId: string; readonly projectId: string }[],
  ): Promise<(ProjectRecord | null)[]> {
    return inChunks(places, (chunk) => this.store.projects(chunk, 'read'));
  }

  /** The project that the caller is scoped to, else the only one of the domain's regions; null where there is a choice or none. */
  async inScope({ domainId, projectId }: Pick<Principal, 'domainId' | 'projectId'>): Promise<ProjectRecord | null> {
    if (projectId !== null) return this.find(domainId, projectId);
    const [only, second] = await this.store.regionProjects(domainId);
    return second === undefined ? (only ?? null) : null;
  }

  /** The project that stands for the domain's share of a region: the one named like it, else its only one there. */
  ofRegion(domainId: string, region: string): Promise<ProjectRecord | null> {
    if (region.includes('\0') || domainId.includes('\0')) return Promise.resolve(null);
    return this.ofRegions.get(`${domainId}\0${region}`, () => this.store.projectOfRegion(domainId, region));
  }
}
