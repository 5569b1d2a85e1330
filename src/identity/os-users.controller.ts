/** `/v3.0/OS-USER/users`: Huawei's own view of users. */
import { Controller, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../kernel/errors.js';
import { CalledUrl, type RequestUrl } from '../platform/http/request-url.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import { forbidden, requireOwnDomain, requireOwnOrAllowed } from './directory-faults.js';
import type { Actor } from './directory-recorder.service.js';
import { UserDirectory } from './user-directory.service.js';
import {
  type CreateOsUserBody,
  createOsUserSchema,
  infoChange,
  newUser,
  type OsUserAnswer,
  osUserAnswerSchema,
  osUserCode,
  renderOsUser,
  type UpdateOsUserBody,
  updateOsUserSchema,
  userChange,
  type UserInfoBody,
  userInfoSchema,
  type UserPath,
  userPathSchema,
} from './users.dto.js';
import { UsersService } from './users.service.js';

const CODE = { code: osUserCode };

@ApiTags('IAM users')
@Controller('v3.0/OS-USER/users')
export class OsUsersController {
  constructor(
    private readonly users: UsersService,
    private readonly directory: UserDirectory,
  ) {}

  @Requires('iam:users:createUser', { plane: 'tenant' })
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a user' })
  @ApiZodResponse(201, osUserAnswerSchema)
  async create(
    @ApiZodBody(createOsUserSchema, CODE) { user }: CreateOsUserBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<OsUserAnswer> {
    requireOwnDomain(actor.principal, user.domain_id);
    return { user: renderOsUser(await inUserCodes(this.users.create(newUser(user), actor)), url) };
  }

  @Requires('iam:users:getUser', { plane: 'tenant', self: true })
  @Get(':user_id')
  @ApiOperation({ summary: 'Show a user: oneself, or to administrators any of the domain' })
  @ApiZodResponse(200, osUserAnswerSchema)
  async get(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<OsUserAnswer> {
    requireOwnOrAllowed(actor, id);
    return { user: renderOsUser(await this.directory.user(actor.principal.domainId, id), url) };
  }

  @Requires('iam:users:updateUser', { plane: 'tenant' })
  @Put(':user_id')
  @ApiOperation({ summary: 'Change a user; a new password, or being disabled, ends its tokens' })
  @ApiZodResponse(200, osUserAnswerSchema)
  async update(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @ApiZodBody(updateOsUserSchema, CODE) { user }: UpdateOsUserBody,
    @CurrentActor() actor: Actor,
    @CalledUrl() url: RequestUrl,
  ): Promise<OsUserAnswer> {
    return { user: renderOsUser(await inUserCodes(this.users.update(id, userChange(user), actor)), url) };
  }

  @Requires('iam:users:updateUser', { plane: 'tenant', self: true })
  @Put(':user_id/info')
  @HttpCode(204)
  @ApiOperation({ summary: 'Change one’s own address and telephone' })
  async updateInfo(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @ApiZodBody(userInfoSchema, CODE) body: UserInfoBody,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    if (id !== actor.principal.userId) throw forbidden('only what is one’s own is changed here');
    await this.users.update(id, infoChange(body), actor);
  }
}

/** A name that is taken has a code of its own here. */
async function inUserCodes<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'IAM.0005')
      throw new AppError('1109', 'The username already exists.', { cause });
    throw cause;
  }
}
