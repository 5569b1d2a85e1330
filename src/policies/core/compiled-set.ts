/** The policies of one principal, made ready for decisions: immutable, and swapped whole. */
import { type CompiledStatement, compileStatement } from './compiled-statement.js';
import type { NamedPolicy, RoleReference } from './policy.js';

export interface CompiledSet {
  /** In the order in which they were given. */
  readonly statements: readonly CompiledStatement[];
  /** Statements of roles whose dependencies are not granted; they have no effect (domain/iam.md §1.1). */
  readonly dormant: readonly DormantStatement[];
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
  for (const source of policies) {
    const needs = source.policy.depends.filter(({ displayName }) => !grantedRoles.includes(displayName));
    for (const [index, statement] of source.policy.statements.entries()) {
      const compiled = compileStatement(source, index, statement);
      if (needs.length > 0) dormant.push({ statement: compiled, needs });
      else statements.push(compiled);
    }
  }
  return { statements, dormant };
}
