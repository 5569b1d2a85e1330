/** The wire shapes of `/v1/regions` and of IAM's `/v3/regions`. */
import { z } from 'zod';
import { linksSchema, listLinks, selfSchema } from './iam-links.dto.js';
import type { Region, RegionDetails } from './region.entity.js';
import type { RequestUrl } from '../platform/http/request-url.js';
import { recordText } from './identity-fields.dto.js';

export const regionIdSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/,
    'must be 1 to 64 lower-case letters, digits or "-", e.g. cn-north-4',
  );

export const regionPathSchema = z.object({ id: recordText(64) });
export const iamRegionPathSchema = z.object({ region_id: recordText(64) });
export const regionPutPathSchema = z.object({ id: regionIdSchema });
export type RegionPath = z.infer<typeof regionPathSchema>;
export type IamRegionPath = z.infer<typeof iamRegionPathSchema>;

const featureSchema = z.strictObject({
  available: z.boolean(),
  as_of: z.iso.date().meta({ description: 'Date of the source.' }),
  source: recordText(512),
});
const label = () =>
  z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, "_" or "-"');
const names = z.record(label(), recordText(128)).meta({ description: 'By language, e.g. `en-us`.' });

export const putRegionSchema = z
  .strictObject({
    kind: z.enum(['general', 'dedicated']),
    allowed_domains: z
      .array(recordText(64))
      .max(1_000)
      .optional()
      .meta({ description: 'Ids of the domains that may have projects in a dedicated region.' }),
    names: names.default({}),
    availability_zones: z.array(recordText(64)).max(100).default([]),
    features: z.record(label(), featureSchema).default({}),
  })
  .superRefine(({ kind, allowed_domains: allowed }, context) => {
    if ((kind === 'dedicated') === (allowed !== undefined)) return;
    const message = kind === 'dedicated' ? 'is required for a dedicated region' : 'is for dedicated regions only';
    context.addIssue({ code: 'custom', path: ['allowed_domains'], message });
  });
export type PutRegion = z.infer<typeof putRegionSchema>;

export function detailsOf({ names: given, availability_zones: availabilityZones, features }: PutRegion): RegionDetails {
  return {
    names: given,
    availabilityZones,
    features: Object.fromEntries(
      Object.entries(features).map(([name, { as_of: asOf, ...feature }]) => [name, { ...feature, asOf }]),
    ),
  };
}

export const regionSchema = z.object({
  id: z.string(),
  kind: z.enum(['general', 'dedicated']),
  allowed_domains: z.array(z.string()).optional().meta({ description: 'Shown to operators, of dedicated regions.' }),
  names: z.record(z.string(), z.string()),
  availability_zones: z.array(z.string()),
  features: z.record(z.string(), featureSchema),
  updated_at: z.int().meta({ description: 'Epoch milliseconds.' }),
});
export type RegionView = z.infer<typeof regionSchema>;

export const regionListSchema = z.object({ regions: z.array(regionSchema) });
export type RegionList = z.infer<typeof regionListSchema>;

export function renderRegion(
  { id, kind, allowedDomains, details, updatedAt }: Region,
  forOperator: boolean,
): RegionView {
  return {
    id,
    kind,
    ...(forOperator && allowedDomains !== null && { allowed_domains: allowedDomains }),
    names: details.names,
    availability_zones: [...details.availabilityZones],
    features: Object.fromEntries(
      Object.entries(details.features).map(([name, { asOf, ...feature }]) => [name, { ...feature, as_of: asOf }]),
    ),
    updated_at: updatedAt.getTime(),
  };
}

const iamRegion = z.object({
  id: z.string(),
  type: z.enum(['public', 'private']),
  description: z.string(),
  parent_region_id: z.null(),
  locales: z.record(z.string(), z.string()),
  links: selfSchema,
});
export const iamRegionSchema = z.object({ region: iamRegion });
export const iamRegionListSchema = z.object({ regions: z.array(iamRegion), links: linksSchema });
export type IamRegionAnswer = z.infer<typeof iamRegionSchema>;
export type IamRegionListAnswer = z.infer<typeof iamRegionListSchema>;

/** A dedicated region is what IAM calls a private one. */
export function renderIamRegion({ id, kind, details }: Region, { base }: RequestUrl): IamRegionAnswer['region'] {
  return {
    id,
    type: kind === 'general' ? 'public' : 'private',
    description: '',
    parent_region_id: null,
    locales: details.names,
    links: { self: `${base}/v3/regions/${id}` },
  };
}

export function renderIamRegions(regions: readonly Region[], url: RequestUrl): IamRegionListAnswer {
  return { regions: regions.map((region) => renderIamRegion(region, url)), links: listLinks(url) };
}
