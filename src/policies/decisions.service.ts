/** May this user do this on this resource now, and why: the one way from a question to a decision, for guard and API alike. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { formatUrn, parseUrn } from '../kernel/urn.js';
import { ProjectDirectory } from '../identity/index.js';
import { CLOCK } from '../platform/tokens.js';
import type { CompiledSet } from './core/compiled-set.js';
import { findAction } from './core/action-catalogue.js';
import { hasResourceType } from './core/action-pattern.js';
import { decideLayers, explainLayers, type LayeredExplanation, type Layers } from './core/layers.js';
import type { AccessRequest, Decision, NamedPolicy, RequestContext } from './core/policy.js';
import { mergedContext, type PrincipalFacts, principalContext } from './core/principal-context.js';
import type { SwrGrants } from './core/swr-grants.js';
import type { DomainSnapshot, GrantScope, Holder } from './policy-snapshot.js';
import { PolicySnapshots } from './policy-snapshots.service.js';

/** Scopes for which one judge keeps compiled drafts. */
const MOST_SCOPES = 16;

export interface Subject extends PrincipalFacts, Holder {
  readonly isOperator: boolean;
  /** False: may do nothing, whatever its policies say. Absent: it has just proved who it is. */
  readonly enabled?: boolean;
}

export interface Question {
  readonly action: string;
  /** URN; an empty domain in it means the subject's. Null: no particular resource. */
  readonly resource: string | null;
  readonly context: RequestContext;
  /** The project that the request names, if any. */
  readonly projectId: string | null;
}

export interface Explained extends LayeredExplanation {
  /** Why the subject's policies were not even asked. */
  readonly bound: string | null;
  /** Of the policies that decided. */
  readonly version: string;
}

/** A subject with its policies of one version, to be asked any number of times. */
export class Judge {
  private readonly withDrafts = new Map<string, CompiledSet>();

  constructor(
    readonly subject: Subject | null,
    readonly snapshot: DomainSnapshot,
    private readonly drafts: readonly NamedPolicy[],
    private readonly nowMs: number,
  ) {}

  get version(): string {
    return this.snapshot.version;
  }

  /** Whether some condition of the domain's policies asks for more than these keys (folded). */
  asksBeyond(keys: ReadonlySet<string>): boolean {
    return this.snapshot.conditionKeys.some((key) => !keys.has(key));
  }

  decide(question: Question, regionProjectId: string | null): Decision {
    const prepared = this.prepare(question, regionProjectId);
    return prepared.bound === null ? decideLayers(prepared.layers, prepared.request) : 'ImplicitDeny';
  }

  explain(question: Question, regionProjectId: string | null): Explained {
    const { bound, layers, request } = this.prepare(question, regionProjectId);
    if (bound === null) return { ...explainLayers(layers, request), bound, version: this.version };
    return {
      decision: 'ImplicitDeny',
      determining: [],
      nearMisses: [],
      missingContext: [],
      layers: { identity: 'ImplicitDeny', controlPolicies: null, grants: null },
      bound,
      version: this.version,
    };
  }

  private prepare(question: Question, regionProjectId: string | null) {
    const { subject, snapshot, drafts } = this;
    const { action, context, projectId } = question;
    const resource = ownResource(question.resource, subject);
    const scope: GrantScope = { projectId, regionProjectId };
    const service = action.slice(0, Math.max(0, action.indexOf(':')));
    const under = mergedContext({ 'g:CurrentTime': new Date(this.nowMs).toISOString() }, context);
    const facts = { ...(subject && principalContext(subject)), 'g:ServiceName': service };
    const request: AccessRequest = { action, resource, context: mergedContext(under, facts) };
    const identity =
      subject !== null && drafts.length === 0 ? snapshot.compiled(subject, scope) : this.compiledWithDrafts(scope);
    const layers: Layers = { identity, grants: registryGrants(snapshot, subject, resource, scope) };
    return { bound: subject === null ? null : boundOf(subject, action, resource), layers, request };
  }

  private compiledWithDrafts(scope: GrantScope): CompiledSet {
    const key = `${scope.projectId ?? ''}\n${scope.regionProjectId ?? ''}`;
    const known = this.withDrafts.get(key);
    if (known !== undefined) return known;
    const set = this.snapshot.compiledWith(this.subject, scope, this.drafts);
    if (this.withDrafts.size >= MOST_SCOPES) this.withDrafts.clear();
    this.withDrafts.set(key, set);
    return set;
  }
}

@Injectable()
export class Decisions {
  constructor(
    private readonly snapshots: PolicySnapshots,
    private readonly projects: ProjectDirectory,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param domainId whose policies; of a subject its own. Throws `QST.Unavailable` when they cannot be known */
  async judge(domainId: string, subject: Subject | null, drafts: readonly NamedPolicy[] = []): Promise<Judge> {
    return new Judge(subject, await this.snapshots.of(domainId), drafts, this.clock.now());
  }

  async explain(judge: Judge, question: Question): Promise<Explained> {
    return judge.explain(question, await this.regionProject(judge, question));
  }

  async decide(judge: Judge, question: Question): Promise<Decision> {
    return judge.decide(question, await this.regionProject(judge, question));
  }

  /** Registry resources say their region, not their project: it is the project that stands for the region. */
  private async regionProject({ subject }: Judge, { resource, projectId }: Question): Promise<string | null> {
    if (subject === null || projectId !== null || resource === null) return null;
    const region = parseUrn(resource)?.region ?? '';
    if (region === '' || region === '*') return null;
    return (await this.projects.ofRegion(subject.domainId, region))?.id ?? null;
  }
}

/** A resource that names no domain is the subject's own. */
function ownResource(resource: string | null, subject: Subject | null): string | null {
  const urn = resource === null || subject === null ? null : parseUrn(resource);
  return urn?.domainId === '' && subject !== null ? formatUrn({ ...urn, domainId: subject.domainId }) : resource;
}

/**
 * What no policy can allow: operator actions to tenants, and tenants on another domain's resources. Principals of the operator
 * domain act on another domain where a statement of theirs has it in its Resource, by name or by `*`.
 */
function boundOf(
  { isOperator, domainId, enabled = true }: Subject,
  action: string,
  resource: string | null,
): string | null {
  if (!enabled) return 'the user or its domain is disabled';
  if (isOperator) return null;
  if (findAction(action)?.plane === 'operator')
    return `${action} can be allowed to principals of the operator domain only`;
  if (resource === null || !hasResourceType(action)) return null;
  const named = parseUrn(resource)?.domainId;
  return named === undefined || named === domainId ? null : 'the resource is not of the domain of the user';
}

const REGISTRY_TYPES = new Set(['namespace', 'repo']);

/** Null where the resource is no organization or repository of the shared edition, or its project is not known. */
function registryGrants(
  snapshot: DomainSnapshot,
  subject: Subject | null,
  resource: string | null,
  { projectId, regionProjectId }: GrantScope,
): SwrGrants | null {
  const project = projectId ?? regionProjectId;
  const urn = resource === null ? null : parseUrn(resource);
  if (subject === null || project === null || urn?.domainId !== subject.domainId) return null;
  if (urn.service.toLowerCase() !== 'swr' || !REGISTRY_TYPES.has(urn.resourceType.toLowerCase())) return null;
  const slash = urn.path.indexOf('/');
  const [namespace, repository] = slash < 0 ? [urn.path, null] : [urn.path.slice(0, slash), urn.path.slice(slash + 1)];
  return snapshot.grantsOn(subject.userId, project, namespace, repository);
}
