/** `/v3/users`: keystone's users. */
import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CalledUrl, type RequestUrl } from '../platform/http/request-url.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import { forbidden, requireOwnDomain, requireOwnOrAllowed } from './directory-faults.js';
import type { Actor } from './directory-recorder.service.js';
import { type GroupListAnswer, groupListSchema, renderGroups } from './groups.dto.js';
import { UserDirectory } from './user-directory.service.js';
import {
  type ChangePasswordBody,
  changePasswordSchema,
  type CreateUserBody,
  createUserSchema,
  type ListUsers,
  listUsersSchema,
  newUser,
  renderUser,
  renderUsers,
  type UpdateUserBody,
  updateUserSchema,
  type UserAnswer,
  userAnswerSchema,
  userChange,
  type UserListAnswer,
  userListSchema,
  type UserPath,
  userPathSchema,
} from './users.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('IAM users')
@Controller('v3/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly directory: UserDirectory,
  ) {}

  @Requires('iam:users:listUsers', { plane: 'tenant' })
  @Get()
  @ApiOperation({ summary: 'List the users of the domain' })
  @ApiZodResponse(200, userListSchema)
  async list(
    @ApiZodQuery(listUsersSchema) query: ListUsers,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<UserListAnswer> {
    requireOwnDomain(principal, query.domain_id);
    return renderUsers(await this.directory.users(principal.domainId, query), url);
  }

  @Requires('iam:users:createUser', { plane: 'tenant' })
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a user' })
  @ApiZodResponse(201, userAnswerSchema)
  async create(
    @ApiZodBody(createUserSchema) { user }: CreateUserBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<UserAnswer> {
    requireOwnDomain(actor.principal, user.domain_id);
    return { user: renderUser(await this.users.create(newUser(user), actor), url) };
  }

  @Requires('iam:users:getUser', { plane: 'tenant', self: true })
  @Get(':user_id')
  @ApiOperation({ summary: 'Show a user: oneself, or to administrators any of the domain' })
  @ApiZodResponse(200, userAnswerSchema)
  async get(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<UserAnswer> {
    requireOwnOrAllowed(actor, id);
    return { user: renderUser(await this.directory.user(actor.principal.domainId, id), url) };
  }

  @Requires('iam:users:updateUser', { plane: 'tenant' })
  @Patch(':user_id')
  @ApiOperation({ summary: 'Change a user; a new password, or being disabled, ends its tokens' })
  @ApiZodResponse(200, userAnswerSchema)
  async update(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @ApiZodBody(updateUserSchema) { user }: UpdateUserBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<UserAnswer> {
    requireOwnDomain(actor.principal, user.domain_id);
    return { user: renderUser(await this.users.update(id, userChange(user), actor), url) };
  }

  @Requires('iam:users:deleteUser', { plane: 'tenant' })
  @Delete(':user_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a user with its access keys' })
  delete(@ApiZodParams(userPathSchema) { user_id: id }: UserPath, @CurrentActor() actor: Actor): Promise<void> {
    return this.users.delete(id, actor);
  }

  @Requires('iam:users:updateUserPassword', { plane: 'tenant', self: true })
  @Post(':user_id/password')
  @HttpCode(204)
  @ApiOperation({ summary: 'Change one’s own password, which ends all one’s tokens' })
  async changePassword(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @ApiZodBody(changePasswordSchema) { user }: ChangePasswordBody,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    if (id !== actor.principal.userId) throw forbidden('only one’s own password is changed here');
    await this.users.changePassword(user.original_password, user.password, actor);
  }

  @Requires('iam:groups:listGroupsForUser', { plane: 'tenant', self: true })
  @Get(':user_id/groups')
  @ApiOperation({ summary: 'List the groups of a user: of oneself, or to administrators of any of the domain' })
  @ApiZodResponse(200, groupListSchema)
  async groups(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<GroupListAnswer> {
    requireOwnOrAllowed(actor, id);
    return renderGroups(await this.directory.groupsOf(actor.principal.domainId, id), url);
  }
}
