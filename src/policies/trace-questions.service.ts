/** Turns traces into the questions that policies answer: which user did which action on what. In few look-ups for many traces. */
import { Injectable } from '@nestjs/common';
import { ProjectDirectory, SubjectDirectory } from '../identity/index.js';
import type { Trace } from '../traces/index.js';
import type { RequestContext } from './core/policy.js';
import { traceActor } from './core/trace-actor.js';
import type { MappedOperation } from './core/wire-trace-actions.js';
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

type Project = NonNullable<Awaited<ReturnType<ProjectDirectory['find']>>>;

@Injectable()
export class TraceQuestions {
  constructor(
    private readonly subjects: SubjectDirectory,
    private readonly projects: ProjectDirectory,
  ) {}

  /** One answer per trace, in their order. Users may be up to ten seconds old. */
  async of(traces: readonly AskedTrace[]): Promise<readonly (TraceQuestion | Unasked)[]> {
    const mapped = traces.map(mappedOperation);
    const users = new Map<string, Promise<Subject | null>>();
    const projects = new Map<string, Promise<Project | null>>();
    traces.forEach((trace, index) => {
      const operation = mapped[index] ?? null;
      if (operation === null) return;
      const { domainId, projectId } = trace;
      const who = actorKey(trace);
      if (!users.has(who)) users.set(who, this.subject(domainId, traceActor(trace.user, domainId)));
      const where = `${domainId}\n${projectId}`;
      if (operation.scope === 'project' && projectId !== '' && !projects.has(where))
        projects.set(where, this.projects.find(domainId, projectId));
    });
    const [knownUsers, knownProjects] = await Promise.all([settled(users), settled(projects)]);
    return traces.map((trace, index) => {
      const operation = mapped[index] ?? null;
      if (operation === null) return isMappedService(trace.serviceType) ? 'unmapped' : 'foreign';
      const isOfProject = operation.scope === 'project' && trace.projectId !== '';
      const project = isOfProject ? knownProjects.get(`${trace.domainId}\n${trace.projectId}`) : undefined;
      if (isOfProject && !project) return 'project';
      return questionOf(trace, operation, knownUsers.get(actorKey(trace)) ?? null, project ?? null);
    });
  }

  private async subject(domainId: string, userId: string | null): Promise<Subject | null> {
    const user = userId === null ? null : await this.subjects.recent(domainId, userId);
    return user === null ? null : { ...user, isFederated: false };
  }
}

function actorKey({ domainId, user }: AskedTrace): string {
  return `${domainId}\n${user ?? ''}`;
}

async function settled<V>(pending: ReadonlyMap<string, Promise<V>>): Promise<ReadonlyMap<string, V>> {
  return new Map(await Promise.all([...pending].map(async ([key, value]) => [key, await value] as const)));
}

function questionOf(
  trace: AskedTrace,
  mapped: MappedOperation,
  subject: Subject | null,
  project: Project | null,
): TraceQuestion | Unasked {
  if (subject === null) return 'actor';
  const done = traceAction(mapped, trace, project?.region ?? null);
  if (done === null) return 'resource';
  const { action, resource, self } = done;
  const context = contextOf(trace, project?.name ?? null);
  return { subject, question: { action, resource, context, projectId: project?.id ?? null }, self };
}

/** As of the operation; what a trace does not tell (the second factor) is absent. */
function contextOf({ time, sourceIp }: AskedTrace, projectName: string | null): RequestContext {
  return {
    'g:CurrentTime': new Date(time).toISOString(),
    ...(sourceIp && { 'g:SourceIp': sourceIp }),
    ...(projectName !== null && { 'g:ProjectName': projectName }),
  };
}
