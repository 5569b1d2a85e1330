/** `/v3.0/OS-PERMISSION/enterprise-projects/…`: grants of roles to groups on enterprise projects. */
import { Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
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
  type GroupOnEnterpriseProject,
  groupOnEnterpriseProjectSchema,
  renderRoles,
  type RoleListAnswer,
  roleListSchema,
  type RoleOnEnterpriseProject,
  roleOnEnterpriseProjectSchema,
} from './roles.dto.js';

@ApiTags('IAM roles')
@Controller('v3.0/OS-PERMISSION/enterprise-projects/:enterprise_project_id/groups/:group_id/roles')
export class EnterpriseGrantsController {
  constructor(private readonly grants: RoleGrants) {}

  @Requires('iam:permissions:listRolesForGroupOnEnterpriseProject', { plane: 'tenant' })
  @Get()
  @ApiOperation({ summary: 'List the roles of a group on an enterprise project' })
  @ApiZodResponse(200, roleListSchema)
  async list(
    @ApiZodParams(groupOnEnterpriseProjectSchema) path: GroupOnEnterpriseProject,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<RoleListAnswer> {
    return renderRoles(await this.grants.list(principal, targetOf(path)), url);
  }

  @Requires('iam:permissions:grantRoleToGroupOnEnterpriseProject', { plane: 'tenant' })
  @Put(':role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Grant a role to a group on an enterprise project' })
  grant(
    @ApiZodParams(roleOnEnterpriseProjectSchema) path: RoleOnEnterpriseProject,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.grant(path.role_id, targetOf(path), actor);
  }

  @Requires('iam:permissions:revokeRoleFromGroupOnEnterpriseProject', { plane: 'tenant' })
  @Delete(':role_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a role from a group on an enterprise project' })
  revoke(
    @ApiZodParams(roleOnEnterpriseProjectSchema) path: RoleOnEnterpriseProject,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.grants.revoke(path.role_id, targetOf(path), actor);
  }
}

function targetOf({ group_id: groupId, enterprise_project_id: scopeId }: GroupOnEnterpriseProject): GrantTarget {
  return { groupId, scopeKind: 'enterprise_project', scopeId };
}
