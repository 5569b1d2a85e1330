/** A definition as it is stored and shown (contracts.md, Quotas), and the ones that come with the product. */
import seeds from '../data/definitions.json' with { type: 'json' };
import type { Definition, Edition, Mode, TraceEffect } from './definition.js';
import type { NameRule } from '../../kernel/resource-names.js';
import type { ScopeKind } from './scope.js';

export interface WireTraceEffect {
  readonly effect: 'add' | 'subtract' | 'close';
  readonly service_type: string;
  readonly resource_type: string;
  readonly trace_names: readonly string[];
  readonly ratings: readonly string[];
  readonly amount: number;
  readonly name: readonly string[];
  readonly owner: readonly string[];
  readonly instance: readonly string[];
  readonly basis: 'documented' | 'inferred';
}

export interface WireDefinition {
  readonly key: string;
  readonly description: string;
  readonly unit: string;
  readonly scope_kind: ScopeKind;
  readonly edition: Edition;
  readonly default_limit: number;
  /** Absent in what was stored before there were any. */
  readonly hard_limit?: number | null;
  readonly spec_limits: Readonly<Record<string, number>>;
  readonly mode: Mode;
  readonly thresholds: readonly number[];
  readonly name_rule: NameRule;
  readonly unique_in: 'space' | 'region';
  readonly reserved_names: readonly string[];
  readonly equivalents: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  readonly traces: readonly WireTraceEffect[];
}

export function definitionFrom(wire: WireDefinition): Definition {
  return {
    key: wire.key,
    description: wire.description,
    unit: wire.unit,
    scopeKind: wire.scope_kind,
    edition: wire.edition,
    defaultLimit: wire.default_limit,
    hardLimit: wire.hard_limit ?? null,
    specLimits: wire.spec_limits,
    mode: wire.mode,
    thresholds: wire.thresholds,
    nameRule: wire.name_rule,
    uniqueIn: wire.unique_in,
    reservedNames: wire.reserved_names,
    equivalents: wire.equivalents,
    traces: wire.traces.map(effectFrom),
  };
}

function effectFrom(wire: WireTraceEffect): TraceEffect {
  return {
    effect: wire.effect,
    serviceType: wire.service_type,
    resourceType: wire.resource_type,
    traceNames: wire.trace_names,
    ratings: wire.ratings,
    amount: wire.amount,
    name: wire.name,
    owner: wire.owner,
    instance: wire.instance,
    basis: wire.basis,
  };
}

/** The definitions that a fresh installation begins with. */
export const SEEDS = seeds as readonly unknown[] as readonly WireDefinition[];

/** Throws an `Error` for a key that is not seeded. */
export function seeded(key: string): Definition {
  const found = SEEDS.find((seed) => seed.key === key);
  if (found === undefined) throw new Error(`no definition is seeded for ${key}`);
  return definitionFrom(found);
}
