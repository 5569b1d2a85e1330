/** Reads a document of any version into the model, or names every problem it has (domain/iam.md §1.3, §1.4). */
import { type Finding, type Path, Problems } from './finding.js';
import { type JsonNode, nodeAt, parseJsonText, positionAt, type Span, spanOf } from './json-text.js';
import { arrayOf, membersOf, scalarOf } from './json-shape.js';
import type { StatementRules } from './parse-condition.js';
import { parseStatement } from './parse-statement.js';
import type { Policy, PolicyVersion, RoleReference, Statement } from './policy.js';

export interface ParseOptions {
  /** Which versions may be written here: 1.1 by the role API, 5.0 by v5; default all. */
  readonly versions?: readonly PolicyVersion[];
  /** The document is an SCP, in which NotAction cannot allow (IAM.1032). */
  readonly controlPolicy?: boolean;
  /** Of a stored document: operators that this release does not know are kept, never to be satisfied; a Deny under one denies. */
  readonly keepsUnknownOperators?: boolean;
}

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly locate: (path: Path) => Span }
  | { readonly ok: false; readonly problems: readonly Finding[] };

const VERSIONS: readonly PolicyVersion[] = ['1.0', '1.1', '5.0'];
/** Characters of a document, without blanks between its elements. */
export const MAX_SIZE = 6_144;
/** Beyond it nothing is looked at, so that no text is worth sending for the work it makes. */
const MAX_TEXT = 131_072;
const MAX_STATEMENTS = 8;
const MAX_DEPENDS = 20;

/** @param source text, or a value, whose spans then refer to its two-space rendering */
export function parsePolicy(source: unknown, options: ParseOptions = {}): ParsedPolicy {
  const text = typeof source === 'string' ? source : (JSON.stringify(source, null, 2) ?? '');
  if (text.length > MAX_TEXT) return { ok: false, problems: [tooLong(text)] };
  const parsed = parseJsonText(text);
  if (!parsed.ok) return { ok: false, problems: [syntaxError(text, parsed)] };
  const problems = new Problems(text, parsed.root);
  const policy = readPolicy(parsed.root, problems, options);
  if (policy === null || problems.found.length > 0) return { ok: false, problems: problems.found };
  return { ok: true, policy, locate: (path) => spanOf(text, nodeAt(parsed.root, path)) };
}

function tooLong(text: string): Finding {
  const at = positionAt(text, 0);
  const details = `${text.length} characters of text, at most ${MAX_TEXT} with all white space`;
  return {
    type: 'error',
    issue: 'POLICY_SIZE_EXCEEDED',
    code: 'IAM.1021',
    details,
    path: [],
    span: { start: at, end: at },
  };
}

function syntaxError(text: string, { message, at }: { message: string; at: number }): Finding {
  const start = positionAt(text, at);
  const span = { start, end: positionAt(text, Math.min(at + 1, text.length)) };
  return { type: 'error', issue: 'JSON_SYNTAX_ERROR', code: 'IAM.1020', details: message, path: [], span };
}

function readPolicy(root: JsonNode, problems: Problems, options: ParseOptions): Policy | null {
  if (root.kind !== 'object') {
    problems.add(1020, [], 'a policy is a JSON object');
    return null;
  }
  const members = membersOf(root, ['Version', 'Statement', 'Depends'], [], problems);
  const version = readVersion(scalarOf(members.get('Version')), members.has('Version'), problems, options);
  // Without a version the rules of the newest are the ones that leave the fewest false alarms.
  const rules = { version: version ?? '5.0', ...options };
  const size = compactSize(root);
  if (size > MAX_SIZE && rules.version !== '1.0') problems.add(1021, [], `${size} characters, at most ${MAX_SIZE}`);
  const statements = readStatements(members.get('Statement'), problems, rules);
  const depends = readDepends(members.get('Depends'), problems, rules.version);
  return version === null ? null : { version, statements, depends };
}

function readVersion(value: unknown, given: boolean, problems: Problems, options: ParseOptions): PolicyVersion | null {
  const { versions = VERSIONS } = options;
  const version = VERSIONS.find((known) => known === value);
  if (version === undefined) {
    const message = given ? 'Version must be' : 'Version is missing; it must be';
    problems.add(1026, given ? ['Version'] : [], `${message} one of ${versions.join(', ')}`);
    return null;
  }
  if (!versions.includes(version)) problems.add(1024, ['Version'], `Version must be ${versions.join(' or ')} here`);
  return version;
}

function readStatements(node: JsonNode | undefined, problems: Problems, rules: StatementRules): Statement[] {
  const items = arrayOf(node);
  if (items === null) {
    problems.add(1027, node ? ['Statement'] : [], 'Statement must be an array');
    return [];
  }
  const most = rules.version === '1.1' ? MAX_STATEMENTS : Infinity;
  if (items.length === 0 || items.length > most)
    problems.add(
      1028,
      ['Statement'],
      `${items.length} statements; there must be 1 to ${most === Infinity ? 'many' : most}`,
    );
  const statements = items.map((item, index) => parseStatement(item, ['Statement', index], problems, rules));
  const sids = new Set<string>();
  for (const [index, { sid }] of statements.entries()) {
    if (sid === null) continue;
    if (sids.has(sid)) problems.add('UNIQUE_SIDS_REQUIRED', ['Statement', index, 'Sid'], `Sid ${sid} is used twice`);
    sids.add(sid);
  }
  return statements;
}

function readDepends(node: JsonNode | undefined, problems: Problems, version: PolicyVersion): RoleReference[] {
  if (node === undefined) return [];
  if (version !== '1.0') {
    problems.add(1025, ['Depends'], 'only system roles of version 1.0 depend on others');
    return [];
  }
  const items = arrayOf(node);
  if (items === null || items.length > MAX_DEPENDS) {
    problems.add(1058, ['Depends'], `Depends must be an array of at most ${MAX_DEPENDS} roles`);
    return [];
  }
  return items.flatMap((item, index) => {
    const path = ['Depends', index];
    const members = item.kind === 'object' ? membersOf(item, ['catalog', 'display_name'], path, problems) : null;
    const [catalog, displayName] = [scalarOf(members?.get('catalog')), scalarOf(members?.get('display_name'))];
    if (typeof catalog === 'string' && typeof displayName === 'string') return [{ catalog, displayName }];
    problems.add('DATA_TYPE_MISMATCH', path, 'a role is named by catalog and display_name');
    return [];
  });
}

/** Characters of the document without the white space between its tokens. */
function compactSize(node: JsonNode): number {
  const joined = (sizes: number[]): number =>
    2 + sizes.reduce((sum, size) => sum + size, 0) + Math.max(0, sizes.length - 1);
  switch (node.kind) {
    case 'object':
      return joined(node.members.map(({ at, value }) => at.end - at.start + 1 + compactSize(value)));
    case 'array':
      return joined(node.items.map(compactSize));
    case 'scalar':
      return node.end - node.start;
  }
}
