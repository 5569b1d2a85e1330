/** Advice on a document that may be written: what it allows beyond measure, and what in it can have no effect. */
import { type ActionPattern, parseActionPattern, splitAction } from './action-pattern.js';
import { actionsMatching, type CatalogueAction, isKnownService } from './action-catalogue.js';
import { isGlobalKey, keyFact } from './condition-keys.js';
import { covers } from './coverage.js';
import type { Finding, FindingType, Path } from './finding.js';
import { foldCase } from './letter-case.js';
import { type ParsedPolicy, parsePolicy, type ParseOptions } from './parse-policy.js';
import type { Policy, PolicyVersion, Statement } from './policy.js';
import { contradictions } from './satisfiable.js';
import { plainText } from './template.js';
import { parseUrnTemplate, TYPE, urnRules } from './urn-pattern.js';

/** Everything that can be said of a document: its errors or, when there are none, advice; in the order of the text. */
export function checkPolicy(source: unknown, options: ParseOptions = {}): readonly Finding[] {
  const parsed = parsePolicy(source, options);
  const findings = parsed.ok ? lintPolicy(parsed) : parsed.problems;
  return [...findings].sort((left, right) => left.span.start.offset - right.span.start.offset);
}

type Report = (type: FindingType, issue: string, code: string | null, path: Path, details: string) => void;

export function lintPolicy({ policy, locate }: Extract<ParsedPolicy, { ok: true }>): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (type, issue, code, path, details) =>
    void findings.push({ type, issue, code, details, path, span: locate(path) });
  for (const [index, statement] of policy.statements.entries()) {
    const path = ['Statement', index];
    lintActions(statement, policy.version, path, report);
    lintBreadth(statement, path, report);
    lintResources(statement, policy.version, path, report);
    lintConditions(statement, policy.version, path, report);
    lintShadow(policy, index, path, report);
  }
  return findings;
}

function lintActions({ actions }: Statement, version: PolicyVersion, path: Path, report: Report): void {
  for (const [index, text] of actions.patterns.entries()) {
    const at = [...path, actions.negated ? 'NotAction' : 'Action', index];
    const pattern = parseActionPattern(text, version);
    const service = splitAction(text)?.[0] ?? '*';
    if (pattern === null || service.includes('*') || actionsMatching(pattern).length > 0) continue;
    if (isKnownService(service))
      report('warning', 'UNKNOWN_ACTION', 'IAM.1036', at, `no action of the catalogue is named by ${text}`);
    else report('suggestion', 'UNKNOWN_SERVICE', 'IAM.1036', at, `the catalogue holds no actions of ${service}`);
  }
}

function lintBreadth({ effect, actions, resources, conditions }: Statement, path: Path, report: Report): void {
  const isEvery = (text: string): boolean => text.split(':').every((part) => part === '*');
  const everything = resources === null || (!resources.negated && resources.patterns.some(isEvery));
  if (effect !== 'Allow' || conditions.length > 0 || !everything) return;
  const isAll = (text: string): boolean => text === '*' || (splitAction(text)?.every((part) => part === '*') ?? false);
  if (actions.negated)
    report('security_warning', 'ALLOW_WITH_NOT_ACTION', null, path, 'allows every action but a few, on every resource');
  else if (actions.patterns.some(isAll))
    report('security_warning', 'ALLOW_ALL', null, path, 'allows every action on every resource, without a condition');
}

/** A resource of another type is named in vain; in a Deny it gives a false sense of safety. */
function lintResources(statement: Statement, version: PolicyVersion, path: Path, report: Report): void {
  const { actions, resources } = statement;
  const known = actions.negated ? null : knownActions(statement, version);
  if (known === null || resources === null || resources.negated || resources.form === 'uri') return;
  const types = new Set(known.flatMap(({ resourceTypes }) => resourceTypes.map(foldCase)));
  for (const [index, text] of resources.patterns.entries()) {
    if (text === '*') continue;
    const type = plainText(parseUrnTemplate(text, urnRules(version))?.[TYPE] ?? []);
    if (type === null ? types.size > 0 : types.has(foldCase(type))) continue;
    const on = types.size > 0 ? `, they are done on: ${[...types].join(', ')}` : '';
    const at = [...path, 'Resource', index];
    report(
      'warning',
      'RESOURCE_NOT_OF_ACTION',
      null,
      at,
      `no action of this statement is done on such a resource${on}`,
    );
  }
}

function lintConditions(statement: Statement, version: PolicyVersion, path: Path, report: Report): void {
  const known = statement.actions.negated ? null : knownActions(statement, version);
  for (const { operator, key } of statement.conditions) {
    const at = [...path, 'Condition', operator, key];
    if (isGlobalKey(key)) {
      if (keyFact(key) === null) report('warning', 'UNKNOWN_KEY', 'IAM.1059', at, `no global key is named ${key}`);
    } else if (known !== null && !known.some((action) => hasKey(action, key)))
      report('warning', 'KEY_NOT_OF_ACTION', 'IAM.1059', at, `no action of this statement has the key ${key}`);
  }
  for (const group of contradictions(statement.conditions, version)) {
    const [first] = group;
    if (first === undefined) continue;
    const names = group.map(({ operator }) => operator).join(' and ');
    const at = [...path, 'Condition', first.operator, first.key];
    report(
      'warning',
      'CONDITION_NEVER_TRUE',
      null,
      at,
      `${names} on ${first.key} exclude each other: no value satisfies them`,
    );
  }
}

/** Null where the statement also names actions of which nothing is known. */
function knownActions({ actions }: Statement, version: PolicyVersion): CatalogueAction[] | null {
  const patterns = actions.patterns.map((text) => parseActionPattern(text, version));
  const isKnown = (text: string): boolean => isKnownService(splitAction(text)?.[0] ?? '');
  if (!actions.patterns.every(isKnown)) return null;
  const found = patterns.flatMap((pattern: ActionPattern | null) => (pattern === null ? [] : actionsMatching(pattern)));
  return found.length === 0 ? null : found;
}

/** Keys of tags are printed as `g:ResourceTag/<tag-key>`; the others stand as they are. */
function hasKey({ conditionKeys }: CatalogueAction, key: string): boolean {
  return conditionKeys.some((known) => foldCase(known) === foldCase(key));
}

function lintShadow({ statements }: Policy, index: number, path: Path, report: Report): void {
  const own = statements[index];
  if (own === undefined) return;
  const by = statements.findIndex((other, place) => {
    if (place === index || !covers(other, own)) return false;
    if (other.effect === own.effect) return place < index || !covers(own, other);
    // What is denied everywhere need not be allowed anywhere.
    return other.effect === 'Deny';
  });
  if (by < 0) return;
  const how = statements[by]?.effect === own.effect ? 'says all that this one says' : 'denies all that this one allows';
  report('warning', 'SHADOWED_STATEMENT', null, path, `statement ${by} ${how}`);
}
