/** What decides in one domain at one version: immutable, loaded in one read, compiled as it is asked for. */
import { compile, type CompiledSet } from './core/compiled-set.js';
import { parsePolicy } from './core/parse-policy.js';
import type { NamedPolicy, Policy } from './core/policy.js';
import type { GrantLevel, SwrGrants } from './core/swr-grants.js';
import { systemPolicy } from './system-policies.js';

export interface PolicyRecord {
  readonly id: string;
  readonly name: string;
  /** `v3`; null for policies that have no versions. */
  readonly version: string | null;
  readonly document: string;
}

export interface AttachmentRecord {
  readonly policyId: string;
  readonly userId: string | null;
  readonly groupId: string | null;
}

export interface RoleGrantRecord {
  readonly groupId: string;
  readonly roleId: string;
  readonly scopeKind: string;
  readonly scopeId: string;
}

export interface RegistryGrantRecord {
  readonly projectId: string;
  readonly namespace: string;
  /** Empty: on the organization. */
  readonly repository: string;
  readonly userId: string;
  readonly auth: number;
}

/** A domain as its tables told it in one statement. */
export interface SnapshotRecord {
  readonly domainId: string;
  readonly version: string;
  readonly policies: readonly PolicyRecord[];
  readonly attachments: readonly AttachmentRecord[];
  readonly roleGrants: readonly RoleGrantRecord[];
  readonly registryGrants: readonly RegistryGrantRecord[];
}

/** Whose policies: `groups` as of the request, never of the snapshot. */
export interface Holder {
  readonly userId: string;
  readonly groups: readonly string[];
}

/** Where the request happens, which decides the role grants that apply. */
export interface GrantScope {
  /** The project that the request names. */
  readonly projectId: string | null;
  /** Without it: the project that stands for the region of the resource. */
  readonly regionProjectId: string | null;
}

const MOST_SETS = 1_000;
const LEVELS: readonly GrantLevel[] = [0, 1, 3, 7];

export class DomainSnapshot {
  private readonly parsed = new Map<string, NamedPolicy>();
  private readonly sets = new Map<string, CompiledSet>();
  private readonly records: ReadonlyMap<string, PolicyRecord>;
  private readonly attached: ReadonlyMap<string, readonly string[]>;
  private readonly granted: ReadonlyMap<string, readonly RoleGrantRecord[]>;
  private readonly registry: ReadonlyMap<string, GrantLevel>;

  /** @param former of an older version: what was parsed of documents that are still the same is taken over */
  constructor(
    private readonly record: SnapshotRecord,
    former: DomainSnapshot | null = null,
  ) {
    const { policies, attachments, roleGrants, registryGrants } = record;
    this.records = new Map(policies.map((policy) => [policy.id, policy]));
    this.attached = grouped(
      attachments.map(({ policyId, userId, groupId }) => [
        userId === null ? `g:${groupId ?? ''}` : `u:${userId}`,
        policyId,
      ]),
    );
    this.granted = grouped(roleGrants.map((grant) => [grant.groupId, grant]));
    this.registry = new Map(registryGrants.map((grant) => [registryKey(grant), levelOf(grant.auth)]));
    for (const [id, policy] of former?.parsed ?? []) {
      const [older, newer] = [former?.records.get(id), this.records.get(id)];
      if (older && newer && isSame(older, newer)) this.parsed.set(id, policy);
    }
  }

  get domainId(): string {
    return this.record.domainId;
  }

  get version(): string {
    return this.record.version;
  }

  /** Everything of the domain that names resources, for searches over what is known. */
  get registryGrants(): readonly RegistryGrantRecord[] {
    return this.record.registryGrants;
  }

  /**
   * Ids, sorted: what is attached to the user and its groups, always; roles of its groups on the named project and, by
   * inheritance, on every project; without a named project those on the domain, the inherited, and those of the region's.
   */
  policiesOf({ userId, groups }: Holder, scope: GrantScope): readonly string[] {
    const ids = new Set(this.attached.get(`u:${userId}`));
    for (const group of groups) {
      for (const id of this.attached.get(`g:${group}`) ?? []) ids.add(id);
      for (const grant of this.granted.get(group) ?? []) if (applies(grant, scope)) ids.add(grant.roleId);
    }
    return [...ids].sort();
  }

  /** What of the holder's own policies, and which of its groups by theirs of any scope, hold a Deny. */
  deniersOf({ userId, groups }: Holder): { readonly policies: readonly string[]; readonly groups: readonly string[] } {
    const denies = (id: string): boolean =>
      this.policy(id)?.policy.statements.some(({ effect }) => effect === 'Deny') ?? false;
    const ofGroup = (group: string): string[] => [
      ...(this.attached.get(`g:${group}`) ?? []),
      ...(this.granted.get(group) ?? []).map(({ roleId }) => roleId),
    ];
    return {
      policies: (this.attached.get(`u:${userId}`) ?? []).filter(denies),
      groups: groups.filter((group) => ofGroup(group).some(denies)),
    };
  }

  compiled(holder: Holder, scope: GrantScope): CompiledSet {
    const ids = this.policiesOf(holder, scope);
    const key = ids.join('\n');
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    const set = this.compileWith(ids, []);
    this.sets.set(key, set);
    const [oldest] = this.sets.keys();
    if (this.sets.size > MOST_SETS && oldest !== undefined) this.sets.delete(oldest);
    return set;
  }

  /** With drafts beside what the holder has; `holder` null: the drafts alone. Not remembered. */
  compiledWith(holder: Holder | null, scope: GrantScope, drafts: readonly NamedPolicy[]): CompiledSet {
    return this.compileWith(holder === null ? [] : this.policiesOf(holder, scope), drafts);
  }

  /** Every policy that the holder has in some scope, by id. */
  policies(holder: Holder): readonly NamedPolicy[] {
    const ids = new Set(this.attached.get(`u:${holder.userId}`));
    for (const group of holder.groups) {
      for (const id of this.attached.get(`g:${group}`) ?? []) ids.add(id);
      for (const { roleId } of this.granted.get(group) ?? []) ids.add(roleId);
    }
    return [...ids].sort().flatMap((id) => this.policy(id) ?? []);
  }

  /** What the user was granted on an organization, and on a repository of it (`null`: none is named). */
  grantsOn(userId: string, projectId: string, namespace: string, repository: string | null): SwrGrants {
    const level = (name: string): GrantLevel =>
      this.registry.get(registryKey({ projectId, namespace, repository: name, userId })) ?? 0;
    return { organization: level(''), ...(repository !== null && { repository: level(repository) }) };
  }

  private compileWith(ids: readonly string[], drafts: readonly NamedPolicy[]): CompiledSet {
    const grantedRoles = ids.flatMap((id) => systemPolicy(id)?.name ?? []);
    return compile([...ids.flatMap((id) => this.policy(id) ?? []), ...drafts], { grantedRoles });
  }

  /** Null for a system policy that this release does not know: those only allow, so nobody gains by its absence. */
  private policy(id: string): NamedPolicy | null {
    const record = this.records.get(id);
    if (record === undefined) return systemPolicy(id);
    const known = this.parsed.get(id);
    if (known !== undefined) return known;
    const policy = { id, name: record.name, version: record.version, policy: read(record.document) };
    this.parsed.set(id, policy);
    return policy;
  }
}

function applies({ scopeKind, scopeId }: RoleGrantRecord, { projectId, regionProjectId }: GrantScope): boolean {
  switch (scopeKind) {
    case 'inherited':
      return true;
    case 'project':
      return scopeId === (projectId ?? regionProjectId);
    case 'domain':
      return projectId === null;
    default:
      return false;
  }
}

/** A stored document that this release cannot read may have denied something, so it denies everything to whoever has it. */
function read(document: string): Policy {
  const parsed = parsePolicy(document, { keepsUnknownOperators: true });
  return parsed.ok ? parsed.policy : UNREADABLE;
}

const UNREADABLE: Policy = {
  version: '5.0',
  statements: [
    {
      sid: 'Unreadable',
      effect: 'Deny',
      actions: { negated: false, patterns: ['*:*:*'] },
      resources: null,
      conditions: [],
    },
  ],
  depends: [],
};

function isSame(left: PolicyRecord, right: PolicyRecord): boolean {
  return left.document === right.document && left.name === right.name && left.version === right.version;
}

function registryKey(grant: Omit<RegistryGrantRecord, 'auth'>): string {
  return [grant.projectId, grant.namespace, grant.repository, grant.userId].join('\n');
}

function levelOf(auth: number): GrantLevel {
  return LEVELS.find((level) => level === auth) ?? 0;
}

function grouped<V>(pairs: readonly (readonly [string, V])[]): ReadonlyMap<string, readonly V[]> {
  const groups = new Map<string, V[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
