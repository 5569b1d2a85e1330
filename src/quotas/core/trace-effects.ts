/** Reads out of a trace what it means for usage, by the definitions. */
import { isJsonObject, isMissing, parseJson } from '../../traces/core/json-value.js';
import type { Trace } from '../../traces/core/trace.js';
import { decodeRepositoryName } from '../../kernel/repository-name.js';
import { type Definition, effectKey, type TraceEffect, type TracePath } from './definition.js';
import { levelsOf, type Scope, spaceOf } from './scope.js';

/** What of a trace tells what it counts. Without `userName` the name is read out of `user`. */
export type CountedTrace = Pick<
  Trace,
  | 'serviceType'
  | 'resourceType'
  | 'traceName'
  | 'traceRating'
  | 'code'
  | 'domainId'
  | 'projectId'
  | 'resourceName'
  | 'resourceId'
  | 'user'
  | 'request'
> & { readonly userName?: string | null };

/** One change of one resource that a trace tells of. */
export interface UsageChange {
  readonly quotaKey: string;
  readonly kind: 'add' | 'subtract';
  /** Where the resource's name is unique. */
  readonly space: string;
  readonly resourceName: string;
  readonly scope: Scope;
  readonly levels: readonly string[];
  readonly amount: number;
}

/** An instance that is gone. */
export interface InstanceClosure {
  readonly kind: 'close';
  readonly quotaKey: string;
  readonly instance: Scope;
}

type Rule = readonly [Definition, TraceEffect];

/** The effects of all definitions, found by service, resource type and trace name. */
export class TraceEffects {
  private readonly rules = new Map<string, Rule[]>();
  /** Nearly all traces are told by their name to have none. */
  private readonly traceNames = new Set<string>();

  constructor(definitions: Iterable<Definition>) {
    for (const definition of definitions)
      for (const effect of definition.traces)
        for (const traceName of effect.traceNames) {
          this.traceNames.add(traceName);
          const key = effectKey(effect, traceName);
          this.rules.set(key, [...(this.rules.get(key) ?? []), [definition, effect]]);
        }
  }

  /** Nothing for nearly all traces, and for every operation that failed. */
  of(trace: CountedTrace): (UsageChange | InstanceClosure)[] {
    if (!this.traceNames.has(trace.traceName)) return [];
    const rules = this.rules.get(effectKey(trace, trace.traceName));
    if (rules === undefined) return [];
    const read = reader(trace);
    return rules.flatMap(([definition, effect]) => {
      if (!effect.ratings.includes(trace.traceRating) || hasFailed(trace.code)) return [];
      const change = changeOf(definition, effect, trace, read);
      return change === null ? [] : [change];
    });
  }
}

/** Status codes tell as much as ratings: an operation may be rated normal and yet have been refused. */
function hasFailed(code: string | null): boolean {
  const status = Number(code ?? '');
  return Number.isInteger(status) && status >= 400 && status <= 599;
}

function changeOf(
  definition: Definition,
  effect: TraceEffect,
  trace: CountedTrace,
  read: (paths: readonly TracePath[]) => string | null,
): UsageChange | InstanceClosure | null {
  const instanceId = read(effect.instance);
  if (effect.effect === 'close')
    return instanceId === null
      ? null
      : {
          kind: 'close',
          quotaKey: definition.key,
          instance: { kind: 'instance', projectId: trace.projectId, id: instanceId },
        };
  const name = read(effect.name);
  const scope = scopeOf(definition, trace, instanceId, read(effect.owner));
  if (name === null || scope === null) return null;
  return {
    kind: effect.effect,
    quotaKey: definition.key,
    space: spaceOf(scope),
    resourceName: decodeRepositoryName(name),
    scope,
    levels: levelsOf(scope),
    amount: effect.amount,
  };
}

/** Whose owner a trace does not name counts on nobody in particular, yet on the project and the domain. */
function scopeOf(
  { scopeKind }: Definition,
  trace: CountedTrace,
  instanceId: string | null,
  owner: string | null,
): Scope | null {
  switch (scopeKind) {
    case 'domain':
      return { kind: 'domain', projectId: '', id: trace.domainId };
    case 'project':
      return { kind: 'project', projectId: '', id: trace.projectId };
    case 'user':
      return { kind: 'user', projectId: trace.projectId, id: owner ?? '' };
    case 'instance':
      return instanceId === null ? null : { kind: 'instance', projectId: trace.projectId, id: instanceId };
  }
}

/** Bodies are parsed only when a path asks for them, and once. */
function reader(trace: CountedTrace): (paths: readonly TracePath[]) => string | null {
  const parsed = new Map<string, unknown>();
  const member = (body: 'user' | 'request', name: string): unknown => {
    if (!parsed.has(body)) parsed.set(body, parseJson(trace[body] ?? ''));
    const value = parsed.get(body);
    return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  };
  const at = (path: TracePath): unknown => {
    if (path === 'resource_name') return trace.resourceName;
    if (path === 'resource_id') return trace.resourceId;
    if (path === 'resource_id[0]') return trace.resourceId?.includes('/') ? trace.resourceId.split('/')[0] : null;
    if (path === 'project_id') return trace.projectId;
    if (path === 'user.name') return trace.userName === undefined ? namedUser(member) : trace.userName;
    const dot = path.indexOf('.');
    return member(path.startsWith('user.') ? 'user' : 'request', path.slice(dot + 1));
  };
  return (paths) => {
    for (const path of paths) {
      const value = at(path);
      if (!isMissing(value) && (typeof value === 'string' || typeof value === 'number') && isStorable(String(value)))
        return String(value);
    }
    return null;
  };
}

/** As ingest reads it into `userName`. */
function namedUser(member: (body: 'user', name: string) => unknown): unknown {
  const name = member('user', 'name');
  return isMissing(name) ? member('user', 'user_name') : name;
}

const MAX_LENGTH = 350;

/** Members of bodies were never checked as those of the trace are. */
function isStorable(text: string): boolean {
  return text.length <= MAX_LENGTH && !text.includes('\0');
}
