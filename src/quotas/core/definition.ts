/** What a quota counts: data that operators change, validated as a whole (design §8). */
import type { NameRule } from '../../kernel/resource-names.js';
import type { ScopeKind } from './scope.js';

/** What counts is unlimited. */
export const UNLIMITED = -1;
/** Greatest limit and amount: sums of them stay exact in a double. */
export const MAX_LIMIT = 1_000_000_000_000;

export type Mode = 'enforce' | 'warn' | 'observe';
export type Edition = 'shared' | 'enterprise' | 'common';

/**
 * A member of a trace: `resource_name`, `resource_id`, `project_id`, `user.MEMBER`, `request.MEMBER`, or `resource_id[0]`, its first
 * part by `/`.
 */
export type TracePath = string;

/** Which traces change the usage. All members must fit; the first path with a value wins. */
export interface TraceEffect {
  /** `close`: the instance named by `instance` is gone with all it held; no other member of it counts any more. */
  readonly effect: 'add' | 'subtract' | 'close';
  readonly serviceType: string;
  readonly resourceType: string;
  /** The name with its other spellings. */
  readonly traceNames: readonly string[];
  /** Ratings that tell of a success. Besides, a status code given must be below 400. */
  readonly ratings: readonly string[];
  /** Units that one resource counts. */
  readonly amount: number;
  readonly name: readonly TracePath[];
  /** Whose it becomes; for scope kind user. */
  readonly owner: readonly TracePath[];
  /** The instance it is in; for scope kind instance. */
  readonly instance: readonly TracePath[];
  readonly basis: 'documented' | 'inferred';
}

export interface Definition {
  readonly key: string;
  readonly description: string;
  readonly unit: string;
  readonly scopeKind: ScopeKind;
  readonly edition: Edition;
  /** Limit of each scope of the kind unless something says otherwise; -1 unlimited. */
  readonly defaultLimit: number;
  /** Most that a request may ask for; null where only the platform's own bound holds. -1 unlimited. */
  readonly hardLimit: number | null;
  /** Limits by the specification an instance was bought with. */
  readonly specLimits: Readonly<Record<string, number>>;
  readonly mode: Mode;
  /** Percent of the limit at which somebody is told, ascending. */
  readonly thresholds: readonly number[];
  readonly nameRule: NameRule;
  /** Beyond its project or instance a name may have to be unique among all tenants of the region. */
  readonly uniqueIn: 'space' | 'region';
  /** Name is refused for being the platform's own. */
  readonly reservedNames: readonly string[];
  /** Codes other APIs answer where this quota is exhausted. */
  readonly equivalents: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  readonly traces: readonly TraceEffect[];
}

export interface DefinitionProblem {
  readonly path: string;
  readonly message: string;
}

const PATHS = new Set(['resource_name', 'resource_id', 'resource_id[0]', 'project_id']);

/** What the shape alone cannot say. */
export function definitionProblems(definition: Definition): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const { thresholds, scopeKind, specLimits, traces, defaultLimit, hardLimit } = definition;
  if (thresholds.some((value, index) => index > 0 && value <= (thresholds[index - 1] ?? 0)))
    problems.push({ path: 'thresholds', message: 'must ascend' });
  if (hardLimit !== null && hardLimit !== UNLIMITED && (defaultLimit === UNLIMITED || defaultLimit > hardLimit))
    problems.push({ path: 'hard_limit', message: 'must not be below default_limit' });
  if (scopeKind !== 'instance' && Object.keys(specLimits).length > 0)
    problems.push({ path: 'spec_limits', message: 'only instances have a specification' });
  traces.forEach((effect, index) => {
    problems.push(...effectProblems(effect, scopeKind, `traces[${String(index)}]`));
  });
  const counting = traces.filter(({ effect }) => effect !== 'close');
  const spoken = counting.flatMap((effect) => effect.traceNames.map((name) => effectKey(effect, name)));
  if (new Set(spoken).size < spoken.length)
    problems.push({ path: 'traces', message: 'the same trace has two effects' });
  return problems;
}

function effectProblems(effect: TraceEffect, kind: ScopeKind, at: string): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  for (const member of ['name', 'owner', 'instance'] as const)
    effect[member].forEach((path, index) => {
      if (!isTracePath(path))
        problems.push({
          path: `${at}.${member}[${String(index)}]`,
          message: 'is no member of a trace that can be read',
        });
    });
  const needs = (member: 'name' | 'owner' | 'instance', why: string): void => {
    if (effect[member].length === 0) problems.push({ path: `${at}.${member}`, message: why });
  };
  if (effect.effect === 'close') needs('instance', 'says which instance is closed');
  else {
    needs('name', 'says which resource it is');
    if (kind === 'user' && effect.effect === 'add') needs('owner', 'says whose it becomes');
    if (kind === 'instance') needs('instance', 'says where it is');
  }
  return problems;
}

export function isTracePath(path: string): boolean {
  if (PATHS.has(path)) return true;
  const dot = path.indexOf('.');
  const member = path.slice(dot + 1);
  return (path.startsWith('user.') || path.startsWith('request.')) && member !== '' && !member.includes('.');
}

/** By which traces find their effects; NUL cannot occur in any part. */
export function effectKey(
  { serviceType, resourceType }: Pick<TraceEffect, 'serviceType' | 'resourceType'>,
  traceName: string,
): string {
  return `${serviceType}\0${resourceType}\0${traceName}`;
}
