/** Who did what a trace tells of, where it names a user of the trace's own domain. */
import { memberOf, parsedJson } from './untrusted-json.js';

export interface NamedUser {
  readonly id: string;
  /** As the sender wrote it, whatever its type; undefined where it says nothing. */
  readonly domainId: unknown;
}

/**
 * @param user JSON text of the trace's user, or any other text
 * @returns null where it names nobody by an id
 */
export function namedUser(user: string): NamedUser | null {
  if (!user.startsWith('{')) return null;
  const named = parsedJson(user);
  const id = memberOf(named, 'id');
  return typeof id === 'string' && id !== '' ? { id, domainId: memberOf(memberOf(named, 'domain'), 'id') } : null;
}

/** The id of the user; null where somebody of another domain is named. */
export function actorWithin({ id, domainId: named }: NamedUser, domainId: string): string | null {
  return named === undefined || named === null || named === '' || named === domainId ? id : null;
}
