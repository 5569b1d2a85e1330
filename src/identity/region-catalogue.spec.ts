import catalogue from './data/regions.json' with { type: 'json' };
import { catalogueRegions } from './region-catalogue.dto.js';
import { regionIdSchema } from './regions.dto.js';

describe('the regions known from the documentation', () => {
  const ids = catalogueRegions.map(({ id }) => id);

  it('are 35, each once, under ids that the API takes', () => {
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toHaveLength(35);
    for (const id of ids) expect(regionIdSchema.safeParse(id).success).toBe(true);
  });

  it('say where images can be scanned, and since when that is known', () => {
    const { regions } = catalogue.features.image_scanning;
    expect(ids).toEqual(expect.arrayContaining(regions));
    const scanning = catalogueRegions.filter(({ details }) => details.features.image_scanning?.available);
    expect(scanning.map(({ id }) => id)).toEqual([...regions].sort());
    for (const { details } of catalogueRegions) expect(details.features.image_scanning?.asOf).toBe('2025-09-19');
  });

  it('have their own zones only', () => {
    for (const { id, details } of catalogueRegions)
      for (const zone of details.availabilityZones) expect(zone.startsWith(id)).toBe(true);
  });
});
