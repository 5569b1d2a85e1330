/** The wire shapes of SWR's permissions on organizations and repositories (domain/iam.md §2.3; SWR API reference, swr_02_0042 to 0049). */
import { z } from 'zod';
import { recordText } from '../identity/index.js';
import type { Problem } from '../kernel/errors.js';
import { decodeRepositoryName } from '../kernel/repository-name.js';
import { nameFault, type NameRule } from '../kernel/resource-names.js';
import type { RegistryPermissions } from './registry-grants.service.js';
import type { RegistryGrant } from './registry-grants.store.js';

const MOST_AT_ONCE = 100;

const named = (rule: NameRule, decode: (spelling: string) => string = (name) => name) =>
  z
    .string()
    .max(384)
    .transform((spelling, context) => {
      const name = decode(spelling);
      const message = nameFault(name, rule);
      if (message !== null) context.addIssue({ code: 'custom', message });
      return name;
    });

export const organizationPathSchema = z.object({ namespace: named('organization') });
export const repositoryPathSchema = organizationPathSchema.extend({
  repository: named('repository', decodeRepositoryName),
});
export type OrganizationPath = z.infer<typeof organizationPathSchema>;
export type RepositoryPath = z.infer<typeof repositoryPathSchema>;

const userAuthSchema = z.object({
  user_id: recordText(64),
  user_name: recordText(256),
  auth: z.literal([1, 3, 7], 'must be 7 (manage), 3 (edit) or 1 (read)'),
});

function distinct(ids: readonly string[], context: z.RefinementCtx): void {
  ids.forEach((id, index) => {
    if (ids.indexOf(id) < index) context.addIssue({ code: 'custom', path: [index], message: 'stands here twice' });
  });
}

export const userAuthsSchema = z
  .array(userAuthSchema)
  .min(1)
  .max(MOST_AT_ONCE)
  .superRefine((auths, context) => {
    distinct(
      auths.map(({ user_id: id }) => id),
      context,
    );
  });
export const userIdsSchema = z.array(recordText(64)).min(1).max(MOST_AT_ONCE).superRefine(distinct);
export type UserAuths = z.infer<typeof userAuthsSchema>;
export type UserIds = z.infer<typeof userIdsSchema>;

const INVALID = 'SVCSTG.SWR.4000014';
const codeBy =
  (ending: string, code: string) =>
  (problems: readonly Problem[]): string =>
    problems.every(({ path }) => path.endsWith(ending)) ? code : INVALID;

export const INVALID_LIST = { code: INVALID };
export const INVALID_ORGANIZATION_AUTH = { code: codeBy('.auth', 'SVCSTG.SWR.4001065') };
export const INVALID_REPOSITORY_AUTH = { code: codeBy('.auth', 'SVCSTG.SWR.4001066') };
export const INVALID_ORGANIZATION = { code: 'SVCSTG.SWR.4001028' };
export const INVALID_REPOSITORY = {
  code: (problems: readonly Problem[]): string =>
    problems.some(({ path }) => path.endsWith('.namespace')) ? INVALID_ORGANIZATION.code : 'SVCSTG.SWR.4001029',
};

const userAuthView = z.object({ user_id: z.string(), user_name: z.string(), auth: z.int() });
const permissionsView = {
  id: z.int().meta({ description: 'Made from the name: the same each time.' }),
  name: z.string(),
  self_auth: userAuthView.meta({ description: 'The more of what is granted and what policies allow; 0: nothing.' }),
  others_auths: z.array(userAuthView),
};
export const organizationPermissionsSchema = z.object({
  ...permissionsView,
  creator_name: z.string().meta({ description: 'Empty: organizations are the registry’s.' }),
});
export const repositoryPermissionsSchema = z.object(permissionsView);
export type OrganizationPermissions = z.infer<typeof organizationPermissionsSchema>;
export type RepositoryPermissions = z.infer<typeof repositoryPermissionsSchema>;

export function readGrants(auths: UserAuths): RegistryGrant[] {
  return auths.map(({ user_id: userId, user_name: userName, auth }) => ({ userId, userName, auth }));
}

export function renderRepositoryPermissions({ id, name, self, others }: RegistryPermissions): RepositoryPermissions {
  return { id, name, self_auth: renderGrant(self), others_auths: others.map(renderGrant) };
}

export function renderOrganizationPermissions(permissions: RegistryPermissions): OrganizationPermissions {
  return { ...renderRepositoryPermissions(permissions), creator_name: '' };
}

function renderGrant({ userId, userName, auth }: RegistryGrant): z.infer<typeof userAuthView> {
  return { user_id: userId, user_name: userName, auth };
}
