/** ETag and If-Match over versions (RFC 9110 §13.1.1): a change is made only to what its author has seen. */
import { AppError } from '../kernel/errors.js';

export function entityTag(version: number): string {
  return `"${String(version)}"`;
}

/**
 * Throws `QST.PreconditionFailed` unless the header is absent or names the version in force.
 *
 * @param version null where there is nothing yet; then any If-Match fails
 */
export function requireMatch(ifMatch: string | undefined, version: number | null): void {
  if (ifMatch === undefined) return;
  const named = ifMatch.split(',').map((tag) => tag.trim());
  if (version !== null && (named.includes('*') || named.includes(entityTag(version)))) return;
  const now = version === null ? 'there is none now' : `the version in force is ${entityTag(version)}`;
  throw new AppError('QST.PreconditionFailed', `It was changed meanwhile, or is not there: ${now}.`);
}
