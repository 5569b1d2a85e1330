/** `npm run policy -- check|explain|test …`: works on files alone. Results go to stdout, their last line one JSON object. */
import { compile } from './core/compiled-set.js';
import type { StatementReference } from './core/explain.js';
import { type Finding, pathText } from './core/finding.js';
import { explainLayers, type LayeredExplanation } from './core/layers.js';
import { checkPolicy } from './core/lint-policy.js';
import { parsePolicy } from './core/parse-policy.js';
import type { NamedPolicy } from './core/policy.js';
import { readCases, runCase } from './core/wire-cases.js';
import { renderExplanation } from './core/wire-decision.js';
import { parsePolicyArguments, type PolicyArguments, POLICY_USAGE } from './policy.arguments.js';

export interface PolicyCommandContext {
  readonly read: (file: string) => Promise<string>;
  /** The files of cases that a path means: itself, or for a folder what in it is one. */
  readonly casesUnder: (path: string) => Promise<readonly string[]>;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
}

/** Exit code: 0 done, 1 a document has errors, a case failed or a file cannot be read, 2 wrong usage. */
export async function policyCommand(args: readonly string[], context: PolicyCommandContext): Promise<number> {
  const parsed = parsePolicyArguments(args);
  if (!parsed.ok) {
    context.stderr(`${parsed.problems.join('\n')}\n${POLICY_USAGE}`);
    return 2;
  }
  const wanted = parsed.value;
  switch (wanted.verb) {
    case 'check':
      return check(wanted.paths, context);
    case 'test':
      return test(wanted.paths, context);
    case 'explain':
      return explainFiles(wanted, context);
  }
}

async function check(files: readonly string[], { read, stdout }: PolicyCommandContext): Promise<number> {
  const total = { errors: 0, warnings: 0, suggestions: 0 };
  for (const file of files) {
    for (const finding of checkPolicy(await read(file))) {
      stdout(`${placeOf(file, finding)} ${finding.type} ${finding.code ?? finding.issue} ${messageOf(finding)}`);
      if (finding.type === 'error') total.errors += 1;
      else if (finding.type === 'suggestion') total.suggestions += 1;
      else total.warnings += 1;
    }
  }
  stdout(JSON.stringify(total));
  return total.errors === 0 ? 0 : 1;
}

/** As editors count: line and column from 1. */
function placeOf(file: string, { span: { start } }: Finding): string {
  return `${file}:${start.line}:${start.column + 1}`;
}

function messageOf({ path, details }: Finding): string {
  return path.length === 0 ? details : `${pathText(path)}: ${details}`;
}

async function test(paths: readonly string[], context: PolicyCommandContext): Promise<number> {
  const { read, casesUnder, stdout, stderr } = context;
  const total = { passed: 0, failed: 0 };
  for (const path of paths) {
    const files = await casesUnder(path);
    if (files.length === 0) throw new Error(`${path} holds no file whose name ends in cases.json`);
    for (const file of files) {
      const found = readCases(await read(file));
      if ('problem' in found) throw new Error(`${file}: ${found.problem}`);
      for (const result of found.cases.map(runCase)) {
        if (result.passed) total.passed += 1;
        else {
          total.failed += 1;
          stderr(`${file}: ${result.name}: ${result.problem}`);
        }
      }
    }
  }
  stdout(JSON.stringify(total));
  return total.failed === 0 ? 0 : 1;
}

async function explainFiles(
  { paths, action, resource, context }: Extract<PolicyArguments, { verb: 'explain' }>,
  { read, stdout, stderr }: PolicyCommandContext,
): Promise<number> {
  const policies: NamedPolicy[] = [];
  let errors = 0;
  for (const file of paths) {
    const parsed = parsePolicy(await read(file));
    if (parsed.ok) policies.push({ id: null, name: file, version: null, policy: parsed.policy });
    else
      for (const problem of parsed.problems) {
        errors += 1;
        stderr(`${placeOf(file, problem)} ${problem.type} ${problem.code ?? problem.issue} ${messageOf(problem)}`);
      }
  }
  if (errors > 0) return 1;
  const explained = explainLayers({ identity: compile(policies) }, { action, resource, context });
  for (const line of inWords(explained, action, resource)) stderr(line);
  stdout(JSON.stringify(renderExplanation(explained)));
  return 0;
}

const VERDICTS = { Allow: 'allowed', ExplicitDeny: 'denied', ImplicitDeny: 'not allowed by any statement' } as const;

function inWords(explained: LayeredExplanation, action: string, resource: string | null): string[] {
  const { decision, determining, nearMisses, missingContext } = explained;
  const lines = [`${decision}: ${action} on ${resource ?? 'no particular resource'} is ${VERDICTS[decision]}`];
  for (const statement of determining) {
    const { effect, unevaluable } = statement;
    const doubt = unevaluable === null ? '' : `; it cannot be evaluated, so it denies: ${unevaluable}`;
    lines.push(`  by ${nameOf(statement)}, which says ${effect}${doubt}`);
  }
  for (const miss of nearMisses) lines.push(`  nearly by ${nameOf(miss)}, but for its ${miss.failed}: ${miss.detail}`);
  if (missingContext.length > 0) lines.push(`  the request does not say: ${missingContext.join(', ')}`);
  return lines;
}

function nameOf({ policyName, statement, sid }: StatementReference): string {
  return `statement ${statement}${sid === null ? '' : ` (${sid})`} of ${policyName}`;
}
