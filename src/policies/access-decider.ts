/** Decides whether a principal may do what a route requires. */
import type { Principal } from '../kernel/principal.js';
import type { Requirement } from '../platform/http/requires.js';

/** A refusal says why, in words that are fit for the caller. */
export type AccessDecision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** The fixed rule now, the evaluator of policies later. */
export interface AccessDecider {
  /** Looks at the action only: whether the path is of the caller's domain is the guard's to find out. */
  decide(principal: Principal, requirement: Requirement): Promise<AccessDecision>;
}

export const ACCESS_DECIDER = Symbol('ACCESS_DECIDER');
