/** `/v2/manage/namespaces/{namespace}/access` and `…/repos/{repository}/access`: SWR's permissions of users. */
import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  INVALID_LIST,
  INVALID_ORGANIZATION,
  INVALID_ORGANIZATION_AUTH,
  INVALID_REPOSITORY,
  INVALID_REPOSITORY_AUTH,
  type OrganizationPath,
  organizationPathSchema,
  type OrganizationPermissions,
  organizationPermissionsSchema,
  readGrants,
  renderOrganizationPermissions,
  renderRepositoryPermissions,
  type RepositoryPath,
  repositoryPathSchema,
  type RepositoryPermissions,
  repositoryPermissionsSchema,
  type UserAuths,
  userAuthsSchema,
  type UserIds,
  userIdsSchema,
} from './registry-grants.dto.js';
import { RegistryGrants } from './registry-grants.service.js';

const OF_ORGANIZATION = { plane: 'tenant', scope: 'caller', resource: '{namespace}' } as const;
const OF_REPOSITORY = { plane: 'tenant', scope: 'caller', resource: '{namespace}/{repository}' } as const;

@ApiTags('SWR permissions')
@Controller('v2/manage/namespaces/:namespace')
export class RegistryGrantsController {
  constructor(private readonly grants: RegistryGrants) {}

  @Requires('swr:namespace:getNamespaceAccess', OF_ORGANIZATION)
  @Get('access')
  @ApiOperation({ summary: 'ShowNamespaceAuth: who has which permission on an organization' })
  @ApiZodResponse(200, organizationPermissionsSchema)
  async showOrganization(
    @ApiZodParams(organizationPathSchema, INVALID_ORGANIZATION) target: OrganizationPath,
    @CurrentPrincipal() principal: Principal,
  ): Promise<OrganizationPermissions> {
    return renderOrganizationPermissions(await this.grants.show(target, principal));
  }

  @Requires('swr:namespace:createNamespaceAccess', OF_ORGANIZATION)
  @Post('access')
  @HttpCode(201)
  @ApiOperation({ summary: 'CreateNamespaceAuth: grant permissions on an organization' })
  createOrganization(
    @ApiZodParams(organizationPathSchema, INVALID_ORGANIZATION) target: OrganizationPath,
    @ApiZodBody(userAuthsSchema, INVALID_ORGANIZATION_AUTH) auths: UserAuths,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.create(target, readGrants(auths), actor);
  }

  @Requires('swr:namespace:createNamespaceAccess', OF_ORGANIZATION)
  @Patch('access')
  @HttpCode(201)
  @ApiOperation({ summary: 'UpdateNamespaceAuth: change permissions on an organization' })
  updateOrganization(
    @ApiZodParams(organizationPathSchema, INVALID_ORGANIZATION) target: OrganizationPath,
    @ApiZodBody(userAuthsSchema, INVALID_ORGANIZATION_AUTH) auths: UserAuths,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.update(target, readGrants(auths), actor);
  }

  @Requires('swr:namespace:createNamespaceAccess', OF_ORGANIZATION)
  @Delete('access')
  @HttpCode(204)
  @ApiOperation({ summary: 'DeleteNamespaceAuth: take permissions on an organization away' })
  removeOrganization(
    @ApiZodParams(organizationPathSchema, INVALID_ORGANIZATION) target: OrganizationPath,
    @ApiZodBody(userIdsSchema, INVALID_LIST) userIds: UserIds,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.remove(target, userIds, actor);
  }

  @Requires('swr:repo:getRepoAccess', OF_REPOSITORY)
  @Get('repos/:repository/access')
  @ApiOperation({ summary: 'ShowUserRepositoryAuth: who has which permission on a repository' })
  @ApiZodResponse(200, repositoryPermissionsSchema)
  async showRepository(
    @ApiZodParams(repositoryPathSchema, INVALID_REPOSITORY) target: RepositoryPath,
    @CurrentPrincipal() principal: Principal,
  ): Promise<RepositoryPermissions> {
    return renderRepositoryPermissions(await this.grants.show(target, principal));
  }

  @Requires('swr:repo:createRepoAccess', OF_REPOSITORY)
  @Post('repos/:repository/access')
  @HttpCode(201)
  @ApiOperation({ summary: 'CreateUserRepositoryAuth: grant permissions on a repository' })
  createRepository(
    @ApiZodParams(repositoryPathSchema, INVALID_REPOSITORY) target: RepositoryPath,
    @ApiZodBody(userAuthsSchema, INVALID_REPOSITORY_AUTH) auths: UserAuths,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.create(target, readGrants(auths), actor);
  }

  @Requires('swr:repo:updateRepoAccess', OF_REPOSITORY)
  @Patch('repos/:repository/access')
  @HttpCode(201)
  @ApiOperation({ summary: 'UpdateUserRepositoryAuth: change permissions on a repository' })
  updateRepository(
    @ApiZodParams(repositoryPathSchema, INVALID_REPOSITORY) target: RepositoryPath,
    @ApiZodBody(userAuthsSchema, INVALID_REPOSITORY_AUTH) auths: UserAuths,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.update(target, readGrants(auths), actor);
  }

  @Requires('swr:repo:updateRepoAccess', OF_REPOSITORY)
  @Delete('repos/:repository/access')
  @HttpCode(204)
  @ApiOperation({ summary: 'DeleteUserRepositoryAuth: take permissions on a repository away' })
  removeRepository(
    @ApiZodParams(repositoryPathSchema, INVALID_REPOSITORY) target: RepositoryPath,
    @ApiZodBody(userIdsSchema, INVALID_LIST) userIds: UserIds,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.remove(target, userIds, actor);
  }
}
