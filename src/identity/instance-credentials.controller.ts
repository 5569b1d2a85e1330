/** `/v2/{project_id}/instances/{instance_id}`: login credentials of instances of the enterprise edition (domain/quota.md §1.2). */
import { Controller, Delete, Get, Header, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Principal } from '../kernel/principal.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import { registryUsername } from './core/registry-login.js';
import { DirectoryStore } from './directory.store.js';
import {
  createLongTermSchema,
  type CredentialPath,
  credentialPathSchema,
  type InstancePath,
  instancePathSchema,
  issuedCredentialSchema,
  type IssuedCredentialView,
  type ListLongTerm,
  listLongTermSchema,
  type LongTermList,
  longTermListSchema,
  renderIssued,
  renderLongTermList,
  updateLongTermSchema,
} from './registry-credentials.dto.js';
import { type IssuedCredential, type LoginPlace, RegistryCredentials } from './registry-credentials.service.js';

@ApiTags('SWR login credentials')
@Controller('v2/:project_id/instances/:instance_id')
export class InstanceCredentialsController {
  constructor(
    private readonly credentials: RegistryCredentials,
    private readonly directory: DirectoryStore,
  ) {}

  @Requires('swr:instance:createTempCredential', { plane: 'tenant', scope: 'project' })
  @Post('temp-credential')
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'CreateInstanceTempCredential: a login for REGISTRY_LOGIN_TTL_HOURS' })
  @ApiZodResponse(201, issuedCredentialSchema)
  async createTemporary(
    @ApiZodParams(instancePathSchema) path: InstancePath,
    @CurrentActor() actor: Actor,
  ): Promise<IssuedCredentialView> {
    return this.render(await this.credentials.createTemporary(placeOf(path), null, actor), path, actor.principal);
  }

  @Requires('swr:instance:createLTCredential', { plane: 'tenant', scope: 'project' })
  @Post('long-term-credential')
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'CreateInstanceLtCredential: a login until it is deleted' })
  @ApiZodResponse(201, issuedCredentialSchema)
  async createLongTerm(
    @ApiZodParams(instancePathSchema) path: InstancePath,
    @ApiZodBody(createLongTermSchema) { name }: z.infer<typeof createLongTermSchema>,
    @CurrentActor() actor: Actor,
  ): Promise<IssuedCredentialView> {
    return this.render(await this.credentials.createLongTerm(placeOf(path), name, actor), path, actor.principal);
  }

  @Requires('swr:instance:listLTCredentials', { plane: 'tenant', scope: 'project', self: true })
  @Get('long-term-credentials')
  @ApiOperation({ summary: 'ListInstanceLtCredentials: one’s own, or for administrators all' })
  @ApiZodResponse(200, longTermListSchema)
  async list(
    @ApiZodParams(instancePathSchema) path: InstancePath,
    @ApiZodQuery(listLongTermSchema) { self_only: selfOnly, ...page }: ListLongTerm,
    @CurrentActor() actor: Actor,
  ): Promise<LongTermList> {
    return renderLongTermList(await this.credentials.list(placeOf(path), page, selfOnly, actor), path);
  }

  @Requires('swr:instance:updateLTCredential', { plane: 'tenant', scope: 'project' })
  @Put('long-term-credentials/:credential_id')
  @ApiOperation({ summary: 'UpdateInstanceLtCredential: disable or enable it' })
  async update(
    @ApiZodParams(credentialPathSchema) path: CredentialPath,
    @ApiZodBody(updateLongTermSchema) { enable }: z.infer<typeof updateLongTermSchema>,
    @CurrentActor() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.credentials.setEnabled(placeOf(path), path.credential_id, enable, actor);
    return {};
  }

  @Requires('swr:instance:deleteLTCredential', { plane: 'tenant', scope: 'project', self: true })
  @Delete('long-term-credentials/:credential_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'DeleteInstanceLtCredential' })
  async delete(@ApiZodParams(credentialPathSchema) path: CredentialPath, @CurrentActor() actor: Actor): Promise<void> {
    await this.credentials.delete(placeOf(path), path.credential_id, actor);
  }

  private async render(
    issued: IssuedCredential,
    path: InstancePath,
    { domainId }: Principal,
  ): Promise<IssuedCredentialView> {
    const { project_id: id } = path;
    const project = await this.directory.project(domainId, { id });
    return renderIssued(issued, registryUsername({ id, name: project?.name ?? id }, issued.id));
  }
}

function placeOf({ project_id: projectId, instance_id: instanceId }: InstancePath): LoginPlace {
  return { projectId, instanceId };
}
