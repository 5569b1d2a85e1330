/** Policies in the words of Cedar, as far as it has them; also the second oracle of the evaluator's tests. */
import { type Context, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { foldCase } from '../src/policies/core/letter-case.js';
import { type OperatorUse, parseOperator } from '../src/policies/core/operators.js';
import type { AccessRequest, Condition, Decision, Policy, Statement } from '../src/policies/core/policy.js';

/** Prepares statements under an identifier; each is known to Cedar by its place, `s0`. */
export function prepareCedar(id: string, statements: readonly string[]): void {
  const policies = Object.fromEntries(statements.map((text, index) => [`s${index}`, text]));
  const answer = preparsePolicySet(id, { staticPolicies: policies });
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
}

export interface CedarAnswer {
  readonly decision: Decision;
  /** Places of the statements that decided. */
  readonly determining: readonly number[];
}

export function askCedar(id: string, context: Context): CedarAnswer {
  const answer = statefulIsAuthorized({
    principal: { type: 'User', id: 'u' },
    action: { type: 'Action', id: 'act' },
    resource: { type: 'Resource', id: 'r' },
    context,
    preparsedPolicySetId: id,
    entities: [],
  });
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) throw new Error(JSON.stringify(diagnostics.errors));
  const determining = diagnostics.reason.map((name) => Number(name.slice(1))).sort((left, right) => left - right);
  return {
    decision: decision === 'allow' ? 'Allow' : determining.length > 0 ? 'ExplicitDeny' : 'ImplicitDeny',
    determining,
  };
}

/** What a statement asks for stands in the context, since Cedar compares the parts of no identifier. */
export function cedarContext({ action, resource, context }: AccessRequest): Context {
  const [service = '', type = '', operation = ''] = foldCase(action).split(':');
  const urn = type === '' ? null : resource;
  const [itsService = '', region = '', domain = '', itsType = '', ...path] = urn?.split(':') ?? [];
  return {
    action: { service, type, operation },
    named: urn !== null,
    resource: { service: foldCase(itsService), region, domain, type: foldCase(itsType), path: path.join(':') },
    keys: Object.fromEntries(
      Object.entries(context).flatMap(([key, value]) => (isScalar(value) ? [[foldCase(key), value]] : [])),
    ),
    addresses: Object.fromEntries(
      Object.entries(context).flatMap(([key, value]) =>
        key === 'g:SourceIp' && typeof value === 'string'
          ? [[foldCase(key), { __extn: { fn: 'ip', arg: value } }]]
          : [],
      ),
    ),
  };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
}

/** Null where the policy says what Cedar cannot: sets, variables, dates, prefixes, case that does not count. */
export function cedarPolicies({ statements }: Policy): string[] | null {
  const texts = statements.map(cedarStatement);
  return texts.every((text) => text !== null) ? texts : null;
}

export function cedarStatement({ effect, actions, resources, conditions }: Statement): string | null {
  const asked = conditions.map(cedarCondition);
  if (!asked.every((text) => text !== null)) return null;
  if (resources?.patterns.some((text) => text.includes('${') || text.includes('?'))) return null;
  const action = cedarAny(actions.negated, actions.patterns.map(cedarAction));
  const clauses = [
    action,
    ...(resources === null ? [] : [cedarAny(resources.negated, resources.patterns.map(cedarUrn))]),
    ...asked,
  ];
  return `${effect === 'Allow' ? 'permit' : 'forbid'}(principal, action, resource) when { ${clauses.join(' && ')} };`;
}

function cedarAny(negated: boolean, texts: readonly string[]): string {
  return `${negated ? '!' : ''}(${texts.join(' || ')})`;
}

function cedarAction(pattern: string): string {
  const parts = pattern === '*' ? ['*', '*', '*'] : foldCase(pattern).split(':');
  return cedarParts('context.action', ['service', 'type', 'operation'], parts);
}

function cedarUrn(pattern: string): string {
  if (pattern === '*') return 'true';
  const [service = '', region = '', domain = '', type = '', ...path] = pattern.split(':');
  const parts = [foldCase(service), region, domain, foldCase(type), path.join(':')];
  return `(context.named && ${cedarParts('context.resource', ['service', 'region', 'domain', 'type', 'path'], parts)})`;
}

function cedarParts(of: string, names: readonly string[], patterns: readonly string[]): string {
  const compared = names.map((name, index) => cedarMatch(`${of}.${name}`, patterns[index] ?? ''));
  return `(${compared.filter((text) => text !== 'true').join(' && ') || 'true'})`;
}

function cedarMatch(of: string, pattern: string): string {
  if (pattern === '*') return 'true';
  return pattern.includes('*') ? `${of} like ${JSON.stringify(pattern)}` : `${of} == ${JSON.stringify(pattern)}`;
}

const SYMBOLS: Readonly<Record<string, string>> = {
  equals: '==',
  less: '<',
  lessOrEqual: '<=',
  greater: '>',
  greaterOrEqual: '>=',
};

function cedarCondition({ operator: name, key, values }: Condition): string | null {
  const operator = parseOperator(name);
  if (operator?.quantifier !== null || operator.ignoresCase || values.some((value) => value.includes('${')))
    return null;
  const attribute = JSON.stringify(foldCase(key));
  const record = operator.type === 'ip' ? 'context.addresses' : 'context.keys';
  const has = `${record} has ${attribute}`;
  if (operator.comparison === 'isNull')
    return `(${values.map((value) => `(${has}) == ${value === 'true' ? 'false' : 'true'}`).join(' || ')})`;
  const compared = values.map((value) => cedarComparison(operator, `${record}[${attribute}]`, value));
  if (!compared.every((text) => text !== null)) return null;
  const some = cedarAny(operator.negative, compared);
  return operator.ifExists || operator.negative ? `(!(${has}) || ${some})` : `(${has} && ${some})`;
}

function cedarComparison({ type, comparison }: OperatorUse, of: string, value: string): string | null {
  const symbol = SYMBOLS[comparison];
  if (comparison === 'glob') return value.includes('?') ? null : cedarMatch(of, value);
  if (type === 'ip') return `${of}.isInRange(ip(${JSON.stringify(value)}))`;
  if (symbol === undefined) return null;
  if (type === 'string') return `${of} ${symbol} ${JSON.stringify(value)}`;
  if (type === 'bool') return `${of} ${symbol} ${value.toLowerCase()}`;
  return type === 'number' && Number.isSafeInteger(Number(value)) ? `${of} ${symbol} ${Number(value)}` : null;
}
