/** Puts the known regions into the database at every start, and those that this installation already stands in. */
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { CONFIG } from '../platform/tokens.js';
import { catalogueRegions } from './region-catalogue.dto.js';
import { RegionsStore } from './regions.store.js';

@Injectable()
export class RegionSeeder implements OnApplicationBootstrap {
  constructor(
    private readonly store: RegionsStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const ours = [this.config.BOOTSTRAP_REGION, ...(await this.store.regionsOfProjects())];
    const unlisted = [...new Set(ours)]
      .filter((id) => !catalogueRegions.some((known) => known.id === id))
      .map((id) => ({ id, details: { names: { 'en-us': id }, availabilityZones: [], features: {} } }));
    await this.store.addMissing([...catalogueRegions, ...unlisted]);
  }
}
