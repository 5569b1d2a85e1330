/** The wire shapes of roles and of their grants (domain/iam.md §3.1); each fault names the code of §1.4. */
import { z } from 'zod';
import { filterText, type Links, linksSchema, listLinks, recordText, resourceLinks } from '../identity/index.js';
import type { Problem } from '../kernel/errors.js';
import type { RequestUrl } from '../platform/http/request-url.js';
import type { Role } from './roles.service.js';

export const rolePathSchema = z.object({ role_id: recordText(64) });
export const groupOnProjectSchema = z.object({ project_id: recordText(64), group_id: recordText(64) });
export const roleOnProjectSchema = groupOnProjectSchema.extend({ role_id: recordText(64) });
export const groupOnDomainSchema = z.object({ domain_id: recordText(64), group_id: recordText(64) });
export const roleOnDomainSchema = groupOnDomainSchema.extend({ role_id: recordText(64) });
const enterpriseProjectId = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,36}$/, 'must be 1 to 36 letters, digits or "-"')
  .meta({ description: '`0`: the default one.' });
export const groupOnEnterpriseProjectSchema = z.object({
  enterprise_project_id: enterpriseProjectId,
  group_id: recordText(64),
});
export const roleOnEnterpriseProjectSchema = groupOnEnterpriseProjectSchema.extend({ role_id: recordText(64) });
export type RolePath = z.infer<typeof rolePathSchema>;
export type GroupOnProject = z.infer<typeof groupOnProjectSchema>;
export type RoleOnProject = z.infer<typeof roleOnProjectSchema>;
export type GroupOnDomain = z.infer<typeof groupOnDomainSchema>;
export type RoleOnDomain = z.infer<typeof roleOnDomainSchema>;

export type GroupOnEnterpriseProject = z.infer<typeof groupOnEnterpriseProjectSchema>;
export type RoleOnEnterpriseProject = z.infer<typeof roleOnEnterpriseProjectSchema>;

const MOST_PER_PAGE = 300;
const page = {
  page: z.coerce.number().int().min(1).max(1_000_000).optional(),
  per_page: z.coerce.number().int().min(1).max(MOST_PER_PAGE).optional(),
};
function together(given: { page?: number | undefined; per_page?: number | undefined }, context: z.RefinementCtx): void {
  if ((given.page === undefined) === (given.per_page === undefined)) return;
  const path = [given.page === undefined ? 'page' : 'per_page'];
  context.addIssue({ code: 'custom', path, message: 'is required: page and per_page come together' });
}
export const listRolesSchema = z.object(page).superRefine(together);
export type ListRoles = z.infer<typeof listRolesSchema>;
export const listPermissionsSchema = z
  .object({
    ...page,
    domain_id: filterText().meta({ description: 'Given: custom policies of the domain; else those of the system.' }),
    name: filterText(),
    display_name: filterText(),
    catalog: filterText(),
    type: filterText(),
    permission_type: z.enum(['policy', 'role']).optional(),
  })
  .superRefine(together);
export type ListPermissions = z.infer<typeof listPermissionsSchema>;

/** The code stands at the beginning of each message, so that each fault has its own. */
const noMember = (code: string) => z.undefined(`${code}: is not for custom policies`).optional();
const text = (code: string, most: number) =>
  z
    .string(`${code}: must be text`)
    .max(most, `${code}: must be at most ${String(most)} characters`)
    .refine((value) => !value.includes('\0'), `${code}: must not hold a NUL`);
const displayName = () =>
  z
    .string('IAM.1003: must be text')
    .min(1, 'IAM.1001: must not be empty')
    .max(64, 'IAM.1002: must be at most 64 characters')
    .regex(/^[^\p{C}]*$/u, 'IAM.1003: must hold printable characters only');
const type = () =>
  z
    .string('IAM.1005: must be text')
    .refine((value) => value !== '', 'IAM.1004: must not be empty')
    .refine((value) => value === '' || value === 'AX' || value === 'XA', 'IAM.1009: must be AX or XA');
const policy = () => z.looseObject({}, 'IAM.1020: must be an object');
const unwanted = {
  catalog: noMember('IAM.1006'),
  flag: noMember('IAM.1007'),
  name: noMember('IAM.1008'),
};
const texts = { description: text('IAM.1018', 256).optional(), description_cn: text('IAM.1019', 256).optional() };
const ROLE_FAULT = 'IAM.1000: must be an object';
export const createRoleSchema = z.object({
  role: z.object({ display_name: displayName(), type: type(), ...texts, policy: policy(), ...unwanted }, ROLE_FAULT),
});
export const updateRoleSchema = z.object({
  role: z.object(
    {
      display_name: displayName().optional(),
      type: type().optional(),
      ...texts,
      policy: policy().optional(),
      ...unwanted,
    },
    ROLE_FAULT,
  ),
});
export type CreateRoleBody = z.infer<typeof createRoleSchema>;
export type UpdateRoleBody = z.infer<typeof updateRoleSchema>;

/** Of members that are not there at all. */
const MISSING: Readonly<Record<string, string>> = {
  body: 'IAM.1000',
  'body.role': 'IAM.1000',
  'body.role.display_name': 'IAM.1001',
  'body.role.type': 'IAM.1004',
  'body.role.policy': 'IAM.1020',
};

/** The code of the first fault. */
export function roleFaultCode([first]: readonly Problem[]): string {
  const own = /^IAM\.\d{4}(?=:)/.exec(first?.message ?? '')?.[0];
  return own ?? MISSING[first?.path ?? ''] ?? 'IAM.0011';
}

const roleView = z.object({
  id: z.string(),
  name: z.string(),
  display_name: z.string(),
  domain_id: z.string().nullable(),
  catalog: z.string(),
  type: z.string(),
  description: z.string(),
  description_cn: z.string(),
  policy: z.record(z.string(), z.unknown()),
  references: z.int().meta({ description: 'How often it is granted.' }),
  created_time: z.string().meta({ description: 'Epoch milliseconds.' }),
  updated_time: z.string().meta({ description: 'Epoch milliseconds.' }),
  links: z.object({ self: z.string() }),
});
export const roleAnswerSchema = z.object({ role: roleView });
export const roleListSchema = z.object({ roles: z.array(roleView), links: linksSchema, total_number: z.int() });
export type RoleAnswer = z.infer<typeof roleAnswerSchema>;
export type RoleListAnswer = z.infer<typeof roleListSchema>;

export function renderRole(role: Role, url: RequestUrl): RoleAnswer['role'] {
  return {
    id: role.id,
    name: role.name,
    display_name: role.displayName,
    domain_id: role.domainId,
    catalog: role.catalog,
    type: role.type,
    description: role.description,
    description_cn: role.descriptionCn,
    policy: JSON.parse(role.document) as Record<string, unknown>,
    references: role.uses,
    created_time: String(role.createdAt.getTime()),
    updated_time: String(role.updatedAt.getTime()),
    links: { self: resourceLinks(url, `/v3/roles/${role.id}`).self },
  };
}

/** @param roles those of the page; `total` how many there are on all pages */
export function renderRoles(
  roles: readonly Role[],
  url: RequestUrl,
  total = roles.length,
  query: { readonly page?: number | undefined; readonly per_page?: number | undefined } = {},
): RoleListAnswer {
  const { page: number = 1, per_page: size } = query;
  const links: Links = listLinks(url, number, size === undefined ? 1 : Math.max(1, Math.ceil(total / size)));
  return { roles: roles.map((role) => renderRole(role, url)), links, total_number: total };
}
