/** Turns traces into the questions that policies answer: which user did which action on what. In few look-ups for many traces. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { type DirectoryUser, ProjectDirectory, SubjectDirectory } from '../identity/index.js';
import { CLOCK } from '../platform/tokens.js';
import type { Trace } from '../traces/index.js';
import { isMappedService, mappedOperation, traceResource } from './core/trace-action.js';
import type { MappedOperation } from './core/wire-trace-actions.js';
import { type Project, TraceDirectory } from './trace-directory.js';

export type AskedTrace = Pick<
  Trace,
  | 'domainId'
  | 'projectId'
  | 'serviceType'
  | 'resourceType'
  | 'traceName'
  | 'resourceName'
  | 'user'
  | 'actorId'
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
  readonly subject: DirectoryUser;
  readonly operation: MappedOperation;
  /** URN; null where the action has no resource. */
  readonly resource: string | null;
  /** Null where the operation is of no project. */
  readonly project: Project | null;
  readonly trace: AskedTrace;
}

/** Beyond it all is forgotten that was read of users and projects. */
const MOST_KNOWN = 100_000;

@Injectable()
export class TraceQuestions {
  private directory = new TraceDirectory();

  constructor(
    private readonly subjects: SubjectDirectory,
    private readonly projects: ProjectDirectory,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * One answer per trace, in their order. Users and projects may be up to half a minute old.
   *
   * @param own what the caller read itself and keeps, to be no older than that; absent: what all callers share
   */
  async of(traces: readonly AskedTrace[], own?: TraceDirectory): Promise<readonly (TraceQuestion | Unasked)[]> {
    if (this.directory.size > MOST_KNOWN) this.directory = new TraceDirectory();
    // Kept through the batch, whatever others forget meanwhile.
    const directory = own ?? this.directory;
    const nowMs = this.clock.now();
    const open: AskedTrace[] = [];
    const asked = traces.map((trace) => {
      const found = ask(trace, directory, nowMs);
      if (found === null) open.push(trace);
      return found;
    });
    if (open.length > 0) await this.lookUp(open, directory, nowMs);
    return asked.map((found, index) => found ?? again(traces[index], directory, nowMs));
  }

  /** Everything that these traces name, in few statements. What comes when nobody waits any more is kept as well. */
  private async lookUp(traces: readonly AskedTrace[], directory: TraceDirectory, nowMs: number): Promise<void> {
    const users = new Map<string, { domainId: string; userId: string }>();
    const projects = new Map<string, { domainId: string; projectId: string }>();
    for (const trace of traces) {
      const { domainId, projectId } = trace;
      const domain = directory.domain(domainId);
      const userId = domain.actorOf(trace);
      if (userId !== null && domain.user(userId, nowMs) === undefined)
        users.set(`${domainId}\n${userId}`, { domainId, userId });
      if (projectId !== '' && domain.project(projectId, nowMs) === undefined)
        projects.set(`${domainId}\n${projectId}`, { domainId, projectId });
    }
    const [askedUsers, askedProjects] = [[...users.values()], [...projects.values()]];
    const [foundUsers, foundProjects] = await Promise.all([
      this.subjects.findMany(askedUsers),
      this.projects.findMany(askedProjects),
    ]);
    askedUsers.forEach(({ domainId, userId }, index) => {
      directory.domain(domainId).learnUser(userId, foundUsers[index] ?? null, nowMs);
    });
    askedProjects.forEach(({ domainId, projectId }, index) => {
      directory.domain(domainId).learnProject(projectId, foundProjects[index] ?? null, nowMs);
    });
  }
}

/** Null where user or project must be looked up first. */
function ask(trace: AskedTrace, directory: TraceDirectory, nowMs: number): TraceQuestion | Unasked | null {
  const operation = mappedOperation(trace);
  if (operation === null) return isMappedService(trace.serviceType) ? 'unmapped' : 'foreign';
  const domain = directory.domain(trace.domainId);
  const isOfProject = operation.scope === 'project' && trace.projectId !== '';
  const project = isOfProject ? domain.project(trace.projectId, nowMs) : null;
  const userId = domain.actorOf(trace);
  const subject = userId === null ? null : domain.user(userId, nowMs);
  if (project === undefined || subject === undefined) return null;
  if (isOfProject && project === null) return 'project';
  if (subject === null) return 'actor';
  const resource = traceResource(operation, trace, project?.region ?? null);
  return resource === undefined ? 'resource' : { subject, operation, resource, project, trace };
}

function again(trace: AskedTrace | undefined, directory: TraceDirectory, nowMs: number): TraceQuestion | Unasked {
  return (trace && ask(trace, directory, nowMs)) ?? 'actor';
}
