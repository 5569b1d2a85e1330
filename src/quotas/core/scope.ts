/** Whose quota it is, and the counters above it that count the same unit (contracts.md, SCOPE). */

export const SCOPE_KINDS = ['domain', 'project', 'user', 'instance'] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** `id`: the domain, project, user or instance. `projectId`: of a user or an instance; '' for the other kinds. */
export interface Scope {
  readonly kind: ScopeKind;
  readonly projectId: string;
  readonly id: string;
}

/** The scope of a whole domain as counters name it. In byte order it stands before all others. */
export const DOMAIN_SCOPE = 'domain';

/** The scope within its domain as text; no two scopes share one. */
export function scopeKey({ kind, projectId, id }: Scope): string {
  if (kind === 'domain') return DOMAIN_SCOPE;
  return kind === 'project' ? `project/${escape(id)}` : `${kind}/${escape(projectId)}/${escape(id)}`;
}

/** The reverse of {@link scopeKey}. Throws an `Error` for text that is no scope, which only a defect can make. */
export function parseScopeKey(key: string, domainId: string): Scope {
  if (key === DOMAIN_SCOPE) return { kind: 'domain', projectId: '', id: domainId };
  const [kind, first, second, ...rest] = key.split('/');
  if (kind === 'project' && first !== undefined && second === undefined)
    return { kind, projectId: '', id: unescape(first) };
  if ((kind === 'user' || kind === 'instance') && first !== undefined && second !== undefined && rest.length === 0)
    return { kind, projectId: unescape(first), id: unescape(second) };
  throw new Error(`not a scope: ${key}`);
}

/** The scope itself first, then its project, then its domain: every counter that a unit of it counts on. */
export function levelsOf(scope: Scope): string[] {
  const own = scopeKey(scope);
  switch (scope.kind) {
    case 'domain':
      return [own];
    case 'project':
      return [own, DOMAIN_SCOPE];
    case 'user':
    case 'instance':
      return [own, scopeKey({ kind: 'project', projectId: '', id: scope.projectId }), DOMAIN_SCOPE];
  }
}

/** The project a scope lies in; null for a domain. */
export function projectOf(scope: Scope): string | null {
  if (scope.kind === 'domain') return null;
  return scope.kind === 'project' ? scope.id : scope.projectId;
}

/** Where names are unique: in an instance, in a project, or for what belongs to no project in the domain. */
export function spaceOf(scope: Scope): string {
  if (scope.kind === 'instance') return scopeKey(scope);
  const projectId = projectOf(scope);
  return projectId === null ? DOMAIN_SCOPE : scopeKey({ kind: 'project', projectId: '', id: projectId });
}

function escape(id: string): string {
  return id.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function unescape(text: string): string {
  return text.replaceAll('%2F', '/').replaceAll('%25', '%');
}
