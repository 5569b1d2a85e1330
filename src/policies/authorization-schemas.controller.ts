/** What policies can name, and what can be said of a document before it is written. */
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../identity/index.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  findingsSchema,
  renderFindings,
  renderSchema,
  renderServices,
  type SchemaAnswer,
  schemaAnswerSchema,
  type ServiceListAnswer,
  serviceListSchema,
  type ServicePath,
  servicePathSchema,
  type ValidatePolicyBody,
  validatePolicySchema,
} from './authorization-schemas.dto.js';
import { allActions, type CatalogueAction, checkPolicy, type WireFinding } from './core/policy-language.js';

@ApiTags('IAM identity policies')
@Controller('v5')
export class AuthorizationSchemasController {
  @Requires('iam:policies:validate', { plane: 'tenant' })
  @Post('policies/validate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Find the errors of a policy document or, when there are none, what is to be said of it' })
  @ApiZodResponse(200, findingsSchema)
  validate(@ApiZodBody(validatePolicySchema) body: ValidatePolicyBody): { readonly findings: WireFinding[] } {
    const controlPolicy = body.policy_type === 'service_control_policy';
    return renderFindings(checkPolicy(body.policy_document, { controlPolicy }));
  }

  @Requires('iam:authorizationSchemas:list', { plane: 'tenant' })
  @Get(['authorization-schemas', 'authorization-schemas/registered-services'])
  @ApiOperation({ summary: 'List the services whose actions policies can name' })
  @ApiZodResponse(200, serviceListSchema)
  services(@CurrentPrincipal() principal: Principal): ServiceListAnswer {
    return renderServices([...new Set(actionsFor(principal).map(({ service }) => service))].sort());
  }

  @Requires('iam:authorizationSchemas:get', { plane: 'tenant' })
  @Get('authorization-schemas/services/:service_code')
  @ApiOperation({ summary: 'Show the actions, resources and condition keys of a service' })
  @ApiZodResponse(200, schemaAnswerSchema)
  schema(
    @ApiZodParams(servicePathSchema) { service_code: code }: ServicePath,
    @CurrentPrincipal() principal: Principal,
  ): SchemaAnswer {
    const actions = actionsFor(principal).filter(({ service }) => service === code);
    if (actions.length === 0) throw notFound('service', code);
    return renderSchema(code, actions);
  }
}

/** Operator actions can be allowed to nobody else, so nobody else is told of them. */
function actionsFor({ isOperator }: Principal): readonly CatalogueAction[] {
  return allActions().filter(({ plane }) => plane === 'tenant' || isOperator);
}
