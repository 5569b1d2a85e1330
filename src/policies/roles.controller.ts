/** `/v3.0/OS-ROLE/roles`: custom policies of version 1.1; `/v3/roles`: also those of the system. */
import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor, requireOwnDomain } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { CalledUrl, type RequestUrl } from '../platform/http/request-url.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type CreateRoleBody,
  createRoleSchema,
  type ListPermissions,
  listPermissionsSchema,
  type ListRoles,
  listRolesSchema,
  renderRole,
  renderRoles,
  type RoleAnswer,
  roleAnswerSchema,
  roleFaultCode,
  type RoleListAnswer,
  roleListSchema,
  type RolePath,
  rolePathSchema,
  type UpdateRoleBody,
  updateRoleSchema,
} from './roles.dto.js';
import { type Role, Roles } from './roles.service.js';

@ApiTags('IAM roles')
@Controller()
export class RolesController {
  constructor(private readonly roles: Roles) {}

  @Requires('iam:roles:createRole', { plane: 'tenant' })
  @Post('v3.0/OS-ROLE/roles')
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a custom policy of version 1.1' })
  @ApiZodResponse(201, roleAnswerSchema)
  async create(
    @ApiZodBody(createRoleSchema, { code: roleFaultCode }) { role }: CreateRoleBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleAnswer> {
    const { display_name: displayName, type, description = '', description_cn: descriptionCn = '', policy } = role;
    const draft = { displayName, type, description, descriptionCn, policy };
    return { role: renderRole(await this.roles.create(draft, actor), url) };
  }

  @Requires('iam:roles:listRoles', { plane: 'tenant' })
  @Get('v3.0/OS-ROLE/roles')
  @ApiOperation({ summary: 'List the custom policies of the domain' })
  @ApiZodResponse(200, roleListSchema)
  async list(
    @ApiZodQuery(listRolesSchema) query: ListRoles,
    @CurrentPrincipal() { domainId }: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleListAnswer> {
    const { page, per_page: perPage } = query;
    const part = page === undefined || perPage === undefined ? undefined : { page, perPage };
    const [roles, total] = await this.roles.list(domainId, part);
    return renderRoles(roles, url, total, query);
  }

  @Requires('iam:roles:getRole', { plane: 'tenant' })
  @Get('v3.0/OS-ROLE/roles/:role_id')
  @ApiOperation({ summary: 'Show a custom policy' })
  @ApiZodResponse(200, roleAnswerSchema)
  async get(
    @ApiZodParams(rolePathSchema) { role_id: id }: RolePath,
    @CurrentPrincipal() { domainId }: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleAnswer> {
    return { role: renderRole(await this.roles.custom(domainId, id), url) };
  }

  @Requires('iam:roles:updateRole', { plane: 'tenant' })
  @Patch('v3.0/OS-ROLE/roles/:role_id')
  @ApiOperation({ summary: 'Change a custom policy; what is left out stays as it is' })
  @ApiZodResponse(200, roleAnswerSchema)
  async update(
    @ApiZodParams(rolePathSchema) { role_id: id }: RolePath,
    @ApiZodBody(updateRoleSchema, { code: roleFaultCode }) { role }: UpdateRoleBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleAnswer> {
    const { display_name: displayName, type, description, description_cn: descriptionCn, policy } = role;
    const change = { displayName, type, description, descriptionCn, policy };
    return { role: renderRole(await this.roles.update(id, change, actor), url) };
  }

  @Requires('iam:roles:deleteRole', { plane: 'tenant' })
  @Delete('v3.0/OS-ROLE/roles/:role_id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Delete a custom policy that is granted to nobody' })
  delete(@ApiZodParams(rolePathSchema) { role_id: id }: RolePath, @CurrentActor() actor: Actor): Promise<void> {
    return this.roles.delete(id, actor);
  }

  @Requires('iam:roles:listRoles', { plane: 'tenant' })
  @Get('v3/roles')
  @ApiOperation({ summary: 'List the roles and policies of the system, or the custom ones of the domain' })
  @ApiZodResponse(200, roleListSchema)
  async permissions(
    @ApiZodQuery(listPermissionsSchema) query: ListPermissions,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleListAnswer> {
    requireOwnDomain(principal, query.domain_id);
    const { domainId } = principal;
    const all = query.domain_id ? (await this.roles.list(domainId))[0] : await this.roles.system(domainId);
    const found = all.filter((role) => isAsked(role, query));
    const { page = 1, per_page: size = found.length } = query;
    return renderRoles(found.slice((page - 1) * size, page * size), url, found.length, query);
  }

  @Requires('iam:roles:getRole', { plane: 'tenant' })
  @Get('v3/roles/:role_id')
  @ApiOperation({ summary: 'Show a role or policy, of the system or of the domain' })
  @ApiZodResponse(200, roleAnswerSchema)
  async permission(
    @ApiZodParams(rolePathSchema) { role_id: id }: RolePath,
    @CurrentPrincipal() { domainId }: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleAnswer> {
    return { role: renderRole(await this.roles.find(domainId, id), url) };
  }
}

/** A role in the narrow sense is of version 1.0. */
function isAsked(role: Role, query: ListPermissions): boolean {
  const { name, display_name: displayName, catalog, type, permission_type: kind } = query;
  const { Version: version } = JSON.parse(role.document) as { readonly Version?: unknown };
  return (
    (!name || role.name === name) &&
    (!displayName || role.displayName.includes(displayName)) &&
    (!catalog || role.catalog === catalog) &&
    (!type || role.type === type) &&
    (kind === undefined || (kind === 'role') === (version === '1.0'))
  );
}
