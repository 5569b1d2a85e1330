/** Tells whom draft limits would have refused, change by change in their order (contracts.md, Quotas). */
import { UNLIMITED } from './definition.js';
import { DOMAIN_SCOPE, type Scope, type ScopeKind, scopeKey } from './scope.js';
import type { InstanceClosure, UsageChange } from './trace-effects.js';

/** A limit as it might be: of one scope, or of each of a kind. */
export interface DraftLimit {
  readonly quotaKey: string;
  readonly for: { readonly scope: string } | { readonly kind: ScopeKind };
  /** -1 unlimited. */
  readonly limit: number;
}

/** What a resource counts, and on which counters. */
export interface CountedResource {
  readonly levels: readonly string[];
  readonly amount: number;
}

/** A creation that would not have been. */
export interface RefusedCreation {
  readonly quotaKey: string;
  /** The counter that was full; the lowest, where several were. */
  readonly scope: string;
  readonly limit: number;
  readonly used: number;
  readonly needed: number;
}

export interface ResourceName {
  readonly quotaKey: string;
  readonly space: string;
  readonly resourceName: string;
}

type Known = CountedResource | 'refused' | 'absent';

/**
 * Usage as it would have been: what was refused was never there, so it neither counts nor is given back. Counters may begin above
 * their draft; then nothing is created there until enough is deleted.
 */
export class LimitReplay {
  private readonly exact = new Map<string, number>();
  private readonly general = new Map<string, number>();
  private readonly resources = new Map<string, Known>();
  private readonly closed = new Set<string>();
  private readonly used: Map<string, number>;

  /** @param start what was used by key and scope when it begins, as {@link counterOf} names them */
  constructor(drafts: readonly DraftLimit[], start: ReadonlyMap<string, number>) {
    for (const { quotaKey, for: whose, limit } of drafts)
      if ('scope' in whose) this.exact.set(counterOf(quotaKey, whose.scope), limit);
      else this.general.set(`${quotaKey}\0${whose.kind}`, limit);
    this.used = new Map(start);
  }

  /** How many counters hold more than their draft allows. */
  over(): number {
    let over = 0;
    for (const [counter, used] of this.used) {
      const [quotaKey = '', scope = ''] = counter.split('\0');
      const limit = this.limitOf(quotaKey, scope);
      if (limit !== UNLIMITED && used > limit) over += 1;
    }
    return over;
  }

  knows(name: ResourceName): boolean {
    return this.resources.has(nameOf(name));
  }

  /** Says of a resource whether it was there when it began; null: it was not. Its units are in the start already. */
  begin(name: ResourceName, resource: CountedResource | null): void {
    this.resources.set(nameOf(name), this.closed.has(name.space) ? 'absent' : (resource ?? 'absent'));
  }

  /** What is refused: null where it goes through, or is not judged but taken as it was. */
  apply(change: UsageChange, isJudged = true): RefusedCreation | null {
    const name = nameOf(change);
    const known = this.resources.get(name) ?? 'absent';
    if (typeof known === 'object') {
      // The same creation told twice changes nothing; one by another is preceded by a deletion that nobody told.
      if (change.kind === 'add' && known.levels[0] === change.levels[0]) return null;
      this.count(change.quotaKey, known, -1);
    }
    this.resources.set(name, 'absent');
    if (change.kind === 'subtract') return null;
    const refused = isJudged ? this.refusal(change) : null;
    if (refused === null) this.count(change.quotaKey, change, 1);
    this.resources.set(name, refused === null ? { levels: change.levels, amount: change.amount } : 'refused');
    return refused;
  }

  /** All that is counted in the instance is gone. */
  close({ instance }: InstanceClosure): void {
    const scope = scopeKey(instance);
    this.closed.add(scope);
    const above = [scopeKey(projectOfInstance(instance)), DOMAIN_SCOPE];
    for (const [counter, used] of [...this.used]) {
      const [quotaKey = '', level = ''] = counter.split('\0');
      if (level === scope) this.count(quotaKey, { levels: [scope, ...above], amount: used }, -1);
    }
    for (const name of this.resources.keys()) if (name.split('\0')[1] === scope) this.resources.set(name, 'absent');
  }

  private refusal({ quotaKey, levels, amount }: UsageChange): RefusedCreation | null {
    for (const scope of levels) {
      const limit = this.limitOf(quotaKey, scope);
      const used = this.used.get(counterOf(quotaKey, scope)) ?? 0;
      if (limit !== UNLIMITED && used + amount > limit) return { quotaKey, scope, limit, used, needed: amount };
    }
    return null;
  }

  private limitOf(quotaKey: string, scope: string): number {
    const kind = scope.slice(0, scope.includes('/') ? scope.indexOf('/') : undefined);
    return this.exact.get(counterOf(quotaKey, scope)) ?? this.general.get(`${quotaKey}\0${kind}`) ?? UNLIMITED;
  }

  private count(quotaKey: string, { levels, amount }: CountedResource, sign: 1 | -1): void {
    for (const level of levels) {
      const counter = counterOf(quotaKey, level);
      this.used.set(counter, Math.max(0, (this.used.get(counter) ?? 0) + sign * amount));
    }
  }
}

export function counterOf(quotaKey: string, scope: string): string {
  return `${quotaKey}\0${scope}`;
}

function nameOf({ quotaKey, space, resourceName }: ResourceName): string {
  return `${quotaKey}\0${space}\0${resourceName}`;
}

function projectOfInstance({ projectId }: Scope): Scope {
  return { kind: 'project', projectId: '', id: projectId };
}
