/** Organization and repository grants of SWR's shared edition: 7 manage, 3 edit, 1 read (domain/iam.md §2.3). */
import { foldCase } from './letter-case.js';

export type GrantLevel = 0 | 1 | 3 | 7;

/** What the caller was granted on the organization and on the repository that the request is about; SWR administrators have 7 everywhere. */
export interface SwrGrants {
  readonly organization: GrantLevel;
  readonly repository?: GrantLevel;
  /** Everybody may pull a public repository. */
  readonly isPublic?: boolean;
}

interface Need {
  readonly organization: GrantLevel;
  /** Absent: a grant on the repository does not give it. */
  readonly repository?: GrantLevel;
}

const PULL: Need = { organization: 1, repository: 1 };
const EDIT: Need = { organization: 3, repository: 3 };
const MANAGE: Need = { organization: 7, repository: 7 };
/** Repository grants are given by an organization's editors, or by the repository's managers. */
const GRANT: Need = { organization: 3, repository: 7 };
const ORGANIZATION_READ: Need = { organization: 1 };
const ORGANIZATION_MANAGE: Need = { organization: 7 };

/**
 * Pull and attributes are read, push and changes edit, deletion, grants and sharing manage. Actions that stand here in no
 * row (creating an organization, quotas, login secrets) are not given by grants.
 */
const NEEDS: Readonly<Record<string, Need>> = {
  'swr:namespace:getNamespace': ORGANIZATION_READ,
  'swr:namespace:getNamespaceAccess': ORGANIZATION_MANAGE,
  'swr:namespace:createNamespaceAccess': ORGANIZATION_MANAGE,
  'swr:namespace:deleteNamespace': ORGANIZATION_MANAGE,
  'swr:repo:createRepo': { organization: 3 },
  'swr:repo:download': PULL,
  'swr:repo:getRepo': PULL,
  'swr:repo:listRepoTags': PULL,
  'swr:repo:listTriggers': PULL,
  'swr:repo:listRetentions': PULL,
  'swr:repo:getRetention': PULL,
  'swr:repo:listRepoDomains': PULL,
  'swr:repo:upload': EDIT,
  'swr:repo:updateRepo': EDIT,
  'swr:repo:deleteRepo': MANAGE,
  'swr:repo:deleteRepoTag': MANAGE,
  'swr:repo:createRepoAccess': GRANT,
  'swr:repo:updateRepoAccess': GRANT,
  'swr:repo:getRepoAccess': GRANT,
  'swr:repo:createRepoDomain': MANAGE,
  'swr:repo:updateRepoDomain': MANAGE,
};

const BY_FOLDED_NAME = new Map(Object.entries(NEEDS).map(([action, need]) => [foldCase(action), need] as const));
const PUBLIC_ACTION = foldCase('swr:repo:download');

/** The levels an action needs, either of which is enough; null where grants do not give it. */
export function grantNeeded(action: string): Need | null {
  return BY_FOLDED_NAME.get(foldCase(action)) ?? null;
}

export function grantAllows(action: string, { organization, repository = 0, isPublic = false }: SwrGrants): boolean {
  if (isPublic && foldCase(action) === PUBLIC_ACTION) return true;
  const need = grantNeeded(action);
  if (need === null) return false;
  return organization >= need.organization || (need.repository !== undefined && repository >= need.repository);
}
