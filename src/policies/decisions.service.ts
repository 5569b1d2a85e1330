/** May this user do this on this resource now, and why: the one way from a question to a decision, for guard and API alike. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { formatUrn, parseUrn } from '../kernel/urn.js';
import { ProjectDirectory } from '../identity/index.js';
import { CLOCK } from '../platform/tokens.js';
import { boundOf, registryGrants, type Subject } from './bounds.js';
import type { CompiledSet } from './core/compiled-set.js';
import { decideLayers, explainLayers, type LayeredExplanation, type Layers } from './core/layers.js';
import type { AccessRequest, Decision, NamedPolicy, RequestContext } from './core/policy.js';
import { mergedContext, principalContext } from './core/principal-context.js';
import { contextValue } from './core/request-context.js';
import type { DomainSnapshot, GrantScope } from './policy-snapshot.js';
import { PolicySnapshots } from './policy-snapshots.service.js';

/** Scopes for which one judge keeps compiled drafts. */
const MOST_SCOPES = 16;
const TIME = 'g:CurrentTime';
const NOTHING_SAID: RequestContext = {};

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

  private prepare({ action, resource: named, context, projectId }: Question, regionProjectId: string | null) {
    const { subject, snapshot, drafts } = this;
    const given = named === null ? null : parseUrn(named);
    // A resource that names no domain is the subject's own.
    const isOwn = given?.domainId === '' && subject !== null;
    const urn = isOwn ? { ...given, domainId: subject.domainId } : given;
    const resource = isOwn && urn !== null ? formatUrn(urn) : named;
    const scope: GrantScope = { projectId, regionProjectId };
    const identity =
      subject !== null && drafts.length === 0 ? snapshot.compiled(subject, scope) : this.compiledWithDrafts(scope);
    const request: AccessRequest = { action, resource, context: this.contextFor(identity, action, context) };
    const project = projectId ?? regionProjectId;
    const layers: Layers = { identity, grants: subject && registryGrants(snapshot, subject, urn, project) };
    return { bound: subject === null ? null : boundOf(subject, action, urn), layers, request };
  }

  /** With what no caller may choose; nothing where no policy asks. */
  private contextFor({ asked, dormant }: CompiledSet, action: string, given: RequestContext): RequestContext {
    if (asked.length === 0 && dormant.length === 0) return NOTHING_SAID;
    const service = action.slice(0, Math.max(0, action.indexOf(':')));
    const facts = { ...(this.subject && principalContext(this.subject)), 'g:ServiceName': service };
    const context = mergedContext(given, facts);
    if (contextValue(context, TIME) !== undefined) return context;
    return { [TIME]: new Date(this.nowMs).toISOString(), ...context };
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
