/** The policies of one principal, made ready for decisions: immutable, and swapped whole. */
import { ActionIndex } from './action-index.js';
import { type CompiledStatement, compileStatement, SharedParts } from './compiled-statement.js';
import { foldCase } from './letter-case.js';
import type { NamedPolicy, RoleReference } from './policy.js';
import { buildResourceIndex, type ResourceEntry, type ResourceIndex } from './resource-index.js';

export interface CompiledSet {
  /** In the order in which they were given. */
  readonly statements: readonly CompiledStatement[];
  /** Statements of roles whose dependencies are not granted; they have no effect (domain/iam.md §1.1). */
  readonly dormant: readonly DormantStatement[];
  /** What conditions and variables of the statements ask of a request's context; each spelling once. */
  readonly asked: readonly AskedKey[];
  readonly actions: ActionIndex;
  readonly resources: ResourceIndex;
}

export interface AskedKey {
  /** As the policy writes it. */
  readonly key: string;
  readonly folded: string;
}

export interface DormantStatement {
  readonly statement: CompiledStatement;
  readonly needs: readonly RoleReference[];
}

export interface CompileOptions {
  /** Display names of the system roles that the principal has. */
  readonly grantedRoles?: readonly string[];
}

export function compile(policies: readonly NamedPolicy[], { grantedRoles = [] }: CompileOptions = {}): CompiledSet {
  const statements: CompiledStatement[] = [];
  const dormant: DormantStatement[] = [];
  const shared = new SharedParts();
  for (const source of policies) {
    const needs = source.policy.depends.filter(({ displayName }) => !grantedRoles.includes(displayName));
    for (const [index, statement] of source.policy.statements.entries()) {
      const compiled = compileStatement(source, index, statement, shared);
      if (needs.length > 0) dormant.push({ statement: compiled, needs });
      else statements.push(compiled);
    }
  }
  return { statements, dormant, asked: keysAsked(statements), ...indexOf(statements) };
}

function keysAsked(statements: readonly CompiledStatement[]): AskedKey[] {
  const keys = new Set<string>();
  for (const { conditions, variables } of statements) {
    for (const { source } of conditions) keys.add(source.key);
    for (const { key } of variables) keys.add(key);
  }
  return [...keys].map((key) => ({ key, folded: foldCase(key) }));
}

/** Nothing but action and, through the index, resource stands between a request and the statement. */
export function isPlain({ conditions, variables, resources }: CompiledStatement): boolean {
  return conditions.length === 0 && variables.length === 0 && !resources.negated;
}

function indexOf(statements: readonly CompiledStatement[]): Pick<CompiledSet, 'actions' | 'resources'> {
  const plain = statements.map(isPlain);
  const actions = new ActionIndex((statement) => plain[statement] === true);
  const entries: ResourceEntry[] = [];
  for (const [statement, { statement: written, actions: compiled, effect, resources }] of statements.entries()) {
    const actionSet = actions.add(written.actions, compiled);
    if (resources.everything || resources.negated) {
      actions.addEverywhere(actionSet, effect, statement);
      continue;
    }
    for (const [place, pattern] of resources.patterns.entries()) {
      const template = resources.templates[place] ?? [];
      entries.push({ statement, effect, actionSet, template, pattern });
    }
  }
  return { actions, resources: buildResourceIndex(entries) };
}
