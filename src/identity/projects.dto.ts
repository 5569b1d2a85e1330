/** The wire shapes of projects and of `GET /v3/auth/domains` (OTC API reference, project management). */
import { z } from 'zod';
import type { Principal } from '../kernel/principal.js';
import type { RequestUrl } from '../platform/http/request-url.js';
import { linksSchema, listLinks, resourceLinks, selfSchema } from './iam-links.dto.js';
import { filterFlag, filterText, recordText } from './identity-fields.dto.js';
import type { Project } from './project.entity.js';

export const projectPathSchema = z.object({ project_id: recordText(64) });
export type ProjectPath = z.infer<typeof projectPathSchema>;

export const listProjectsSchema = z
  .object({
    domain_id: filterText(),
    name: filterText(),
    parent_id: filterText(),
    enabled: filterFlag(),
    is_domain: filterFlag(),
    page: z.coerce.number().int().min(1).max(1_000_000).optional(),
    per_page: z.coerce.number().int().min(1).max(5_000).optional(),
  })
  .superRefine(({ page, per_page: perPage }, context) => {
    if ((page === undefined) === (perPage === undefined)) return;
    const path = [page === undefined ? 'page' : 'per_page'];
    context.addIssue({ code: 'custom', path, message: 'is required: page and per_page come together' });
  });
export type ListProjects = z.infer<typeof listProjectsSchema>;

const name = () =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,63})$/,
      'must be 1 to 64 letters, digits, "-", "_" or ".", and begin with a letter or a digit',
    );
const description = () => recordText(255, 0).optional();

export const createProjectSchema = z.object({
  project: z.object({
    name: name().meta({ description: 'A region, for its default project; else `REGION_…`, for a part of that one.' }),
    parent_id: recordText(64, 0).optional(),
    domain_id: recordText(64, 0).optional(),
    description: description(),
  }),
});
export type CreateProjectBody = z.infer<typeof createProjectSchema>;

export const updateProjectSchema = z.object({
  project: z
    .object({ name: name().optional(), description: description() })
    .refine((given) => given.name !== undefined || given.description !== undefined, 'needs a name or a description'),
});
export type UpdateProjectBody = z.infer<typeof updateProjectSchema>;

const projectView = z.object({
  id: z.string(),
  name: z.string(),
  domain_id: z.string(),
  parent_id: z.string().meta({ description: 'The project of the region; of that one: the domain.' }),
  is_domain: z.boolean(),
  enabled: z.boolean(),
  description: z.string(),
  links: linksSchema,
});
export const projectAnswerSchema = z.object({ project: projectView });
export const projectListSchema = z.object({ projects: z.array(projectView), links: linksSchema });
export type ProjectAnswer = z.infer<typeof projectAnswerSchema>;
export type ProjectListAnswer = z.infer<typeof projectListSchema>;

export function renderProject(project: Project, url: RequestUrl): ProjectAnswer['project'] {
  return {
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    parent_id: project.parentId ?? project.domainId,
    is_domain: false,
    enabled: project.enabled,
    description: project.description,
    links: resourceLinks(url, `/v3/projects/${project.id}`),
  };
}

/** @param page from 1, with how many there are; the whole list where it is left out */
export function renderProjects(
  projects: readonly Project[],
  url: RequestUrl,
  { page = 1, pages = 1 }: { page?: number; pages?: number } = {},
): ProjectListAnswer {
  return { projects: projects.map((project) => renderProject(project, url)), links: listLinks(url, page, pages) };
}

export const authDomainsSchema = z.object({
  domains: z.array(
    z.object({ id: z.string(), name: z.string(), enabled: z.boolean(), description: z.string(), links: selfSchema }),
  ),
  links: selfSchema,
});
export type AuthDomainsAnswer = z.infer<typeof authDomainsSchema>;

/** Of a caller there is only its own domain, which is enabled, as it called. */
export function renderAuthDomains({ domainId, domainName }: Principal, { base, path }: RequestUrl): AuthDomainsAnswer {
  const links = { self: `${base}/v3/domains/${domainId}` };
  return {
    domains: [{ id: domainId, name: domainName, enabled: true, description: '', links }],
    links: { self: `${base}${path}` },
  };
}
