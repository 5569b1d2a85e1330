/** Reads a request's context; key names are compared without case (domain/iam.md §1.1). */
import { foldUnit } from './letter-case.js';
import type { ContextValue, RequestContext } from './policy.js';
import { undocumentedChoices } from './undocumented-choices.js';

/** The exact spelling wins over others, and of those the first. Undefined where the request says nothing. */
export function contextValue(context: RequestContext, key: string): ContextValue | undefined {
  const exact = context[key];
  if (exact !== undefined) return exact;
  for (const name in context) if (name.length === key.length && sameKey(name, key)) return context[name];
  return undefined;
}

function sameKey(left: string, right: string): boolean {
  for (let at = 0; at < left.length; at++)
    if (foldUnit(left.charCodeAt(at)) !== foldUnit(right.charCodeAt(at))) return false;
  return true;
}

/** Neither missing, nor null, nor a set without values. What is no {@link ContextValue} has a value that nothing can be compared with. */
export function hasValue(value: ContextValue | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (!isSet(value)) return true;
  for (const item of value) if (item !== null) return true;
  return !undocumentedChoices.emptySetIsMissing;
}

export function isSet(value: ContextValue): value is Extract<ContextValue, readonly unknown[]> {
  return Array.isArray(value);
}
