/** Asks a node of JSON whether it has the shape that is wanted. */
import type { Path, Problems } from './finding.js';
import type { JsonNode, JsonObject } from './json-text.js';

/** The members by name. Unknown names and repeated ones are problems: of two, a reader could not tell which one counts. */
export function membersOf(
  node: JsonObject,
  known: readonly string[],
  path: Path,
  problems: Problems,
): ReadonlyMap<string, JsonNode> {
  const members = new Map<string, JsonNode>();
  for (const { key, value } of node.members) {
    if (!known.includes(key))
      problems.add('INVALID_POLICY_ELEMENT', [...path, key], `unknown element ${key}; there are: ${known.join(', ')}`);
    if (members.has(key)) problems.add('DUPLICATE_KEY', [...path, key], `${key} stands here twice`);
    members.set(key, value);
  }
  return members;
}

export function arrayOf(node: JsonNode | undefined): readonly JsonNode[] | null {
  return node?.kind === 'array' ? node.items : null;
}

export function scalarOf(node: JsonNode | undefined): string | number | boolean | null | undefined {
  return node?.kind === 'scalar' ? node.value : undefined;
}

export function textOf(node: JsonNode | undefined): string | null {
  const value = scalarOf(node);
  return typeof value === 'string' ? value : null;
}
