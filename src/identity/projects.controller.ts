/** `/v3/projects`, and what a caller may sign in to: `/v3/auth/projects`, `/v3/auth/domains`. */
import { Controller, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CalledUrl, type RequestUrl } from '../platform/http/request-url.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import { requireOwnDomain, requireOwnOrAllowed } from './directory-faults.js';
import type { Actor } from './directory-recorder.service.js';
import {
  type AuthDomainsAnswer,
  authDomainsSchema,
  type CreateProjectBody,
  createProjectSchema,
  type ListProjects,
  listProjectsSchema,
  type ProjectAnswer,
  projectAnswerSchema,
  type ProjectListAnswer,
  projectListSchema,
  type ProjectPath,
  projectPathSchema,
  renderAuthDomains,
  renderProject,
  renderProjects,
  type UpdateProjectBody,
  updateProjectSchema,
} from './projects.dto.js';
import { ProjectsService } from './projects.service.js';
import { UserDirectory } from './user-directory.service.js';
import { type UserPath, userPathSchema } from './users.dto.js';

@ApiTags('IAM projects')
@Controller('v3')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly directory: UserDirectory,
  ) {}

  /** Open to all users of the domain, as the official clients look their project up here by the name of a region. */
  @Requires('iam:projects:listProjects', { plane: 'tenant', self: true })
  @Get('projects')
  @ApiOperation({ summary: 'List the projects of the domain; operators may name another one' })
  @ApiZodResponse(200, projectListSchema)
  async list(
    @ApiZodQuery(listProjectsSchema) query: ListProjects,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<ProjectListAnswer> {
    const domainId = domainNamed(actor, query.domain_id);
    // Domains are no projects here.
    if (query.is_domain === true) return renderProjects([], url);
    const { name, enabled, parent_id: parentId, page, per_page: perPage } = query;
    const paging = page === undefined || perPage === undefined ? undefined : { page, perPage };
    const [projects, count] = await this.projects.list(domainId, { name, parentId, enabled }, paging);
    return renderProjects(projects, url, paging && { page: paging.page, pages: Math.ceil(count / paging.perPage) });
  }

  @Requires('iam:projects:createProject', { plane: 'tenant' })
  @Post('projects')
  @HttpCode(201)
  @ApiOperation({
    summary: 'Create the default project of a region, or a part of one; operators may name another domain',
  })
  @ApiZodResponse(201, projectAnswerSchema)
  async create(
    @ApiZodBody(createProjectSchema) { project }: CreateProjectBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<ProjectAnswer> {
    const { name, description, parent_id: parentId, domain_id: named } = project;
    const domainId = domainNamed(actor, named);
    return {
      project: renderProject(await this.projects.create(domainId, { name, description, parentId }, actor), url),
    };
  }

  @Requires('iam:projects:getProject', { plane: 'tenant', self: true })
  @Get('projects/:project_id')
  @ApiOperation({ summary: 'Show a project of the domain' })
  @ApiZodResponse(200, projectAnswerSchema)
  async get(
    @ApiZodParams(projectPathSchema) { project_id: id }: ProjectPath,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<ProjectAnswer> {
    return { project: renderProject(await this.projects.find(principal.domainId, id), url) };
  }

  @Requires('iam:projects:updateProject', { plane: 'tenant' })
  @Patch('projects/:project_id')
  @ApiOperation({ summary: 'Change a project’s name or description' })
  @ApiZodResponse(200, projectAnswerSchema)
  async update(
    @ApiZodParams(projectPathSchema) { project_id: id }: ProjectPath,
    @ApiZodBody(updateProjectSchema) { project }: UpdateProjectBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<ProjectAnswer> {
    return { project: renderProject(await this.projects.update(id, project, actor), url) };
  }

  @Requires('iam:projects:listProjectsForUser', { plane: 'tenant', self: true })
  @Get('users/:user_id/projects')
  @ApiOperation({ summary: 'List the projects of a user: of oneself, or to administrators of any of the domain' })
  @ApiZodResponse(200, projectListSchema)
  async ofUser(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<ProjectListAnswer> {
    requireOwnOrAllowed(actor, id);
    await this.directory.user(actor.principal.domainId, id);
    const [projects] = await this.projects.list(actor.principal.domainId, { enabled: true });
    return renderProjects(projects, url);
  }

  @Requires('iam:projects:listProjectsForUser', { plane: 'tenant', self: true })
  @Get('auth/projects')
  @ApiOperation({ summary: 'List the projects the caller can sign in to' })
  @ApiZodResponse(200, projectListSchema)
  async ofCaller(@CurrentPrincipal() principal: Principal, @CalledUrl() url: RequestUrl): Promise<ProjectListAnswer> {
    const [projects] = await this.projects.list(principal.domainId, { enabled: true });
    return renderProjects(projects, url);
  }

  @Requires('iam:domains:listForCaller', { plane: 'tenant', self: true })
  @Get('auth/domains')
  @ApiOperation({ summary: 'Show the caller’s domain' })
  @ApiZodResponse(200, authDomainsSchema)
  domainsOfCaller(@CurrentPrincipal() principal: Principal, @CalledUrl() url: RequestUrl): AuthDomainsAnswer {
    return renderAuthDomains(principal, url);
  }
}

/** A principal of the operator domain acts on the domains that its policies name. */
function domainNamed({ principal, beyondSelf }: Actor, named: string | undefined): string {
  if (named && principal.isOperator && beyondSelf(named)) return named;
  requireOwnDomain(principal, named);
  return principal.domainId;
}
