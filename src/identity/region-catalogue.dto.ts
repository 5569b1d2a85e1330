/** The regions known from the documentation, as they are put into a new database (`data/regions.json`). */
import catalogue from './data/regions.json' with { type: 'json' };
import type { RegionDetails } from './region.entity.js';

export interface CatalogueRegion {
  readonly id: string;
  readonly details: RegionDetails;
}

export const catalogueRegions: readonly CatalogueRegion[] = catalogue.regions.map((region) => ({
  id: region.id,
  details: {
    names: region.names,
    availabilityZones: region.availability_zones,
    features: Object.fromEntries(
      Object.entries(catalogue.features).map(([name, { regions, as_of: asOf, source }]) => [
        name,
        { available: regions.includes(region.id), asOf, source },
      ]),
    ),
  },
}));
