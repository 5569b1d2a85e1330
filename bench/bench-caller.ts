/** How a benchmark's caller signs in. */
import type { Credentials } from '../src/identity/index.js';

/** A token for the project, from the service at `url`. */
export async function signIn(url: string, { user, domain, project }: Credentials): Promise<string> {
  const password = { user: { name: user.name, password: user.password, domain: { name: domain.name } } };
  const answer = await fetch(`${url}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: { identity: { methods: ['password'], password }, scope: { project: { id: project.id } } },
    }),
  });
  const token = answer.headers.get('x-subject-token');
  if (token === null) throw new Error(`not signed in: status ${String(answer.status)}`);
  return token;
}
