/** Decisions and findings as they are seen from outside (contracts.md, Decisions; domain/iam.md §1.4). */
import type { Finding } from './finding.js';
import type { LayeredExplanation } from './layers.js';
import type { DeterminingStatement, NearMiss, StatementReference } from './explain.js';

export interface WireStatement {
  readonly policy_id: string | null;
  readonly policy_name: string;
  readonly version: string | null;
  readonly statement: number;
  readonly sid: string | null;
  readonly effect: 'Allow' | 'Deny';
}

export interface WireDetermining extends WireStatement {
  /** Only of a Deny that could not be evaluated: why. */
  readonly unevaluable?: string;
}

export interface WireNearMiss extends WireStatement {
  readonly failed: string;
  readonly detail: string;
}

/** One of the `results` of `POST /v1/policies/simulate`. */
export interface WireResult {
  readonly decision: 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';
  readonly determining: readonly WireDetermining[];
  readonly near_misses: readonly WireNearMiss[];
  readonly missing_context: readonly string[];
  readonly layers: { readonly identity: string; readonly scp: string | null; readonly org_auth: string | null };
}

export function renderExplanation(explanation: LayeredExplanation): WireResult {
  const { decision, determining, nearMisses, missingContext, layers } = explanation;
  return {
    decision,
    determining: determining.map(renderDetermining),
    near_misses: nearMisses.map(renderNearMiss),
    missing_context: missingContext,
    layers: { identity: layers.identity, scp: layers.controlPolicies, org_auth: layers.grants },
  };
}

function renderStatement(reference: StatementReference): WireStatement {
  const { policyId, policyName, policyVersion, statement, sid, effect } = reference;
  return { policy_id: policyId, policy_name: policyName, version: policyVersion, statement, sid, effect };
}

function renderDetermining(statement: DeterminingStatement): WireDetermining {
  const { unevaluable } = statement;
  return { ...renderStatement(statement), ...(unevaluable === null ? {} : { unevaluable }) };
}

function renderNearMiss(miss: NearMiss): WireNearMiss {
  return { ...renderStatement(miss), failed: miss.failed, detail: miss.detail };
}

/** Explains every code of a finding. */
const LEARN_MORE = 'docs/policies.md#findings';

/** One of the findings of `POST /v5/policies/validate`. */
export interface WireFinding {
  readonly finding_type: Finding['type'];
  readonly issue_code: string;
  readonly error_code: string | null;
  readonly finding_details: string;
  readonly learn_more_link: string;
  readonly locations: readonly {
    readonly path: readonly ({ readonly value: string } | { readonly index: number })[];
    readonly span: Finding['span'];
  }[];
}

export function renderFinding({ type, issue, code, details, path, span }: Finding): WireFinding {
  const steps = path.map((part) => (typeof part === 'number' ? { index: part } : { value: part }));
  return {
    finding_type: type,
    issue_code: issue,
    error_code: code,
    finding_details: details,
    learn_more_link: LEARN_MORE,
    locations: [{ path: steps, span }],
  };
}
