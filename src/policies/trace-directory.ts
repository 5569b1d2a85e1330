/** Users and projects that traces name, as they were last read. Asked for each trace, so what is there is found without waiting. */
import type { DirectoryUser, ProjectDirectory } from '../identity/index.js';
import { actorIdIn, type Trace } from '../traces/index.js';

export type Project = NonNullable<Awaited<ReturnType<ProjectDirectory['find']>>>;

/** What was read is believed for so long. A verdict is a remark, not a guard: those read the caller with every request. */
const FRESH_MS = 30_000;
/** Longer text of a user is taken apart each time: senders write it, and what is kept of it is bounded. */
const MOST_ACTOR_TEXT = 512;

interface Read<V> {
  readonly value: V | null;
  /** Epoch ms. */
  readonly readAt: number;
}

export class TraceDirectory {
  private readonly domains = new Map<string, DomainDirectory>();

  /** How much is kept, of all kinds. */
  get size(): number {
    let size = 0;
    for (const domain of this.domains.values()) size += domain.size;
    return size;
  }

  domain(domainId: string): DomainDirectory {
    const known = this.domains.get(domainId);
    if (known !== undefined) return known;
    const domain = new DomainDirectory(domainId);
    this.domains.set(domainId, domain);
    return domain;
  }
}

/** Null: the domain has none of that id. Undefined: it must be looked up. */
export class DomainDirectory {
  /** Ids by the text that traces name users with; null where it names none of the domain. */
  private readonly actors = new Map<string, string | null>();
  private readonly users = new Map<string, Read<DirectoryUser>>();
  private readonly projects = new Map<string, Read<Project>>();

  constructor(private readonly domainId: string) {}

  get size(): number {
    return 1 + this.actors.size + this.users.size + this.projects.size;
  }

  actorOf({ user, actorId }: Pick<Trace, 'user' | 'actorId'>): string | null {
    if (actorId !== undefined) return actorId;
    if (user === null) return null;
    const known = this.actors.get(user);
    if (known !== undefined) return known;
    const named = actorIdIn(user, this.domainId);
    // Postgres refuses a NUL in any text, and no id holds one.
    const actor = named?.includes('\0') ? null : named;
    if (user.length <= MOST_ACTOR_TEXT) this.actors.set(user, actor);
    return actor;
  }

  user(userId: string, nowMs: number): DirectoryUser | null | undefined {
    return fresh(this.users.get(userId), nowMs);
  }

  project(projectId: string, nowMs: number): Project | null | undefined {
    return fresh(this.projects.get(projectId), nowMs);
  }

  /** One who is still the same stays the same object: what was found out about it hangs on that. */
  learnUser(userId: string, value: DirectoryUser | null, readAt: number): void {
    const former = this.users.get(userId)?.value ?? null;
    this.users.set(userId, { value: isSameUser(former, value) ? former : value, readAt });
  }

  learnProject(projectId: string, value: Project | null, readAt: number): void {
    this.projects.set(projectId, { value, readAt });
  }
}

function isSameUser(former: DirectoryUser | null, read: DirectoryUser | null): boolean {
  return (
    former !== null &&
    read !== null &&
    former.userName === read.userName &&
    former.domainName === read.domainName &&
    former.enabled === read.enabled &&
    former.isOperator === read.isOperator &&
    former.groups.length === read.groups.length &&
    former.groups.every((group, index) => group === read.groups[index])
  );
}

function fresh<V>(read: Read<V> | undefined, nowMs: number): V | null | undefined {
  return read !== undefined && nowMs - read.readAt < FRESH_MS && nowMs >= read.readAt ? read.value : undefined;
}
