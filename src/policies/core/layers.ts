/** Puts identity policies, organization control policies and SWR grants together (domain/iam.md §1.2, §2.3). */
import type { CompiledSet } from './compiled-set.js';
import { decide } from './decide.js';
import { explain, type Explanation } from './explain.js';
import type { AccessRequest, Decision } from './policy.js';
import { grantAllows, type SwrGrants } from './swr-grants.js';
import { undocumentedChoices } from './undocumented-choices.js';

export interface Layers {
  readonly identity: CompiledSet;
  /** Each level of the organization, from the root down; every one must allow. */
  readonly controlPolicies?: readonly CompiledSet[];
  /** Null or absent where the request is not about a repository of the shared edition. */
  readonly grants?: SwrGrants | null;
}

export interface LayeredExplanation extends Explanation {
  /** What each layer says by itself; null for one that has no say. */
  readonly layers: {
    readonly identity: Decision;
    readonly controlPolicies: Decision | null;
    readonly grants: 'Allow' | 'ImplicitDeny' | null;
  };
}

export function decideLayers({ identity, controlPolicies = [], grants }: Layers, request: AccessRequest): Decision {
  const own = decide(identity, request);
  if (own === 'ExplicitDeny') return own;
  let bounds: Decision = 'Allow';
  for (const level of controlPolicies) bounds = stricter(bounds, decide(level, request));
  return combine(own, bounds, grants ? grantAllows(request.action, grants) : false);
}

export function explainLayers(layers: Layers, request: AccessRequest): LayeredExplanation {
  const { controlPolicies = [], grants } = layers;
  const identity = explain(layers.identity, request);
  const levels = controlPolicies.map((level) => explain(level, request));
  const bounds = levels.map(({ decision }) => decision).reduce(stricter, 'Allow');
  const granted = grants ? grantAllows(request.action, grants) : false;
  const decision = combine(identity.decision, bounds, granted);
  return {
    decision,
    determining: [identity, ...levels]
      .filter((layer) => layer.decision === decision)
      .flatMap((layer) => layer.determining),
    nearMisses: decision === 'Allow' ? [] : [identity, ...levels].flatMap((layer) => layer.nearMisses),
    missingContext: [...new Set([identity, ...levels].flatMap((layer) => layer.missingContext))].sort(),
    layers: {
      identity: identity.decision,
      controlPolicies: levels.length > 0 ? bounds : null,
      grants: grants ? (granted ? 'Allow' : 'ImplicitDeny') : null,
    },
  };
}

function combine(own: Decision, bounds: Decision, granted: boolean): Decision {
  if (own === 'ExplicitDeny' || bounds === 'ExplicitDeny') return 'ExplicitDeny';
  if (bounds === 'ImplicitDeny' && (own === 'Allow' || undocumentedChoices.controlPolicyBoundsGrants)) return bounds;
  return own === 'Allow' || granted ? 'Allow' : 'ImplicitDeny';
}

const STRICTNESS: Readonly<Record<Decision, number>> = { Allow: 0, ImplicitDeny: 1, ExplicitDeny: 2 };

function stricter(left: Decision, right: Decision): Decision {
  return STRICTNESS[left] >= STRICTNESS[right] ? left : right;
}
