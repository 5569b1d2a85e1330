/** The policies and roles that come with the service: read-only, known by id, the same in every domain. */
import { parsePolicy } from './core/parse-policy.js';
import type { NamedPolicy } from './core/policy.js';
import data from './data/system-policies.json' with { type: 'json' };

/** Allows everything of one's plane; a new domain's administrator has it. */
export const ADMINISTRATOR_POLICY_ID = 'quaestor-administrator';

/** `identity`: of version 5.0, attached; `role`: of 1.0 or 1.1, granted to groups. */
export type PolicyKind = 'identity' | 'role';

export interface SystemPolicy {
  readonly id: string;
  readonly kind: PolicyKind;
  /** As people know it, and as `Depends` names it. */
  readonly name: string;
  /** Of roles: keystone's `name`, `catalog` and `type`; empty for the others. */
  readonly role: { readonly name: string; readonly catalog: string; readonly type: string };
  readonly description: string;
  readonly document: string;
  readonly since: Date;
}

interface SystemPolicyData {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly since: string;
  readonly document: { readonly Version: string };
  readonly role?: { readonly name: string; readonly catalog: string; readonly type: string };
}

const LIST: readonly SystemPolicyData[] = data.policies;

const PARSED: ReadonlyMap<string, NamedPolicy> = new Map(
  LIST.map(({ id, name, document }) => {
    const parsed = parsePolicy(document);
    if (!parsed.ok) throw new Error(`system policy ${name} cannot be read`);
    return [id, { id, name, version: null, policy: parsed.policy }] as const;
  }),
);

const POLICIES: readonly SystemPolicy[] = LIST.map(({ id, name, description, since, document, role }) => ({
  id,
  kind: document.Version === '5.0' ? 'identity' : 'role',
  name,
  role: role ?? { name: '', catalog: '', type: '' },
  description,
  document: JSON.stringify(document),
  since: new Date(since),
}));

/** Null for an id that is no system policy's. */
export function systemPolicy(id: string): NamedPolicy | null {
  return PARSED.get(id) ?? null;
}

/** In the order of their ids. */
export function systemPolicies(kind: PolicyKind): readonly SystemPolicy[] {
  return POLICIES.filter((policy) => policy.kind === kind).sort((left, right) => (left.id < right.id ? -1 : 1));
}

export function findSystemPolicy(kind: PolicyKind, id: string): SystemPolicy | null {
  return POLICIES.find((policy) => policy.kind === kind && policy.id === id) ?? null;
}
