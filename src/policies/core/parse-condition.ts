/** Reads Condition: operators, their keys, and the values of each. */
import { fitsKey } from './condition-keys.js';
import { valueTemplate } from './condition.js';
import type { Path, Problems } from './finding.js';
import { MAX_STARS } from './glob.js';
import { arrayOf, scalarOf } from './json-shape.js';
import type { JsonNode } from './json-text.js';
import { operandProblem } from './operand.js';
import { type OperatorUse, parseOperator } from './operators.js';
import type { Condition, PolicyVersion } from './policy.js';
import { isConditionKey, plainText } from './template.js';

export interface StatementRules {
  readonly version: PolicyVersion;
  readonly controlPolicy?: boolean;
  readonly keepsUnknownOperators?: boolean;
}

const MOST_OPERATORS = 10;
const MOST_KEYS = 10;
const MOST_VALUES = 10;
const MOST_LENGTH = 1_024;

export function parseConditions(
  node: JsonNode | undefined,
  path: Path,
  problems: Problems,
  rules: StatementRules,
): Condition[] {
  if (node === undefined) return [];
  if (rules.version === '1.0') problems.add(1039, path, 'a system role of version 1.0 has no conditions');
  const count = node.kind === 'object' ? node.members.length : 0;
  const most = rules.version === '5.0' ? Infinity : MOST_OPERATORS;
  if (node.kind !== 'object' || count === 0 || count > most) {
    problems.add(1050, path, `Condition must be an object of 1 to ${MOST_OPERATORS} operators`);
    return [];
  }
  reportRepeated(node.members, path, problems);
  return node.members.flatMap(({ key, value }) => parseKeys(key, value, [...path, key], problems, rules));
}

function parseKeys(name: string, node: JsonNode, path: Path, problems: Problems, rules: StatementRules): Condition[] {
  const operator = parseOperator(name);
  if (operator === null && rules.keepsUnknownOperators !== true)
    problems.add(1055, path, `there is no operator ${name}`);
  if (node.kind !== 'object' || node.members.length === 0) {
    problems.add(1051, path, `${name} needs an object of keys and their values`);
    return [];
  }
  if (rules.version !== '5.0' && node.members.length > MOST_KEYS)
    problems.add(1054, path, `${node.members.length} keys, at most ${MOST_KEYS}`);
  reportRepeated(node.members, path, problems);
  return node.members.map(({ key, value }) => {
    const at = [...path, key];
    if (!isConditionKey(key)) problems.add(1052, at, `"${key}" is not of the form prefix:name`);
    else if (operator !== null && !fitsKey(operator, key))
      problems.add(1055, at, `${name} does not compare what ${key} holds`);
    return { operator: name, key, values: parseValues(value, operator, at, problems, rules) };
  });
}

function parseValues(
  node: JsonNode,
  operator: OperatorUse | null,
  path: Path,
  problems: Problems,
  rules: StatementRules,
): string[] {
  const items = arrayOf(node);
  if (items === null && (rules.version !== '5.0' || node.kind === 'object')) {
    problems.add(1053, path, 'values must be an array');
    return [];
  }
  const most = rules.version === '5.0' ? Infinity : MOST_VALUES;
  const given = items ?? [node];
  if (given.length === 0 || given.length > most)
    problems.add(
      1054,
      path,
      `${given.length} values; there must be ${most === Infinity ? 'at least 1' : `1 to ${most}`}`,
    );
  return given.map((item, index) =>
    parseValue(item, operator, items === null ? path : [...path, index], problems, rules),
  );
}

function parseValue(
  item: JsonNode,
  operator: OperatorUse | null,
  path: Path,
  problems: Problems,
  { version }: StatementRules,
): string {
  const text = scalarOf(item);
  if (typeof text !== 'string') {
    problems.add(1060, path, 'a value is text');
    return '';
  }
  if (text.length === 0 || text.length > MOST_LENGTH) {
    problems.add(1056, path, `${text.length} characters; there must be 1 to ${MOST_LENGTH}`);
    return text;
  }
  const fault = valueFault(text, operator, version);
  if (fault !== null) problems.add(1057, path, fault);
  return text;
}

function valueFault(text: string, operator: OperatorUse | null, version: StatementRules['version']): string | null {
  if (version !== '5.0' && text.includes('${')) return 'variables exist in version 5.0 only';
  if (operator === null) return null;
  const template = valueTemplate(text, operator, version);
  if (template === null) return "a variable is ${prefix:name} or ${prefix:name, 'default'}"; // eslint-disable-line no-template-curly-in-string -- says how it is written
  const stars = template.filter(({ kind }) => kind === 'star').length;
  if (stars > MAX_STARS) return `${stars} wildcards, at most ${MAX_STARS}`;
  const plain = plainText(template);
  return plain === null ? null : operandProblem(plain, operator);
}

/** JSON lets the last of two equal keys win in silence; a condition must not vanish that way. */
function reportRepeated(members: readonly { key: string }[], path: Path, problems: Problems): void {
  const seen = new Set<string>();
  for (const { key } of members) {
    if (seen.has(key)) problems.add('DUPLICATE_KEY', [...path, key], `${key} stands here twice`);
    seen.add(key);
  }
}
