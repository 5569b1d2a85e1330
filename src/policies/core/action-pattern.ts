/** Actions `service:resourceType:operation`, and patterns of them; case does not count (domain/iam.md §1.1). */
import { compileGlob, type Glob, MAX_STARS, matchesGlob } from './glob.js';
import type { PolicyVersion } from './policy.js';
import { parseTemplate } from './template.js';
import { undocumentedChoices } from './undocumented-choices.js';

export type ActionParts = readonly [service: string, resourceType: string, operation: string];
export type ActionPattern = readonly [service: Glob, resourceType: Glob, operation: Glob];

export const MAX_ACTION_LENGTH = 128;
const RULES = { star: true, any: false, variables: false };

/** Null unless there are three parts, of which the middle one may be empty (5.0: `swr::createLoginSecret`). */
export function splitAction(action: string): ActionParts | null {
  const [service = '', resourceType = '', operation = '', ...more] = action.split(':');
  return service === '' || operation === '' || more.length > 0 ? null : [service, resourceType, operation];
}

/** Null where the pattern is malformed for documents of that version. */
export function parseActionPattern(text: string, version: PolicyVersion): ActionPattern | null {
  const loneStar = text === '*' && version === '5.0' && undocumentedChoices.loneStarAction;
  const parts = splitAction(loneStar ? '*:*:*' : text);
  if (parts === null || (parts[1] === '' && version !== '5.0') || !holdsOnlyActionCharacters(text)) return null;
  if (text.split('*').length - 1 > MAX_STARS) return null;
  const [service, resourceType, operation] = parts;
  return [globOf(service), globOf(resourceType), globOf(operation)];
}

function holdsOnlyActionCharacters(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const isAlphanumeric = (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || (char >= '0' && char <= '9');
    if (!isAlphanumeric && !'_-.*:'.includes(char)) return false;
  }
  return true;
}

function globOf(part: string): Glob {
  return compileGlob(parseTemplate(part, RULES) ?? [], true);
}

export function matchesAction(pattern: ActionPattern, parts: ActionParts): boolean {
  return matchesGlob(pattern[0], parts[0]) && matchesGlob(pattern[1], parts[1]) && matchesGlob(pattern[2], parts[2]);
}

/** An action without resource type is done on no resource: it matches only where every resource is meant (domain/iam.md §1.2). */
export function hasResourceType(action: string): boolean {
  return !action.includes('::');
}
