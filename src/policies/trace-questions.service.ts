/** Turns traces into the questions that policies answer: which user did which action on what. In few look-ups for many traces. */
import { Injectable } from '@nestjs/common';
import { ProjectDirectory, SubjectDirectory } from '../identity/index.js';
import type { Trace } from '../traces/index.js';
import type { RequestContext } from './core/policy.js';
import { traceActor } from './core/trace-actor.js';
import { isMappedService, mappedOperation, traceAction } from './core/trace-action.js';
import type { Question, Subject } from './decisions.service.js';

export type AskedTrace = Pick<
  Trace,
  | 'domainId'
  | 'projectId'
  | 'serviceType'
  | 'resourceType'
  | 'traceName'
  | 'resourceName'
  | 'user'
  | 'sourceIp'
  | 'request'
  | 'time'
>;

/**
 * Why nothing can be said: `foreign` a service that is not mapped, `unmapped` an operation of a mapped service, `actor` no
 * known user of the domain, `project` one that the domain has not, `resource` the trace does not name it.
 */
export type Unasked = 'foreign' | 'unmapped' | 'actor' | 'project' | 'resource';

export interface TraceQuestion {
  readonly subject: Subject;
  readonly question: Question;
  /** Everybody may for what is its own: only an explicit Deny forbids it. */
  readonly self: boolean;
}

@Injectable()
export class TraceQuestions {
  constructor(
    private readonly subjects: SubjectDirectory,
    private readonly projects: ProjectDirectory,
  ) {}

  /** One answer per trace, in their order. Users and projects may be up to a second old. */
  async of(traces: readonly AskedTrace[]): Promise<readonly (TraceQuestion | Unasked)[]> {
    const users = new Map<string, Promise<Subject | null>>();
    const actor = (trace: AskedTrace): Promise<Subject | null> => {
      const key = `${trace.domainId}\n${trace.user ?? ''}`;
      const known = users.get(key);
      if (known !== undefined) return known;
      const userId = traceActor(trace.user, trace.domainId);
      const found = userId === null ? Promise.resolve(null) : this.subject(trace.domainId, userId);
      users.set(key, found);
      return found;
    };
    const outcomes = await Promise.allSettled(traces.map((trace) => this.ask(trace, actor)));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  private async ask(
    trace: AskedTrace,
    actor: (trace: AskedTrace) => Promise<Subject | null>,
  ): Promise<TraceQuestion | Unasked> {
    const mapped = mappedOperation(trace);
    if (mapped === null) return isMappedService(trace.serviceType) ? 'unmapped' : 'foreign';
    const user = await actor(trace);
    if (user === null) return 'actor';
    const projectId = mapped.scope === 'domain' || trace.projectId === '' ? null : trace.projectId;
    const project = projectId === null ? null : await this.projects.find(trace.domainId, projectId);
    if (projectId !== null && project === null) return 'project';
    const done = traceAction(mapped, trace, project?.region ?? null);
    if (done === null) return 'resource';
    const { action, resource, self } = done;
    const context = contextOf(trace, project?.name ?? null);
    return { subject: user, question: { action, resource, context, projectId }, self };
  }

  private async subject(domainId: string, userId: string): Promise<Subject | null> {
    const user = await this.subjects.recent(domainId, userId);
    return user === null ? null : { ...user, isFederated: false };
  }
}

/** As of the operation; what a trace does not tell (the second factor) is absent. */
function contextOf({ time, sourceIp }: AskedTrace, projectName: string | null): RequestContext {
  return {
    'g:CurrentTime': new Date(time).toISOString(),
    ...(sourceIp && { 'g:SourceIp': sourceIp }),
    ...(projectName !== null && { 'g:ProjectName': projectName }),
  };
}
