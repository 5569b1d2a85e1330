/** `/v3/groups`: groups and who is in them. */
import { Controller, Delete, Get, Head, HttpCode, Patch, Post, Put } from '@nestjs/common';
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
  type CreateGroupBody,
  createGroupSchema,
  type GroupAnswer,
  groupAnswerSchema,
  type GroupListAnswer,
  groupListSchema,
  type GroupPath,
  groupPathSchema,
  type ListGroups,
  listGroupsSchema,
  type MembershipPath,
  membershipPathSchema,
  renderGroup,
  renderGroups,
  type UpdateGroupBody,
  updateGroupSchema,
} from './groups.dto.js';
import { GroupsService } from './groups.service.js';
import { UserDirectory } from './user-directory.service.js';
import { renderUsers, type UserListAnswer, userListSchema } from './users.dto.js';

@ApiTags('IAM groups')
@Controller('v3/groups')
export class GroupsController {
  constructor(
    private readonly groups: GroupsService,
    private readonly directory: UserDirectory,
  ) {}

  @Requires('iam:groups:listGroups', { plane: 'tenant' })
  @Get()
  @ApiOperation({ summary: 'List the groups of the domain' })
  @ApiZodResponse(200, groupListSchema)
  async list(
    @ApiZodQuery(listGroupsSchema) query: ListGroups,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<GroupListAnswer> {
    requireOwnDomain(principal, query.domain_id);
    return renderGroups(await this.directory.groups(principal.domainId, query), url);
  }

  @Requires('iam:groups:createGroup', { plane: 'tenant' })
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a group' })
  @ApiZodResponse(201, groupAnswerSchema)
  async create(
    @ApiZodBody(createGroupSchema) { group }: CreateGroupBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<GroupAnswer> {
    requireOwnDomain(actor.principal, group.domain_id);
    return { group: renderGroup(await this.groups.create(group, actor), url) };
  }

  @Requires('iam:groups:getGroup', { plane: 'tenant' })
  @Get(':group_id')
  @ApiOperation({ summary: 'Show a group' })
  @ApiZodResponse(200, groupAnswerSchema)
  async get(
    @ApiZodParams(groupPathSchema) { group_id: id }: GroupPath,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<GroupAnswer> {
    return { group: renderGroup(await this.directory.group(principal.domainId, id), url) };
  }

  @Requires('iam:groups:updateGroup', { plane: 'tenant' })
  @Patch(':group_id')
  @ApiOperation({ summary: 'Change a group’s name or description' })
  @ApiZodResponse(200, groupAnswerSchema)
  async update(
    @ApiZodParams(groupPathSchema) { group_id: id }: GroupPath,
    @ApiZodBody(updateGroupSchema) { group }: UpdateGroupBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<GroupAnswer> {
    requireOwnDomain(actor.principal, group.domain_id);
    return { group: renderGroup(await this.groups.update(id, group, actor), url) };
  }

  @Requires('iam:groups:deleteGroup', { plane: 'tenant' })
  @Delete(':group_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a group' })
  delete(@ApiZodParams(groupPathSchema) { group_id: id }: GroupPath, @CurrentActor() actor: Actor): Promise<void> {
    return this.groups.delete(id, actor);
  }

  @Requires('iam:users:listUsersForGroup', { plane: 'tenant' })
  @Get(':group_id/users')
  @ApiOperation({ summary: 'List the users in a group' })
  @ApiZodResponse(200, userListSchema)
  async members(
    @ApiZodParams(groupPathSchema) { group_id: id }: GroupPath,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<UserListAnswer> {
    return renderUsers(await this.directory.membersOf(principal.domainId, id), url);
  }

  @Requires('iam:permissions:addUserToGroup', { plane: 'tenant' })
  @Put(':group_id/users/:user_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Add a user to a group' })
  addMember(
    @ApiZodParams(membershipPathSchema) { group_id: groupId, user_id: userId }: MembershipPath,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.groups.addMember(groupId, userId, actor);
  }

  @Requires('iam:permissions:checkUserInGroup', { plane: 'tenant', self: true })
  @Head(':group_id/users/:user_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Whether a user is in a group: 204, else 404' })
  async checkMember(
    @ApiZodParams(membershipPathSchema) { group_id: groupId, user_id: userId }: MembershipPath,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    requireOwnOrAllowed(actor, userId);
    await this.directory.requireMember(actor.principal.domainId, groupId, userId);
  }

  @Requires('iam:permissions:removeUserFromGroup', { plane: 'tenant' })
  @Delete(':group_id/users/:user_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a user from a group' })
  removeMember(
    @ApiZodParams(membershipPathSchema) { group_id: groupId, user_id: userId }: MembershipPath,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.groups.removeMember(groupId, userId, actor);
  }
}
