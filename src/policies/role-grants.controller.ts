/** Grants of roles to groups: on a project, on the domain (global services), on all projects of the domain. */
import { Controller, Delete, Get, Head, HttpCode, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { CalledUrl, type RequestUrl } from '../platform/http/request-url.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { RoleGrants } from './role-grants.service.js';
import type { GrantTarget } from './role-grants.store.js';
import {
  type GroupOnDomain,
  groupOnDomainSchema,
  type GroupOnProject,
  groupOnProjectSchema,
  renderRoles,
  type RoleListAnswer,
  roleListSchema,
  type RoleOnDomain,
  roleOnDomainSchema,
  type RoleOnProject,
  roleOnProjectSchema,
} from './roles.dto.js';

@ApiTags('IAM roles')
@Controller('v3')
export class RoleGrantsController {
  constructor(private readonly grants: RoleGrants) {}

  @Requires('iam:permissions:listRolesForGroupOnProject', { plane: 'tenant' })
  @Get('projects/:project_id/groups/:group_id/roles')
  @ApiOperation({ summary: 'List the roles of a group on a project' })
  @ApiZodResponse(200, roleListSchema)
  async listOnProject(
    @ApiZodParams(groupOnProjectSchema) path: GroupOnProject,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleListAnswer> {
    return renderRoles(await this.grants.list(principal, onProject(path)), url);
  }

  @Requires('iam:permissions:grantRoleToGroupOnProject', { plane: 'tenant' })
  @Put('projects/:project_id/groups/:group_id/roles/:role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Grant a role to a group on a project' })
  grantOnProject(@ApiZodParams(roleOnProjectSchema) path: RoleOnProject, @CurrentActor() actor: Actor): Promise<void> {
    return this.grants.grant(path.role_id, onProject(path), actor);
  }

  @Requires('iam:permissions:checkRoleForGroupOnProject', { plane: 'tenant' })
  @Head('projects/:project_id/groups/:group_id/roles/:role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Whether a group has a role on a project: 204, else 404' })
  checkOnProject(
    @ApiZodParams(roleOnProjectSchema) path: RoleOnProject,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.grants.requireGranted(principal, path.role_id, onProject(path));
  }

  @Requires('iam:permissions:revokeRoleFromGroupOnProject', { plane: 'tenant' })
  @Delete('projects/:project_id/groups/:group_id/roles/:role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a role from a group on a project' })
  revokeOnProject(@ApiZodParams(roleOnProjectSchema) path: RoleOnProject, @CurrentActor() actor: Actor): Promise<void> {
    return this.grants.revoke(path.role_id, onProject(path), actor);
  }

  @Requires('iam:permissions:listRolesForGroupOnDomain', { plane: 'tenant' })
  @Get('domains/:domain_id/groups/:group_id/roles')
  @ApiOperation({ summary: 'List the roles of a group on the domain' })
  @ApiZodResponse(200, roleListSchema)
  async listOnDomain(
    @ApiZodParams(groupOnDomainSchema) path: GroupOnDomain,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleListAnswer> {
    return renderRoles(await this.grants.list(principal, onDomain(path)), url);
  }

  @Requires('iam:permissions:grantRoleToGroupOnDomain', { plane: 'tenant' })
  @Put('domains/:domain_id/groups/:group_id/roles/:role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Grant a role to a group on the domain' })
  grantOnDomain(@ApiZodParams(roleOnDomainSchema) path: RoleOnDomain, @CurrentActor() actor: Actor): Promise<void> {
    return this.grants.grant(path.role_id, onDomain(path), actor);
  }

  @Requires('iam:permissions:checkRoleForGroupOnDomain', { plane: 'tenant' })
  @Head('domains/:domain_id/groups/:group_id/roles/:role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Whether a group has a role on the domain: 204, else 404' })
  checkOnDomain(
    @ApiZodParams(roleOnDomainSchema) path: RoleOnDomain,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.grants.requireGranted(principal, path.role_id, onDomain(path));
  }

  @Requires('iam:permissions:revokeRoleFromGroupOnDomain', { plane: 'tenant' })
  @Delete('domains/:domain_id/groups/:group_id/roles/:role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a role from a group on the domain' })
  revokeOnDomain(@ApiZodParams(roleOnDomainSchema) path: RoleOnDomain, @CurrentActor() actor: Actor): Promise<void> {
    return this.grants.revoke(path.role_id, onDomain(path), actor);
  }

  @Requires('iam:permissions:listRolesForGroup', { plane: 'tenant' })
  @Get('OS-INHERIT/domains/:domain_id/groups/:group_id/roles/inherited_to_projects')
  @ApiOperation({ summary: 'List the roles of a group on all projects' })
  @ApiZodResponse(200, roleListSchema)
  async listInherited(
    @ApiZodParams(groupOnDomainSchema) path: GroupOnDomain,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleListAnswer> {
    return renderRoles(await this.grants.list(principal, inherited(path)), url);
  }

  @Requires('iam:permissions:grantRoleToGroup', { plane: 'tenant' })
  @Put('OS-INHERIT/domains/:domain_id/groups/:group_id/roles/:role_id/inherited_to_projects')
  @HttpCode(204)
  @ApiOperation({ summary: 'Grant a role to a group on all projects' })
  grantInherited(@ApiZodParams(roleOnDomainSchema) path: RoleOnDomain, @CurrentActor() actor: Actor): Promise<void> {
    return this.grants.grant(path.role_id, inherited(path), actor);
  }

  @Requires('iam:permissions:checkRoleForGroup', { plane: 'tenant' })
  @Head('OS-INHERIT/domains/:domain_id/groups/:group_id/roles/:role_id/inherited_to_projects')
  @HttpCode(204)
  @ApiOperation({ summary: 'Whether a group has a role on all projects: 204, else 404' })
  checkInherited(
    @ApiZodParams(roleOnDomainSchema) path: RoleOnDomain,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.grants.requireGranted(principal, path.role_id, inherited(path));
  }

  @Requires('iam:permissions:revokeRoleFromGroup', { plane: 'tenant' })
  @Delete('OS-INHERIT/domains/:domain_id/groups/:group_id/roles/:role_id/inherited_to_projects')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a role from a group on all projects' })
  revokeInherited(@ApiZodParams(roleOnDomainSchema) path: RoleOnDomain, @CurrentActor() actor: Actor): Promise<void> {
    return this.grants.revoke(path.role_id, inherited(path), actor);
  }
}

function onProject({ group_id: groupId, project_id: scopeId }: GroupOnProject): GrantTarget {
  return { groupId, scopeKind: 'project', scopeId };
}

function onDomain({ group_id: groupId, domain_id: scopeId }: GroupOnDomain): GrantTarget {
  return { groupId, scopeKind: 'domain', scopeId };
}

function inherited({ group_id: groupId, domain_id: scopeId }: GroupOnDomain): GrantTarget {
  return { groupId, scopeKind: 'inherited', scopeId };
}
