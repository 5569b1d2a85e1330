/** Decides whether a principal may do what a route requires, on what the request names. */
import type { Principal } from '../kernel/principal.js';
import type { BeyondSelf, Requirement } from '../platform/http/requires.js';

/** What a request is about, found by the guard. */
export interface AccessTarget {
  readonly domainId: string;
  /** Null: the request names none. */
  readonly project: { readonly id: string; readonly name: string; readonly region: string } | null;
  /** Path of the resource, `*` for no particular one. */
  readonly path: string;
  readonly sourceIp: string;
}

/** A refusal says why, in words that are fit for the caller. */
export type AccessDecision =
  { readonly allowed: true; readonly beyondSelf: BeyondSelf } | { readonly allowed: false; readonly reason: string };

export interface AccessDecider {
  /** Throws `QST.Unavailable` when it cannot be known what is allowed. */
  decide(principal: Principal, requirement: Requirement, target: AccessTarget): Promise<AccessDecision>;
}

export const ACCESS_DECIDER = Symbol('ACCESS_DECIDER');
