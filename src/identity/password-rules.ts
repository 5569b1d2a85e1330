/** What a password must be like. */
const LEAST = 8;
const MOST = 128;

/** What is wrong with it, each fit for the caller; empty where it will do. */
export function passwordProblems(password: string, _user: { readonly userName: string }): string[] {
  if (password.length < LEAST) return [`must have at least ${String(LEAST)} characters`];
  return password.length > MOST ? [`must have at most ${String(MOST)} characters`] : [];
}
