/** Who is asked about, and what beside policies has a say: bounds that no policy can pass, and grants of SWR. */
import type { Urn } from '../kernel/urn.js';
import { findAction } from './core/action-catalogue.js';
import { hasResourceType } from './core/action-pattern.js';
import type { PrincipalFacts } from './core/principal-context.js';
import type { SwrGrants } from './core/swr-grants.js';
import type { DomainSnapshot, Holder } from './policy-snapshot.js';

export interface Subject extends PrincipalFacts, Holder {
  readonly isOperator: boolean;
  /** False: may do nothing, whatever its policies say. Absent: it has just proved who it is. */
  readonly enabled?: boolean;
}

/**
 * What no policy can allow: operator actions to tenants, and tenants on another domain's resources. Principals of the operator
 * domain act on another domain where a statement of theirs has it in its Resource, by name or by `*`.
 */
export function boundOf(
  { isOperator, domainId, enabled = true }: Subject,
  action: string,
  resource: Urn | null,
): string | null {
  if (!enabled) return 'the user or its domain is disabled';
  if (isOperator) return null;
  if (findAction(action)?.plane === 'operator')
    return `${action} can be allowed to principals of the operator domain only`;
  if (resource === null || !hasResourceType(action) || resource.domainId === domainId) return null;
  return 'the resource is not of the domain of the user';
}

const REGISTRY_TYPES = new Set(['namespace', 'repo']);

/**
 * @param projectId that the request names, else that of the resource's region
 * @returns null where the resource is no organization or repository of the shared edition, or its project is not known
 */
export function registryGrants(
  snapshot: DomainSnapshot,
  subject: Subject,
  urn: Urn | null,
  projectId: string | null,
): SwrGrants | null {
  if (projectId === null || urn?.domainId !== subject.domainId) return null;
  if (urn.service.toLowerCase() !== 'swr' || !REGISTRY_TYPES.has(urn.resourceType.toLowerCase())) return null;
  const slash = urn.path.indexOf('/');
  const [namespace, repository] = slash < 0 ? [urn.path, null] : [urn.path.slice(0, slash), urn.path.slice(slash + 1)];
  return snapshot.grantsOn(subject.userId, projectId, namespace, repository);
}
