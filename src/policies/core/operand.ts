/** The values that conditions compare: how each type is read from a policy's text and from a request. */
import { parseInstant } from '../../kernel/time-window.js';
import { foldCase } from './letter-case.js';
import type { OperatorUse, ValueType } from './operators.js';
import { parseRange } from './ip-range.js';
import { undocumentedChoices } from './undocumented-choices.js';

/** Decimal text with an optional sign, fraction and exponent; null for anything else. */
export function parseDecimal(text: string): number | null {
  if (text === '' || text !== text.trim()) return null;
  for (let at = 0; at < text.length; at++) if (!'0123456789+-.eE'.includes(text.charAt(at))) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** Of a request: a number, or decimal text. */
export function numberOf(value: string | number | boolean): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? parseDecimal(value) : null;
}

/** Epoch ms. Of a request: a number of milliseconds, or an RFC 3339 instant. */
export function instantOf(value: string | number | boolean): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? parseInstant(value) : null;
}

export function booleanOf(value: string | number | boolean): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  const text = undocumentedChoices.boolIgnoresCase ? foldCase(value) : value;
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** What is wrong with a value of a policy that holds no variables; null when it can be compared. */
export function operandProblem(text: string, { type }: Pick<OperatorUse, 'type'>): string | null {
  return isReadable(text, type) ? null : `${EXPECTED[type]}, not "${text}"`;
}

function isReadable(text: string, type: ValueType): boolean {
  switch (type) {
    case 'string':
      return true;
    case 'number':
      return parseDecimal(text) !== null;
    case 'date':
      return parseInstant(text) !== null;
    case 'bool':
    case 'presence':
      return booleanOf(text) !== null;
    case 'ip':
      return parseRange(text) !== null;
  }
}

const EXPECTED: Readonly<Record<ValueType, string>> = {
  string: 'must be text',
  number: 'must be a decimal number',
  date: 'must be an instant such as 2012-11-11T23:59:59Z',
  bool: 'must be "true" or "false"',
  presence: 'must be "true" or "false"',
  ip: 'must be an IPv4 or IPv6 address, or a range in CIDR notation',
};
