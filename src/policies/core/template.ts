/** Pattern text taken apart: plain text, `*`, `?` and variables such as `${g:UserName}` or `${g:UserName, 'nobody'}`. */
import type { RequestContext } from './policy.js';
import { contextValue, isSet } from './request-context.js';
import { undocumentedChoices } from './undocumented-choices.js';

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'variable'; readonly key: string; readonly fallback: string | null };

/** Which characters are more than themselves. */
export interface TemplateRules {
  readonly star: boolean;
  readonly any: boolean;
  readonly variables: boolean;
}

export type Template = readonly Token[];

/** Null where a variable is malformed; several stars in a row are one. */
export function parseTemplate(text: string, rules: TemplateRules): Template | null {
  const tokens: Token[] = [];
  let from = 0;
  const flush = (to: number): void => {
    if (to > from) tokens.push({ kind: 'text', text: text.slice(from, to) });
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (rules.star && char === '*') {
      flush(at);
      if (tokens.at(-1)?.kind !== 'star') tokens.push(STAR);
    } else if (rules.any && char === '?') {
      flush(at);
      tokens.push(ANY);
    } else if (rules.variables && char === '$' && text[at + 1] === '{') {
      const variable = readVariable(text, at + 2);
      if (variable === null) return null;
      flush(at);
      tokens.push({ kind: 'variable', key: variable.key, fallback: variable.fallback });
      at = variable.end;
    } else continue;
    from = at + 1;
  }
  flush(text.length);
  return tokens;
}

const STAR: Token = { kind: 'star' };
const ANY: Token = { kind: 'any' };

/** `from` is behind `${`; `end` the closing brace. A default stands in single quotes and holds none. */
function readVariable(text: string, from: number): { key: string; fallback: string | null; end: number } | null {
  const brace = text.indexOf('}', from);
  const comma = text.indexOf(',', from);
  if (brace < 0) return null;
  if (comma < 0 || comma > brace) return named(text.slice(from, brace), null, brace);
  const open = text.indexOf("'", comma);
  const close = open < 0 ? -1 : text.indexOf("'", open + 1);
  if (close < 0 || text.slice(comma + 1, open).trim() !== '') return null;
  const end = text.indexOf('}', close);
  if (end < 0 || text.slice(close + 1, end).trim() !== '') return null;
  return named(text.slice(from, comma), text.slice(open + 1, close), end);
}

function named(key: string, fallback: string | null, end: number) {
  const name = key.trim();
  return isConditionKey(name) ? { key: name, fallback, end } : null;
}

/** `prefix:name`, without white space, braces or quotes. */
export function isConditionKey(name: string): boolean {
  const colon = name.indexOf(':');
  if (colon <= 0 || colon === name.length - 1) return false;
  for (let at = 0; at < name.length; at++) {
    const char = name.charAt(at);
    if (char <= ' ' || `{}$'",`.includes(char) || char === '\u007f') return false;
  }
  return true;
}

/** Variables replaced by plain text; null where one has no value, or several (domain/iam.md §1.2). */
export function resolveTemplate(template: Template, context: RequestContext): Template | null {
  const resolved: Token[] = [];
  for (const token of template) {
    if (token.kind !== 'variable') resolved.push(token);
    else {
      const text = variableText(context, token.key, token.fallback);
      if (text === null) return null;
      if (text !== '') resolved.push({ kind: 'text', text });
    }
  }
  return resolved;
}

export function variableText(context: RequestContext, key: string, fallback: string | null): string | null {
  const value = contextValue(context, key);
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'object') return String(value);
  if (!isSet(value)) return null;
  const values = value.filter((item) => item !== null);
  if (values.length === 0) return fallback;
  const [only] = values;
  if (values.length > 1 || typeof only === 'object' || !undocumentedChoices.oneElementSetResolves) return null;
  return String(only);
}

/** The text of a template that holds nothing else; null where it holds wildcards or variables. */
export function plainText(template: Template): string | null {
  let plain = '';
  for (const token of template) {
    if (token.kind !== 'text') return null;
    plain += token.text;
  }
  return plain;
}
