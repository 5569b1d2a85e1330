/** Instants in the forms of the IAM API that `token.dto.ts` does not have. */

/** `2020-07-08 02:19:03.0`, UTC; null stays null. */
export function userTime(at: Date | null): string | null {
  return at === null ? null : `${at.toISOString().slice(0, 19).replace('T', ' ')}.0`;
}
