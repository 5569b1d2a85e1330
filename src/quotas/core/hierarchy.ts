/** Which limits may stand beside and above each other (issue 7 §1; domain/quota.md §4 nos. 12, 13). */
import { UNLIMITED } from './definition.js';
import { exceeds } from './limits.js';

/** A limit that somebody set, or that holds, for a scope. */
export interface LevelLimit {
  /** Name of the scope, as `scopeKey` makes it. */
  readonly scope: string;
  readonly limit: number;
}

export type HierarchyFault =
  /** The limit would allow more than the level above it. */
  | { readonly kind: 'above_parent'; readonly parent: LevelLimit }
  /** A limit set below would allow more than this one. */
  | { readonly kind: 'below_children'; readonly children: readonly LevelLimit[] }
  /** What a tenant splits would be more than it has. */
  | { readonly kind: 'split_exceeds'; readonly parent: LevelLimit; readonly total: number }
  /** Without a limit of its domain a tenant may only lower what is given to it. */
  | { readonly kind: 'not_lower'; readonly given: LevelLimit }
  /** Less than is in use or promised; may be forced. */
  | { readonly kind: 'below_use'; readonly used: number; readonly reserved: number };

/** @param children limits set for scopes below, not those that follow from a default */
export function hierarchyFault(
  wanted: LevelLimit,
  parents: readonly LevelLimit[],
  children: readonly LevelLimit[],
): HierarchyFault | null {
  const parent = parents.find(({ limit }) => exceeds(wanted.limit, limit));
  if (parent !== undefined) return { kind: 'above_parent', parent };
  const above = children.filter(({ limit }) => exceeds(limit, wanted.limit));
  return above.length > 0 ? { kind: 'below_children', children: above } : null;
}

/** A level above, with the sum of what is set for other scopes of the wanted one's kind below it. */
export interface SplitParent extends LevelLimit {
  readonly others: number;
}

/**
 * A tenant's administrator may split what an operator gave to its project or domain, the sum never above it; where nothing was
 * given there, it may only set less than what holds without it.
 *
 * @param given what would hold for the scope if the tenant set nothing
 */
export function splitFault(
  wanted: LevelLimit,
  parents: readonly SplitParent[],
  given: LevelLimit,
): HierarchyFault | null {
  const finite = parents.filter(({ limit }) => limit !== UNLIMITED);
  if (finite.length === 0) return exceeds(wanted.limit, given.limit) ? { kind: 'not_lower', given } : null;
  for (const parent of finite) {
    if (exceeds(wanted.limit, parent.limit)) return { kind: 'above_parent', parent };
    const total = parent.others + wanted.limit;
    if (total > parent.limit) return { kind: 'split_exceeds', parent, total };
  }
  return null;
}

export function useFault(limit: number, { used, reserved }: { used: number; reserved: number }): HierarchyFault | null {
  return limit !== UNLIMITED && used + reserved > limit ? { kind: 'below_use', used, reserved } : null;
}
