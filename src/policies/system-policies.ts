/** The policies and roles that come with the service: read-only, known by id, the same in every domain. */
import { parsePolicy } from './core/parse-policy.js';
import type { NamedPolicy } from './core/policy.js';
import data from './data/system-policies.json' with { type: 'json' };

/** Allows everything of one's plane; a new domain's administrator has it. */
export const ADMINISTRATOR_POLICY_ID = 'quaestor-administrator';

const POLICIES: ReadonlyMap<string, NamedPolicy> = new Map(
  data.policies.map(({ id, name, document }) => {
    const parsed = parsePolicy(document);
    if (!parsed.ok) throw new Error(`system policy ${name} cannot be read`);
    return [id, { id, name, version: null, policy: parsed.policy }] as const;
  }),
);

/** Null for an id that is no system policy's. */
export function systemPolicy(id: string): NamedPolicy | null {
  return POLICIES.get(id) ?? null;
}
