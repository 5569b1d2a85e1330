/** `/v3.0/OS-CREDENTIAL/credentials`: access keys. */
import { Controller, Delete, Get, Header, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type AccessKeyAnswer,
  accessKeyAnswerSchema,
  type AccessKeyListAnswer,
  accessKeyListSchema,
  type AccessKeyPath,
  accessKeyPathSchema,
  type CreateAccessKeyBody,
  createAccessKeySchema,
  type CreatedAccessKeyAnswer,
  createdAccessKeySchema,
  type ListAccessKeys,
  listAccessKeysSchema,
  renderAccessKey,
  type UpdateAccessKeyBody,
  updateAccessKeySchema,
} from './access-keys.dto.js';
import { AccessKeysService } from './access-keys.service.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';

/** Everybody may, for their own keys; administrators for those of their domain. */
const OWN = { plane: 'tenant', self: true } as const;

@ApiTags('IAM access keys')
@Controller('v3.0/OS-CREDENTIAL/credentials')
export class AccessKeysController {
  constructor(private readonly keys: AccessKeysService) {}

  @Requires('iam:credentials:createCredential', OWN)
  @Post()
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Create an access key, two at most per user; its secret is told here only' })
  @ApiZodResponse(201, createdAccessKeySchema)
  async create(
    @ApiZodBody(createAccessKeySchema) { credential }: CreateAccessKeyBody,
    @CurrentActor() actor: Actor,
  ): Promise<CreatedAccessKeyAnswer> {
    const { key, secret } = await this.keys.create(credential.user_id, credential.description ?? '', actor);
    return { credential: { ...renderAccessKey(key), secret } };
  }

  @Requires('iam:credentials:listCredentials', OWN)
  @Get()
  @ApiOperation({ summary: 'List the access keys of a user' })
  @ApiZodResponse(200, accessKeyListSchema)
  async list(
    @ApiZodQuery(listAccessKeysSchema) { user_id: userId }: ListAccessKeys,
    @CurrentActor() actor: Actor,
  ): Promise<AccessKeyListAnswer> {
    const keys = await this.keys.list(userId || actor.principal.userId, actor);
    return { credentials: keys.map(renderAccessKey) };
  }

  @Requires('iam:credentials:getCredential', OWN)
  @Get(':access_key')
  @ApiOperation({ summary: 'Show an access key' })
  @ApiZodResponse(200, accessKeyAnswerSchema)
  async get(
    @ApiZodParams(accessKeyPathSchema) { access_key: accessKey }: AccessKeyPath,
    @CurrentActor() actor: Actor,
  ): Promise<AccessKeyAnswer> {
    return { credential: renderAccessKey(await this.keys.find(accessKey, actor)) };
  }

  @Requires('iam:credentials:updateCredential', OWN)
  @Put(':access_key')
  @ApiOperation({ summary: 'Disable or enable an access key, or describe it' })
  @ApiZodResponse(200, accessKeyAnswerSchema)
  async update(
    @ApiZodParams(accessKeyPathSchema) { access_key: accessKey }: AccessKeyPath,
    @ApiZodBody(updateAccessKeySchema) { credential: { status, description } }: UpdateAccessKeyBody,
    @CurrentActor() actor: Actor,
  ): Promise<AccessKeyAnswer> {
    const enabled = status === undefined ? undefined : status === 'active';
    return { credential: renderAccessKey(await this.keys.update(accessKey, { enabled, description }, actor)) };
  }

  @Requires('iam:credentials:deleteCredential', OWN)
  @Delete(':access_key')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an access key' })
  delete(
    @ApiZodParams(accessKeyPathSchema) { access_key: accessKey }: AccessKeyPath,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.keys.delete(accessKey, actor);
  }
}
