/** What a password must be like. */
const LEAST = 8;
const MOST = 128;

/** What is wrong with it, each fit for the caller; empty where it will do. */
export function passwordProblems(password: string, { userName }: { readonly userName: string }): string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [password.length >= LEAST, `must have at least ${String(LEAST)} characters`],
    [password.length <= MOST, `must have at most ${String(MOST)} characters`],
    [password.toLowerCase() !== userName.toLowerCase(), 'must not be the name of the user'],
  ];
  return rules.filter(([kept]) => !kept).map(([, problem]) => problem);
}
