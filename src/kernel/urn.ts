/** Resource URNs: `service:region:domainId:resourceType:path`. */

/** Any part may be empty or hold wildcards; only the path may hold `:`. */
export interface Urn {
  readonly service: string;
  readonly region: string;
  readonly domainId: string;
  readonly resourceType: string;
  readonly path: string;
}

const PARTS_BEFORE_PATH = 4;

/** Null where `text` has fewer than five parts, or no service or resource type. */
export function parseUrn(text: string): Urn | null {
  const parts = text.split(':');
  const [service, region, domainId, resourceType] = parts;
  if (!service || region === undefined || domainId === undefined || !resourceType) return null;
  if (parts.length <= PARTS_BEFORE_PATH) return null;
  return { service, region, domainId, resourceType, path: parts.slice(PARTS_BEFORE_PATH).join(':') };
}

export function formatUrn({ service, region, domainId, resourceType, path }: Urn): string {
  return `${service}:${region}:${domainId}:${resourceType}:${path}`;
}
