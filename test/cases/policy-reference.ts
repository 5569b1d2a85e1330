/**
 * The rules of domain/iam.md §1 told a second time, as plainly as can be: documents as they are written, one statement
 * after the other, RegExp for wildcards, node:net for addresses. Shares no code with the evaluator it judges.
 */
import { BlockList, isIP } from 'node:net';

export type Json = Record<string, unknown>;
type Scalar = string | number | boolean;
type Context = Readonly<Record<string, unknown>>;
/** '?' where a value cannot be compared. */
type Answer = boolean | '?';

export interface ReferenceRequest {
  readonly action: string;
  readonly resource: string | null;
  readonly context: Context;
}

export interface ReferenceResult {
  readonly decision: 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';
  /** `POLICY/STATEMENT`, by place. */
  readonly determining: readonly string[];
}

interface Written {
  Effect: string;
  Action?: string[];
  NotAction?: string[];
  Resource?: string[];
  NotResource?: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export function referenceDecision(documents: readonly Json[], request: ReferenceRequest): ReferenceResult {
  const applying = documents.flatMap((document, policy) =>
    (document['Statement'] as Written[]).flatMap((statement, index) =>
      applies(statement, document['Version'] === '5.0', request)
        ? [{ name: `${policy}/${index}`, deny: statement.Effect.toLowerCase() === 'deny' }]
        : [],
    ),
  );
  const denials = applying.filter(({ deny }) => deny);
  const decision = denials.length > 0 ? 'ExplicitDeny' : applying.length > 0 ? 'Allow' : 'ImplicitDeny';
  return { decision, determining: (denials.length > 0 ? denials : applying).map(({ name }) => name) };
}

function applies(statement: Written, modern: boolean, request: ReferenceRequest): boolean {
  if (!actionAsked(statement, request.action)) return false;
  if (modern && !variablesKnown(statement, request.context)) return false;
  const answers = [resourceAsked(statement, modern, request), ...conditionAnswers(statement, modern, request.context)];
  if (answers.includes(false)) return false;
  return statement.Effect.toLowerCase() === 'deny' || !answers.includes('?');
}

function actionAsked({ Action, NotAction }: Written, action: string): boolean {
  const given = action.split(':');
  if (given.length !== 3 || given[0] === '' || given[2] === '') return false;
  const matches = (pattern: string): boolean => {
    const wanted = pattern === '*' ? ['*', '*', '*'] : pattern.split(':');
    return wanted.every((part, index) => wild(part, 'i', false).test(given[index]!));
  };
  return Action ? Action.some(matches) : !NotAction!.some(matches);
}

function resourceAsked(statement: Written, modern: boolean, { action, resource, context }: ReferenceRequest): Answer {
  const { Resource, NotResource } = statement;
  if (!Resource && !NotResource) return true;
  const patterns = (Resource ?? NotResource)!;
  const named = action.split(':')[1] === '' ? null : resource;
  const found = patterns.includes('*') ? true : named === null ? false : someUrn(patterns, modern, named, context);
  return NotResource && found !== '?' ? !found : found;
}

function someUrn(patterns: readonly string[], modern: boolean, urn: string, context: Context): Answer {
  const given = urn.split(':');
  if (given.length < 5) return '?';
  const parts = [...given.slice(0, 4), given.slice(4).join(':')];
  return patterns.some((pattern) => {
    const segments = splitOutsideBraces(pattern);
    return segments.every((segment, index) => {
      const flags = index === 0 || index === 3 ? 'i' : '';
      return wild(segment, flags, modern, context).test(parts[index]!);
    });
  });
}

function splitOutsideBraces(pattern: string): string[] {
  const hidden = pattern.replace(VARIABLE, (variable) => variable.replaceAll(':', '\0'));
  const parts = hidden.split(':');
  return [...parts.slice(0, 4), parts.slice(4).join(':')].map((part) => part.replaceAll('\0', ':'));
}

const VARIABLE = /\$\{\s*([^,}\s]+)\s*(?:,\s*'([^']*)'\s*)?\}/g;

/** A pattern as a RegExp; `modern` patterns hold variables and `?`. */
function wild(pattern: string, flags: string, modern: boolean, context: Context = {}): RegExp {
  const escape = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}/-]/g, '\\$&');
  let source = '';
  let from = 0;
  const plain = (text: string): void => {
    for (const char of text) source += char === '*' ? '[^]*' : char === '?' && modern ? '[^]' : escape(char);
  };
  if (modern)
    for (const match of pattern.matchAll(VARIABLE)) {
      plain(pattern.slice(from, match.index));
      source += escape(valueOf(match, context) ?? '');
      from = match.index + match[0].length;
    }
  plain(pattern.slice(from));
  return new RegExp(`^${source}$`, flags);
}

function valueOf([, key, fallback]: RegExpMatchArray, context: Context): string | null {
  const values = valuesOf(context, key!);
  if (values === null) return fallback ?? null;
  return values.length === 1 ? String(values[0]) : null;
}

/** Null where there is none. */
function valuesOf(context: Context, key: string): Scalar[] | null {
  const name = [key, ...Object.keys(context)].find(
    (one) => one.toLowerCase() === key.toLowerCase() && context[one] !== undefined,
  );
  const value = name === undefined ? undefined : context[name];
  const values = [value].flat().filter((one) => one !== null && one !== undefined) as Scalar[];
  return values.length === 0 ? null : values;
}

function variablesKnown({ Resource, NotResource, Condition }: Written, context: Context): boolean {
  const texts = [...(Resource ?? NotResource ?? []), ...Object.values(Condition ?? {}).flatMap((keys) => Object.values(keys).flat())];
  const all = texts.includes('*') && (Resource ?? NotResource ?? []).includes('*') ? texts.slice((Resource ?? NotResource)!.length) : texts;
  return all.every((text) => [...text.matchAll(VARIABLE)].every((match) => valueOf(match, context) !== null));
}

function conditionAnswers({ Condition }: Written, modern: boolean, context: Context): Answer[] {
  return Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => conditionAnswer(operator, key, [values].flat(), modern, context)),
  );
}

const OPERATOR = /^(ForAllValues:|ForAnyValue:)?(\w+?)(AnyOf)?(IfExists)?$/;

function conditionAnswer(name: string, key: string, wanted: string[], modern: boolean, context: Context): Answer {
  const [, prefix, base, anyOf, ifExists] = OPERATOR.exec(name)!;
  const given = valuesOf(context, key);
  if (base === 'Null') return wanted.map((text) => text.toLowerCase()).includes(String(given === null));
  if (base === 'IsNullOrEmpty') {
    const isText = Object.entries(context).some(([one, value]) => one.toLowerCase() === key.toLowerCase() && value === '');
    return wanted.map((text) => text.toLowerCase()).includes(String(given === null || (isText && given[0] === '')));
  }
  const isNegative = base!.includes('Not');
  const isAny = prefix === 'ForAnyValue:' || anyOf !== undefined;
  if (given === null) {
    if (ifExists !== undefined || prefix === 'ForAllValues:') return true;
    return !isAny && isNegative;
  }
  if (ifExists !== undefined && given.length === 1 && given[0] === '' && !isList(context, key)) return true;
  const one = (value: Scalar): Answer => some(wanted.map((text) => comparison(base!, value, text, modern, context)));
  if (prefix === 'ForAllValues:') return every(given.map((value) => negated(one(value), isNegative)));
  if (isAny) return some(given.map((value) => negated(one(value), isNegative)));
  return negated(some(given.map(one)), isNegative);
}

function isList(context: Context, key: string): boolean {
  const name = key in context ? key : Object.keys(context).find((one) => one.toLowerCase() === key.toLowerCase());
  return Array.isArray(context[name!]);
}

const negated = (answer: Answer, negative: boolean): Answer => (answer === '?' || !negative ? answer : !answer);
const some = (answers: Answer[]): Answer => answers.includes(true) || (answers.includes('?') ? '?' : false);
const every = (answers: Answer[]): Answer => !answers.includes(false) && (answers.includes('?') ? '?' : true);

function comparison(operator: string, value: Scalar, pattern: string, modern: boolean, context: Context): Answer {
  const text = modern
    ? pattern.replace(VARIABLE, (...match) => valueOf(match.slice(0, 3) as RegExpMatchArray, context) ?? '')
    : pattern;
  const base = operator.replace('Not', '');
  const [given, lower] = [String(value), String(value).toLowerCase()];
  switch (base) {
    case 'StringEquals':
      return given === text;
    case 'StringEqualsIgnoreCase':
      return lower === text.toLowerCase();
    case 'StringMatch':
      return wildValue(pattern, '', modern, context).test(given);
    case 'StringLike':
      return wildValue(pattern, 'i', modern, context).test(given);
    case 'StringStartWith':
      return lower.startsWith(text.toLowerCase());
    case 'StringEndWith':
      return lower.endsWith(text.toLowerCase());
    case 'Bool':
      return ['true', 'false'].includes(lower) && typeof value !== 'number' ? lower === text.toLowerCase() : '?';
    case 'IpAddress':
      return inRange(value, text);
    default:
      return ordered(base, value, text);
  }
}

/** In conditions both wildcards count in every version; variables in 5.0 only. */
function wildValue(pattern: string, flags: string, modern: boolean, context: Context): RegExp {
  return wild(modern ? pattern : pattern.replaceAll('$', '$'), flags, true, context);
}

function ordered(operator: string, value: Scalar, text: string): Answer {
  const isDate = operator.startsWith('Date');
  const read = (one: Scalar): number => {
    if (typeof one === 'boolean' || one === '') return NaN;
    return isDate && !/^\d+$/.test(String(one)) ? Date.parse(String(one)) : Number(one);
  };
  const [given, wanted] = [read(value), read(text)];
  if (Number.isNaN(given) || Number.isNaN(wanted)) return '?';
  switch (operator.replace(/^(Number|Date)/, '')) {
    case 'LessThan':
      return given < wanted;
    case 'LessThanEquals':
      return given <= wanted;
    case 'GreaterThan':
      return given > wanted;
    case 'GreaterThanEquals':
      return given >= wanted;
    default:
      return given === wanted;
  }
}

function inRange(value: Scalar, range: string): Answer {
  const [network = '', bits] = range.split('/');
  const [family, networkFamily] = [isIP(String(value)), isIP(network)];
  if (typeof value !== 'string' || family === 0 || networkFamily === 0) return '?';
  const list = new BlockList();
  const name = networkFamily === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) list.addAddress(network, name);
  else list.addSubnet(network, Number(bits), name);
  return list.check(value, family === 4 ? 'ipv4' : 'ipv6');
}
