/** Reads one statement, naming every problem. */
import { MAX_ACTION_LENGTH, parseActionPattern } from './action-pattern.js';
import type { Path, Problems } from './finding.js';
import { arrayOf, membersOf, scalarOf, textOf } from './json-shape.js';
import type { JsonNode } from './json-text.js';
import { parseConditions, type StatementRules } from './parse-condition.js';
import { parseResources } from './parse-resource.js';
import type { ActionClause, Effect, PolicyVersion, Statement } from './policy.js';
import { undocumentedChoices } from './undocumented-choices.js';

const MAX_ACTIONS = 100;
const CLASSIC = ['Effect', 'Action', 'Resource', 'Condition'];
const MODERN = ['Sid', ...CLASSIC, 'NotAction', 'NotResource'];
const NOTHING: Statement = {
  sid: null,
  effect: 'Deny',
  actions: { negated: false, patterns: [] },
  resources: null,
  conditions: [],
};

export function parseStatement(node: JsonNode, path: Path, problems: Problems, rules: StatementRules): Statement {
  if (node.kind !== 'object') {
    problems.add('DATA_TYPE_MISMATCH', path, 'a statement is an object');
    return NOTHING;
  }
  for (const { key } of node.members)
    if (key === 'Principal' || key === 'NotPrincipal')
      problems.add('UNSUPPORTED_PRINCIPAL', [...path, key], `${key} stands in trust policies only`);
  const members = membersOf(node, [...elementsOf(rules.version), 'Principal', 'NotPrincipal'], path, problems);
  const effect = parseEffect(members.get('Effect'), path, problems);
  const actions = parseActions(members, path, problems, rules);
  if (rules.controlPolicy === true && actions.negated && effect === 'Allow')
    problems.add(1032, [...path, 'NotAction'], 'an organization control policy cannot allow by NotAction');
  return {
    sid: parseSid(members.get('Sid'), path, problems),
    effect,
    actions,
    resources: parseResources(members, path, problems, rules.version),
    conditions: parseConditions(members.get('Condition'), [...path, 'Condition'], problems, rules),
  };
}

function elementsOf(version: PolicyVersion): string[] {
  if (version === '5.0') return MODERN;
  return undocumentedChoices.notActionInCustomPolicies ? [...CLASSIC, 'NotAction'] : CLASSIC;
}

/** Any case is accepted (domain/iam.md §1.1). */
function parseEffect(node: JsonNode | undefined, path: Path, problems: Problems): Effect {
  const given = textOf(node)?.toLowerCase();
  if (given === 'allow') return 'Allow';
  if (given !== 'deny')
    problems.add(
      1029,
      node ? [...path, 'Effect'] : path,
      `Effect ${node ? '' : 'is missing; it '}must be Allow or Deny`,
    );
  return 'Deny';
}

function parseSid(node: JsonNode | undefined, path: Path, problems: Problems): string | null {
  const sid = textOf(node);
  if (node !== undefined && sid === null) problems.add('DATA_TYPE_MISMATCH', [...path, 'Sid'], 'Sid must be text');
  return sid;
}

function parseActions(
  members: ReadonlyMap<string, JsonNode>,
  path: Path,
  problems: Problems,
  { version }: StatementRules,
): ActionClause {
  const negated = members.has('NotAction') && !members.has('Action');
  if (members.has('Action') && members.has('NotAction'))
    problems.add(1031, path, 'Action and NotAction exclude each other');
  const name = negated ? 'NotAction' : 'Action';
  const node = members.get(name);
  const items = arrayOf(node);
  if (items === null) {
    problems.add(1030, node ? [...path, name] : path, `${name} ${node ? 'must be an array' : 'is missing'}`);
    return { negated, patterns: [] };
  }
  if (items.length === 0 || items.length > MAX_ACTIONS)
    problems.add(1033, [...path, name], `${items.length} actions; there must be 1 to ${MAX_ACTIONS}`);
  const patterns = items.map((item, index) => parseAction(item, [...path, name, index], problems, version));
  return { negated, patterns };
}

function parseAction(item: JsonNode, path: Path, problems: Problems, version: PolicyVersion): string {
  const text = scalarOf(item);
  if (typeof text !== 'string') problems.add(1060, path, 'an action is text');
  else if (text.length > MAX_ACTION_LENGTH)
    problems.add(1034, path, `${text.length} characters, at most ${MAX_ACTION_LENGTH}`);
  else if (parseActionPattern(text, version) === null)
    problems.add(1035, path, `"${text}" is not of the form service:resourceType:operation, where only * is a wildcard`);
  return String(text);
}
