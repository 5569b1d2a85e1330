/** Names by which registry clients log in: `{project}@{credential}` (domain/quota.md §1.1). */

export interface RegistryUsername {
  /** Name of a project, or its id where the name cannot stand in a command; {@link BEARER} for none. */
  readonly project: string;
  /** Access key, or id of a login credential. */
  readonly credential: string;
}

/** In place of the project in the names that `CreateAuthorizationToken` gives out. */
export const BEARER = 'bearertoken';

const CREDENTIAL = /^[A-Za-z0-9_-]{1,64}$/;
const IN_COMMANDS = /^[A-Za-z0-9_.-]{1,64}$/;

/** Null for what is no such name. */
export function parseRegistryUsername(username: string): RegistryUsername | null {
  const at = username.lastIndexOf('@');
  if (at < 1) return null;
  const [project, credential] = [username.slice(0, at), username.slice(at + 1)];
  return CREDENTIAL.test(credential) && !project.includes('\0') ? { project, credential } : null;
}

export function registryUsername(project: { readonly id: string; readonly name: string }, credential: string): string {
  return `${IN_COMMANDS.test(project.name) ? project.name : project.id}@${credential}`;
}

export function dockerLogin(username: string, password: string, registry: string): string {
  return `docker login -u ${username} -p ${password} ${registry}`;
}

/** `template` with the region in place of `{region}`, as far as it can stand in the name of a host. */
export function registryAddress(template: string, region: string): string {
  return template.replaceAll('{region}', region.replace(/[^A-Za-z0-9.-]/g, '-'));
}
