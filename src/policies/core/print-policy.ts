/** Writes the model as a document; what is read from it again is the same model. */
import type { Condition, Policy, ResourceClause, Statement } from './policy.js';

/** A JSON value with the elements in their usual order. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

export function printPolicy({ version, statements, depends }: Policy): PolicyDocument {
  return {
    Version: version,
    ...(depends.length > 0
      ? { Depends: depends.map(({ catalog, displayName }) => ({ catalog, ['display_name']: displayName })) }
      : {}),
    Statement: statements.map(printStatement),
  };
}

function printStatement({ sid, effect, actions, resources, conditions }: Statement): PolicyDocument {
  return {
    ...(sid === null ? {} : { Sid: sid }),
    Effect: effect,
    [actions.negated ? 'NotAction' : 'Action']: actions.patterns,
    ...(resources === null ? {} : { [resources.negated ? 'NotResource' : 'Resource']: printResources(resources) }),
    ...(conditions.length > 0 ? { Condition: printConditions(conditions) } : {}),
  };
}

function printResources({ form, patterns }: ResourceClause): unknown {
  return form === 'uri' ? { uri: patterns } : patterns;
}

function printConditions(conditions: readonly Condition[]): PolicyDocument {
  const operators = new Map<string, [string, readonly string[]][]>();
  for (const { operator, key, values } of conditions) {
    const keys = operators.get(operator) ?? [];
    operators.set(operator, [...keys, [key, values]]);
  }
  return Object.fromEntries([...operators].map(([operator, keys]) => [operator, Object.fromEntries(keys)]));
}
