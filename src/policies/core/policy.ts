/** The one model of 1.0 system roles, 1.1 custom policies and 5.0 identity policies (domain/iam.md §1). */

export type PolicyVersion = '1.0' | '1.1' | '5.0';
export type Effect = 'Allow' | 'Deny';

export interface Policy {
  readonly version: PolicyVersion;
  readonly statements: readonly Statement[];
  /** Roles that must be granted too, or else the role has no effect; 1.0 only. */
  readonly depends: readonly RoleReference[];
}

export interface RoleReference {
  readonly catalog: string;
  readonly displayName: string;
}

export interface Statement {
  readonly sid: string | null;
  readonly effect: Effect;
  readonly actions: ActionClause;
  /** Null covers every resource. */
  readonly resources: ResourceClause | null;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

/** As written; `negated` is NotAction. */
export interface ActionClause {
  readonly negated: boolean;
  readonly patterns: readonly string[];
}

/** As written; `negated` is NotResource. `uri` is the old form for agencies, `{"uri":["/iam/agencies/ID"]}`. */
export interface ResourceClause {
  readonly negated: boolean;
  readonly form: 'urn' | 'uri';
  readonly patterns: readonly string[];
}

/** One key under one operator, as written. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** A policy with the name it is known by; any of them may be absent for a draft. */
export interface NamedPolicy {
  readonly id: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly policy: Policy;
}

/** What a request says of a key. A set counts as several values; null and an empty set as none. */
export type ContextValue = string | number | boolean | null | readonly (string | number | boolean | null)[];
export type RequestContext = Readonly<Record<string, ContextValue | undefined>>;

/** May this action be done on this resource? `resource` is a URN, or null where the action has none. */
export interface AccessRequest {
  readonly action: string;
  readonly resource: string | null;
  readonly context: RequestContext;
}

export type Decision = 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';
