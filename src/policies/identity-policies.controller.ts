/** `/v5/policies`: identity policies and their versions. */
import { Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type CreatePolicyBody,
  createPolicySchema,
  type CreateVersionBody,
  createVersionSchema,
  type ListPolicies,
  listPoliciesSchema,
  type PageQuery,
  pageQuerySchema,
  type PolicyAnswer,
  policyAnswerSchema,
  type PolicyListAnswer,
  policyListSchema,
  type PolicyPath,
  policyPathSchema,
  renderPolicies,
  renderPolicy,
  renderVersion,
  renderVersions,
  type VersionAnswer,
  versionAnswerSchema,
  type VersionListAnswer,
  versionListSchema,
  versionNumber,
  type VersionPath,
  versionPathSchema,
} from './identity-policies.dto.js';
import { IdentityPolicies } from './identity-policies.service.js';

@ApiTags('IAM identity policies')
@Controller('v5/policies')
export class IdentityPoliciesController {
  constructor(private readonly policies: IdentityPolicies) {}

  @Requires('iam:policies:createV5', { plane: 'tenant' })
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a custom identity policy' })
  @ApiZodResponse(201, policyAnswerSchema)
  async create(
    @ApiZodBody(createPolicySchema) body: CreatePolicyBody,
    @CurrentActor() actor: Actor,
  ): Promise<PolicyAnswer> {
    const { policy_name: name, path, policy_document: document, description } = body;
    return { policy: renderPolicy(await this.policies.create({ name, path, document, description }, actor)) };
  }

  @Requires('iam:policies:listV5', { plane: 'tenant' })
  @Get()
  @ApiOperation({ summary: 'List the identity policies of the domain and of the system' })
  @ApiZodResponse(200, policyListSchema)
  async list(
    @ApiZodQuery(listPoliciesSchema) query: ListPolicies,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<PolicyListAnswer> {
    const { limit, marker, policy_type: type = null, path_prefix: pathPrefix, only_attached: onlyAttached } = query;
    const policies = await this.policies.list(domainId, { type, pathPrefix, onlyAttached, after: marker, limit });
    return renderPolicies(policies, limit);
  }

  @Requires('iam:policies:getV5', { plane: 'tenant' })
  @Get(':policy_id')
  @ApiOperation({ summary: 'Show an identity policy' })
  @ApiZodResponse(200, policyAnswerSchema)
  async get(
    @ApiZodParams(policyPathSchema) { policy_id: id }: PolicyPath,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<PolicyAnswer> {
    return { policy: renderPolicy(await this.policies.find(domainId, id)) };
  }

  @Requires('iam:policies:deleteV5', { plane: 'tenant' })
  @Delete(':policy_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a custom identity policy that is attached to nobody' })
  delete(@ApiZodParams(policyPathSchema) { policy_id: id }: PolicyPath, @CurrentActor() actor: Actor): Promise<void> {
    return this.policies.delete(id, actor);
  }

  @Requires('iam:policies:createVersionV5', { plane: 'tenant' })
  @Post(':policy_id/versions')
  @HttpCode(201)
  @ApiOperation({ summary: 'Add a version, at most five in all' })
  @ApiZodResponse(201, versionAnswerSchema)
  async addVersion(
    @ApiZodParams(policyPathSchema) { policy_id: id }: PolicyPath,
    @ApiZodBody(createVersionSchema) { policy_document: document, set_as_default: isDefault }: CreateVersionBody,
    @CurrentActor() actor: Actor,
  ): Promise<VersionAnswer> {
    return { policy_version: renderVersion(await this.policies.addVersion(id, document, isDefault, actor)) };
  }

  @Requires('iam:policies:listVersionsV5', { plane: 'tenant' })
  @Get(':policy_id/versions')
  @ApiOperation({ summary: 'List the versions of an identity policy, newest first' })
  @ApiZodResponse(200, versionListSchema)
  async versions(
    @ApiZodParams(policyPathSchema) { policy_id: id }: PolicyPath,
    @ApiZodQuery(pageQuerySchema) query: PageQuery,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<VersionListAnswer> {
    return renderVersions(await this.policies.versions(domainId, id), query);
  }

  @Requires('iam:policies:getVersionV5', { plane: 'tenant' })
  @Get(':policy_id/versions/:version_id')
  @ApiOperation({ summary: 'Show a version with its document' })
  @ApiZodResponse(200, versionAnswerSchema)
  async version(
    @ApiZodParams(versionPathSchema) { policy_id: id, version_id: version }: VersionPath,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<VersionAnswer> {
    return { policy_version: renderVersion(await this.policies.version(domainId, id, versionNumber(version))) };
  }

  @Requires('iam:policies:deleteVersionV5', { plane: 'tenant' })
  @Delete(':policy_id/versions/:version_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a version that is not the default one' })
  deleteVersion(
    @ApiZodParams(versionPathSchema) { policy_id: id, version_id: version }: VersionPath,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.policies.deleteVersion(id, versionNumber(version), actor);
  }

  @Requires('iam:policies:setDefaultVersionV5', { plane: 'tenant' })
  @Post(':policy_id/versions/:version_id/set-default')
  @HttpCode(200)
  @ApiOperation({ summary: 'Put a version in force' })
  setDefault(
    @ApiZodParams(versionPathSchema) { policy_id: id, version_id: version }: VersionPath,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.policies.setDefault(id, versionNumber(version), actor);
  }
}
