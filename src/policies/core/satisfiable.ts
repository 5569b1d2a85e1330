/** Finds conditions on one key that no single value, and no absent one, can satisfy together. */
import { type CompiledCondition, compileCondition, evaluateCondition, YES } from './condition.js';
import { keyFact } from './condition-keys.js';
import { foldCase } from './letter-case.js';
import { instantOf, numberOf } from './operand.js';
import type { Condition, ContextValue, PolicyVersion } from './policy.js';

/** The conditions that exclude each other, by key; keys that hold sets are left out, since a set may satisfy more. */
export function contradictions(conditions: readonly Condition[], version: PolicyVersion): Condition[][] {
  const byKey = new Map<string, Condition[]>();
  for (const condition of conditions) {
    const key = foldCase(condition.key);
    byKey.set(key, [...(byKey.get(key) ?? []), condition]);
  }
  return [...byKey.values()].filter(
    (group) => keyFact(group[0]?.key ?? '')?.multiValued !== true && isEmpty(group, version),
  );
}

function isEmpty(group: readonly Condition[], version: PolicyVersion): boolean {
  if (group.some(({ values }) => values.some((value) => value.includes('${')))) return false;
  const compiled = group.map((condition) => compileCondition(condition, version));
  const candidates = candidateValues(compiled);
  if (candidates === null) return false;
  return !candidates.some((value) =>
    compiled.every((condition) => evaluateCondition(condition, { [condition.source.key]: value }) === YES),
  );
}

/** Values of which at least one satisfies the conditions if any value does; null where no finite list has that property. */
function candidateValues(conditions: readonly CompiledCondition[]): ContextValue[] | null {
  const absent: ContextValue[] = [null];
  if (conditions.some(({ operator }) => operator?.quantifier !== null)) return null;
  for (const { operator, source, expected } of conditions) {
    if (operator === null) return null;
    if (operator.comparison === 'isNull' && !expected.includes(false)) return absent;
    const isExact = operator.comparison === 'equals' && !operator.negative && !operator.ignoresCase;
    if (isExact && operator.type === 'string') return [null, '', ...source.values];
  }
  if (conditions.every(({ operator }) => operator?.type === 'bool' || operator?.type === 'presence'))
    return [null, '', true, false];
  if (conditions.every(({ operator }) => operator?.type === 'number')) return around(conditions, numberOf);
  if (conditions.every(({ operator }) => operator?.type === 'date')) return around(conditions, instantOf);
  return null;
}

/** Every bound, a point between each two, and one beyond either end. */
function around(conditions: readonly CompiledCondition[], read: (text: string) => number | null): ContextValue[] {
  const bounds = conditions.flatMap(({ source }) => source.values.map(read)).filter((value) => value !== null);
  const sorted = [...new Set(bounds)].sort((left, right) => left - right);
  const between = sorted.slice(1).map((bound, index) => ((sorted[index] ?? bound) + bound) / 2);
  const [least = 0, greatest = 0] = [sorted[0], sorted.at(-1)];
  return [null, '', least - 1, ...sorted, ...between, greatest + 1];
}
