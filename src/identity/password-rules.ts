/** What a new password may not be. Passwords that were set before the rules stay good. */
import common from './data/common-passwords.json' with { type: 'json' };

export const PASSWORD_LENGTH = { least: 8, most: 128 } as const;

const COMMONEST: ReadonlySet<string> = new Set(common.passwords.split(' '));

/**
 * Every rule that the password breaks, in words that fit behind "the password …"; empty where it may be used.
 * Characters are counted as a reader counts them, not as JavaScript does; case makes no password less common.
 */
export function passwordProblems(password: string, { userName }: { readonly userName: string }): string[] {
  const problems: string[] = [];
  const length = Array.from(password).length;
  const plain = folded(password);
  const name = folded(userName);
  if (length < PASSWORD_LENGTH.least) problems.push(`must have at least ${String(PASSWORD_LENGTH.least)} characters`);
  if (length > PASSWORD_LENGTH.most) problems.push(`must have at most ${String(PASSWORD_LENGTH.most)} characters`);
  if (plain === name || plain === Array.from(name).reverse().join(''))
    problems.push('must be neither the name of the user nor its reverse');
  if (COMMONEST.has(plain)) problems.push('is one of the commonest passwords');
  return problems;
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
