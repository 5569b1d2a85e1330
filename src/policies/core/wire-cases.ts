/** The file form of `policy-cases.json`: policies, a request and the decision that is expected (domain/iam.md §6). */
import { compile } from './compiled-set.js';
import { parseJsonText } from './json-text.js';
import { pathText } from './finding.js';
import { decideLayers, explainLayers, type Layers } from './layers.js';
import { parsePolicy } from './parse-policy.js';
import type { AccessRequest, Decision, NamedPolicy, RequestContext } from './policy.js';
import type { GrantLevel } from './swr-grants.js';

/** Further members (basis, source) are for the reader. */
export interface PolicyCase {
  readonly id: string;
  readonly title: string;
  readonly policies: readonly unknown[];
  readonly scps?: readonly unknown[];
  readonly granted_roles?: readonly string[];
  readonly org_auth?: GrantLevel;
  readonly request: { readonly action: string; readonly resource: string | null; readonly context: RequestContext };
  readonly expected: Decision;
}

export type CaseResult =
  | { readonly passed: true; readonly name: string }
  | { readonly passed: false; readonly name: string; readonly problem: string };

/** Every case of a file, or what keeps the file from being read. */
export function readCases(text: string): { readonly cases: readonly PolicyCase[] } | { readonly problem: string } {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return { problem: `no JSON: ${parsed.message} at offset ${parsed.at}` };
  const value = JSON.parse(text) as unknown;
  if (!Array.isArray(value)) return { problem: 'a file of cases is an array' };
  const faulty = value.findIndex((item) => !isCase(item));
  return faulty >= 0
    ? { problem: `[${faulty}] is no case: it needs id, title, policies, request and expected` }
    : { cases: value as PolicyCase[] };
}

const DECISIONS: readonly unknown[] = ['Allow', 'ExplicitDeny', 'ImplicitDeny'];
const LEVELS: readonly unknown[] = [undefined, 0, 1, 3, 7];

function isCase(item: unknown): item is PolicyCase {
  if (!isRecord(item) || !isRecord(item['request'])) return false;
  const { id, title, policies, scps = [], granted_roles: roles = [], org_auth: auth, request, expected } = item;
  const { action, resource, context } = request;
  return (
    typeof id === 'string' &&
    typeof title === 'string' &&
    Array.isArray(policies) &&
    Array.isArray(scps) &&
    Array.isArray(roles) &&
    LEVELS.includes(auth) &&
    DECISIONS.includes(expected) &&
    typeof action === 'string' &&
    (resource === null || typeof resource === 'string') &&
    isRecord(context)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Decides the case by the fast path and by the explaining one; they must agree. */
export function runCase(given: PolicyCase): CaseResult {
  const name = `${given.id} ${given.title}`;
  const read = layersOf(given);
  if ('problem' in read) return { passed: false, name, problem: read.problem };
  const request: AccessRequest = given.request;
  const decided = decideLayers(read.layers, request);
  const explained = explainLayers(read.layers, request).decision;
  if (decided !== explained) return { passed: false, name, problem: `decided ${decided} but explained ${explained}` };
  if (decided !== given.expected) return { passed: false, name, problem: `${decided} instead of ${given.expected}` };
  return { passed: true, name };
}

function layersOf(given: PolicyCase): { readonly layers: Layers } | { readonly problem: string } {
  const identity = namedPolicies(given.policies, '');
  const controls = namedPolicies(given.scps ?? [], 'scp ');
  const problem = identity.problem ?? controls.problem;
  if (problem !== null) return { problem };
  return {
    layers: {
      identity: compile(identity.policies, { grantedRoles: given.granted_roles ?? [] }),
      controlPolicies: given.scps ? [compile(controls.policies)] : [],
      grants: given.org_auth === undefined ? null : { organization: given.org_auth },
    },
  };
}

/** Drafts are known by their place, `#0`. */
export function namedPolicies(
  documents: readonly unknown[],
  prefix: string,
): { readonly policies: readonly NamedPolicy[]; readonly problem: string | null } {
  const policies: NamedPolicy[] = [];
  for (const [index, document] of documents.entries()) {
    const name = `${prefix}#${index}`;
    const parsed = parsePolicy(document);
    if (parsed.ok) policies.push({ id: null, name, version: null, policy: parsed.policy });
    else {
      const said = parsed.problems.map(
        ({ path, code, issue, details }) => `${pathText(path)} ${code ?? issue} ${details}`,
      );
      return { policies, problem: `policy ${name}: ${said.join('; ')}` };
    }
  }
  return { policies, problem: null };
}
