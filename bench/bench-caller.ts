/** Who calls the API in a benchmark: the first administrator, made where there is none. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootstrapService } from '../src/identity/index.js';
import type { BenchStack } from './bench-stack.js';

export interface Credentials {
  readonly user: { readonly name: string; readonly password: string };
  readonly domain: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string };
}

export async function bootstrap({ app }: BenchStack): Promise<Credentials> {
  const folder = mkdtempSync(join(tmpdir(), 'quaestor-bench-'));
  try {
    const file = join(folder, 'credentials.json');
    await app.get(BootstrapService, { strict: false }).run(file);
    return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
