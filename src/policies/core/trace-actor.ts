/** Who did what a trace tells of, where it names a user of the trace's own domain. */
import { memberOf, parsedJson } from './untrusted-json.js';

/**
 * @param user JSON text of the trace's user, or any other text
 * @returns the id of the user; null where nobody, or somebody of another domain is named
 */
export function traceActor(user: string | null, domainId: string): string | null {
  if (!user?.startsWith('{')) return null;
  const named = parsedJson(user);
  const id = memberOf(named, 'id');
  const domain = memberOf(memberOf(named, 'domain'), 'id');
  if (typeof id !== 'string' || id === '') return null;
  return domain === undefined || domain === null || domain === '' || domain === domainId ? id : null;
}
