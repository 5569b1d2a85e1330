/** The limit that holds for a scope at an instant, and where it comes from. */
import { type Definition, type Mode, UNLIMITED } from './definition.js';
import type { ScopeKind } from './scope.js';

/**
 * - `override`: set for the scope
 * - `grant`: a grant that is active at the instant
 * - `spec`: of the specification the instance was bought with
 * - `default`: of the definition
 * - `unset`: nothing limits this level, or nothing is defined
 */
export type LimitOrigin = 'override' | 'grant' | 'spec' | 'default' | 'unset';

export interface EffectiveLimit {
  /** -1 unlimited. */
  readonly limit: number;
  readonly origin: LimitOrigin;
  readonly mode: Mode;
}

/** What is set for one scope, as of the instant in question. */
export interface LimitSources {
  readonly override: number | null;
  /** Of the grants active at the instant the most generous. */
  readonly grant: number | null;
  readonly spec: string | null;
}

export const NOTHING_SET: LimitSources = { override: null, grant: null, spec: null };

/**
 * Override > active grant > spec > default. Spec and default hold at the kind of scope the definition is for; at the levels above
 * it limits what an override or a grant says. Without a definition nothing is refused (domain/quota.md §6.5).
 */
export function effectiveLimit(definition: Definition | null, kind: ScopeKind, sources: LimitSources): EffectiveLimit {
  const mode = definition?.mode ?? 'observe';
  if (sources.override !== null) return { limit: sources.override, origin: 'override', mode };
  if (sources.grant !== null) return { limit: sources.grant, origin: 'grant', mode };
  if (definition?.scopeKind !== kind) return { limit: UNLIMITED, origin: 'unset', mode };
  const spec = specLimit(definition, sources.spec);
  if (spec !== null) return { limit: spec, origin: 'spec', mode };
  return { limit: definition.defaultLimit, origin: 'default', mode };
}

function specLimit({ specLimits }: Definition, spec: string | null): number | null {
  return spec !== null && Object.hasOwn(specLimits, spec) ? (specLimits[spec] ?? null) : null;
}

/** A grant as stored; from inclusive, until exclusive, epoch ms. */
export interface GrantInterval {
  readonly limit: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The most generous grant active at the instant; null where none is. Expiry needs nobody to act. */
export function activeGrant(grants: readonly GrantInterval[], atMs: number): number | null {
  const active = grants.filter(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs).map(({ limit }) => limit);
  if (active.length === 0) return null;
  return active.includes(UNLIMITED) ? UNLIMITED : Math.max(...active);
}

/** Whether the first limit allows more than the second. */
export function exceeds(limit: number, other: number): boolean {
  return other !== UNLIMITED && (limit === UNLIMITED || limit > other);
}
