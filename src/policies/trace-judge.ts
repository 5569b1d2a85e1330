/**
 * What the policies of one version say of what one user did, by what traces tell of it. Made for thousands of traces: of the
 * context only what the user's policies ask for is read.
 */
import { parseUrn } from '../kernel/urn.js';
import { registryGrants, type Subject } from './bounds.js';
import type { CompiledSet } from './core/compiled-set.js';
import { decideLayers } from './core/layers.js';
import { foldCase } from './core/letter-case.js';
import type { ContextValue, Decision, NamedPolicy } from './core/policy.js';
import { possibleDecisions } from './core/possible-decisions.js';
import { principalContext } from './core/principal-context.js';
import { grantAllows, type SwrGrants } from './core/swr-grants.js';
import type { DomainSnapshot } from './policy-snapshot.js';
import type { TraceQuestion } from './trace-questions.service.js';

const SURELY: Readonly<Record<Decision, readonly Decision[]>> = {
  Allow: ['Allow'],
  ExplicitDeny: ['ExplicitDeny'],
  ImplicitDeny: ['ImplicitDeny'],
};

export class TraceJudge {
  /** By project; empty for none. A user does something in few. */
  private readonly sets = new Map<string, CompiledSet>();
  private facts: ReadonlyMap<string, ContextValue | undefined> | null = null;

  constructor(
    readonly subject: Subject,
    readonly snapshot: DomainSnapshot,
    private readonly drafts: readonly NamedPolicy[] = [],
  ) {}

  /** Every decision that is possible: several only where a policy asks for what the trace does not tell. */
  decisions(question: TraceQuestion): readonly Decision[] {
    const { operation, resource, project } = question;
    const { action, plane } = operation;
    const { enabled = true, isOperator } = this.subject;
    if (!enabled || (plane === 'operator' && !isOperator)) return SURELY.ImplicitDeny;
    const set = this.policiesIn(project?.id ?? null);
    const context: Record<string, ContextValue> = {};
    let untold: Set<string> | null = null;
    for (const { key, folded } of set.asked) {
      const value = this.told(folded, question);
      if (value === undefined) untold = (untold ?? new Set()).add(folded);
      else context[key] = value;
    }
    const request = { action, resource, context };
    const grants = this.grantsOn(resource, project?.id ?? null);
    if (untold === null) return SURELY[decideLayers({ identity: set, grants }, request)];
    return possibleDecisions(set, request, untold, grants !== null && grantAllows(action, grants));
  }

  /** As of the operation. The second factor, tags and what else a policy may ask for no trace tells. */
  private told(folded: string, { operation, project, trace }: TraceQuestion): ContextValue | undefined {
    switch (folded) {
      case 'g:currenttime':
        return new Date(trace.time).toISOString();
      case 'g:sourceip':
        return trace.sourceIp === '' ? undefined : (trace.sourceIp ?? undefined);
      case 'g:projectname':
        return project?.name;
      case 'g:servicename':
        return operation.actionService;
      default:
        return this.ofSubject(folded);
    }
  }

  private ofSubject(folded: string): ContextValue | undefined {
    this.facts ??= new Map(
      Object.entries(principalContext(this.subject)).map(([key, value]) => [foldCase(key), value]),
    );
    return this.facts.get(folded);
  }

  private policiesIn(projectId: string | null): CompiledSet {
    const known = this.sets.get(projectId ?? '');
    if (known !== undefined) return known;
    const { snapshot, subject, drafts } = this;
    const scope = { projectId, regionProjectId: null };
    const set = drafts.length === 0 ? snapshot.compiled(subject, scope) : snapshot.compiledWith(subject, scope, drafts);
    this.sets.set(projectId ?? '', set);
    return set;
  }

  private grantsOn(resource: string | null, projectId: string | null): SwrGrants | null {
    const { snapshot, subject } = this;
    // Most domains have none.
    if (snapshot.registryGrants.length === 0 || resource === null) return null;
    return registryGrants(snapshot, subject, parseUrn(resource), projectId);
  }
}
