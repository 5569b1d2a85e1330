/** The policies of one principal, made ready for decisions: immutable, and swapped whole. */
import { ActionIndex } from './action-index.js';
import { type CompiledStatement, compileStatement, SharedParts } from './compiled-statement.js';
import type { NamedPolicy, RoleReference } from './policy.js';
import { buildResourceIndex, type ResourceEntry, type ResourceIndex } from './resource-index.js';

export interface CompiledSet {
  /** In the order in which they were given. */
  readonly statements: readonly CompiledStatement[];
  /** Statements of roles whose dependencies are not granted; they have no effect (domain/iam.md §1.1). */
  readonly dormant: readonly DormantStatement[];
  readonly actions: ActionIndex;
  readonly resources: ResourceIndex;
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
  return { statements, dormant, ...indexOf(statements) };
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
