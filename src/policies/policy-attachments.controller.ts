/** `/v5/policies/{policy_id}/attach-…`, `detach-…`, and who has which policy attached. */
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type AgencyBody,
  agencyBodySchema,
  type AttachedListAnswer,
  attachedListSchema,
  type EntityListAnswer,
  entityListSchema,
  type GroupBody,
  groupBodySchema,
  type GroupPath,
  groupPathSchema,
  type ListEntities,
  listEntitiesSchema,
  type PageQuery,
  pageQuerySchema,
  type PolicyPath,
  policyPathSchema,
  renderAttached,
  renderEntities,
  type UserBody,
  userBodySchema,
  type UserPath,
  userPathSchema,
} from './identity-policies.dto.js';
import { PolicyAttachments } from './policy-attachments.service.js';

@ApiTags('IAM identity policies')
@Controller('v5')
export class PolicyAttachmentsController {
  constructor(private readonly attachments: PolicyAttachments) {}

  @Requires('iam:users:attachPolicyV5', { plane: 'tenant' })
  @Post('policies/:policy_id/attach-user')
  @HttpCode(200)
  @ApiOperation({ summary: 'Attach a policy to a user, at most ten in all' })
  attachToUser(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodBody(userBodySchema) { user_id: id }: UserBody,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.attachments.attach(policyId, { kind: 'user', id }, actor);
  }

  @Requires('iam:users:detachPolicyV5', { plane: 'tenant' })
  @Post('policies/:policy_id/detach-user')
  @HttpCode(200)
  @ApiOperation({ summary: 'Detach a policy from a user' })
  detachFromUser(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodBody(userBodySchema) { user_id: id }: UserBody,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.attachments.detach(policyId, { kind: 'user', id }, actor);
  }

  @Requires('iam:groups:attachPolicyV5', { plane: 'tenant' })
  @Post('policies/:policy_id/attach-group')
  @HttpCode(200)
  @ApiOperation({ summary: 'Attach a policy to a group, at most ten in all' })
  attachToGroup(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodBody(groupBodySchema) { group_id: id }: GroupBody,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.attachments.attach(policyId, { kind: 'group', id }, actor);
  }

  @Requires('iam:groups:detachPolicyV5', { plane: 'tenant' })
  @Post('policies/:policy_id/detach-group')
  @HttpCode(200)
  @ApiOperation({ summary: 'Detach a policy from a group' })
  detachFromGroup(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodBody(groupBodySchema) { group_id: id }: GroupBody,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.attachments.detach(policyId, { kind: 'group', id }, actor);
  }

  @Requires('iam:agencies:attachPolicyV5', { plane: 'tenant' })
  @Post('policies/:policy_id/attach-agency')
  @HttpCode(200)
  @ApiOperation({ summary: 'Always 404: this service keeps no agencies' })
  attachToAgency(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodBody(agencyBodySchema) { agency_id: id }: AgencyBody,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<void> {
    return this.attachments.refuseAgency(domainId, policyId, id);
  }

  @Requires('iam:agencies:detachPolicyV5', { plane: 'tenant' })
  @Post('policies/:policy_id/detach-agency')
  @HttpCode(200)
  @ApiOperation({ summary: 'Always 404: this service keeps no agencies' })
  detachFromAgency(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodBody(agencyBodySchema) { agency_id: id }: AgencyBody,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<void> {
    return this.attachments.refuseAgency(domainId, policyId, id);
  }

  @Requires('iam:policies:listEntitiesV5', { plane: 'tenant' })
  @Get('policies/:policy_id/attached-entities')
  @ApiOperation({ summary: 'List the users and groups that a policy is attached to' })
  @ApiZodResponse(200, entityListSchema)
  async entities(
    @ApiZodParams(policyPathSchema) { policy_id: policyId }: PolicyPath,
    @ApiZodQuery(listEntitiesSchema) query: ListEntities,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<EntityListAnswer> {
    const { limit, marker, entity_type: kind = null } = query;
    return renderEntities(await this.attachments.holdersOf(domainId, policyId, { kind, after: marker, limit }), limit);
  }

  @Requires('iam:users:listAttachedPoliciesV5', { plane: 'tenant' })
  @Get('users/:user_id/attached-policies')
  @ApiOperation({ summary: 'List the policies that are attached to a user' })
  @ApiZodResponse(200, attachedListSchema)
  async ofUser(
    @ApiZodParams(userPathSchema) { user_id: id }: UserPath,
    @ApiZodQuery(pageQuerySchema) { limit, marker }: PageQuery,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<AttachedListAnswer> {
    return renderAttached(await this.attachments.attachedTo(domainId, { kind: 'user', id }, marker, limit), limit);
  }

  @Requires('iam:groups:listAttachedPoliciesV5', { plane: 'tenant' })
  @Get('groups/:group_id/attached-policies')
  @ApiOperation({ summary: 'List the policies that are attached to a group' })
  @ApiZodResponse(200, attachedListSchema)
  async ofGroup(
    @ApiZodParams(groupPathSchema) { group_id: id }: GroupPath,
    @ApiZodQuery(pageQuerySchema) { limit, marker }: PageQuery,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<AttachedListAnswer> {
    return renderAttached(await this.attachments.attachedTo(domainId, { kind: 'group', id }, marker, limit), limit);
  }
}
